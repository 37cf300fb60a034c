"""Every device that this process sees, or that its words name, trains, resumes and is measured as the CPU is."""

import sys
import tempfile
from dataclasses import replace

import torch

from wgan_lib import networks, presets, sampling, training
from wgan_lib.constraints import GradientPenalty, Orthonormal, SpectralNorm, Unconstrained, WeightClipping
from wgan_lib.losses import WASSERSTEIN

NOISE = 2 * torch.rand(64, 1, 28, 28, generator=torch.Generator().manual_seed(0)) - 1
PLAIN = ({}, {"channels_last": False}, {"channels_last": True}, {"precision": "bf16-mixed"})
ALL = {"precision": "bf16-mixed", "channels_last": True}
COMPILED = ({"compiler": "inductor"}, {"compiler": "cuda-graphs"})


def resumed(device, constraint):
    """Estimates of a training that was stopped after two steps, and resumed for two more."""
    folder = tempfile.mkdtemp()
    for n_steps in (2, 4):
        generator, critic = networks.mlp(2, 16, 2), networks.mlp(2, 16, 16, 1)
        settings = {"n_steps": n_steps, "batch_size": 16, "certify_every": 2, "device": device, "resume": n_steps == 4}
        data = sampling.ring(8)
        train = training.train(data, generator, critic, WASSERSTEIN, constraint, checkpoint_dir=folder, **settings)
        steps = list(train)
    assert [step.index for step in steps] == [2, 3]
    assert steps[-1].certified >= 0
    assert next(critic.parameters()).device.type == device
    return torch.tensor([step.w1_estimate for step in steps])


def estimates(device, way):
    """Estimates of three steps with pictures."""
    data = training.TensorData(NOISE.to(device))
    recipe = replace(presets.build("wgan-gp-mnist", width=8), make_data=lambda: data, n_steps=3, batch_size=8)
    steps = training.follow(recipe, device=training.OneDevice(torch.device(device), **way))
    return torch.tensor([step.w1_estimate for step in steps])


if __name__ == "__main__":
    here = sys.argv[1:] or ["cpu"] + ["cuda"] * torch.cuda.is_available()
    failed = []
    for device in here:
        for constraint in (Unconstrained(), WeightClipping(0.1), GradientPenalty(1.0), SpectralNorm(), Orthonormal()):
            torch.testing.assert_close(resumed(device, constraint), resumed("cpu", constraint), rtol=1e-3, atol=1e-5)
        graphs = COMPILED if device == "cuda" else ()
        for way in (*PLAIN, *graphs, *({**ALL, **way} for way in graphs)):
            near = {"rtol": 0.05, "atol": 0.02} if "precision" in way else {"rtol": 1e-2, "atol": 1e-3}
            try:
                torch.testing.assert_close(estimates(device, way), estimates("cpu", {}), **near)
            except Exception as error:  # the others are told as well
                failed.append(f"{device}, {way}: {type(error).__name__}: {error}")
    print("devices:", *here)
    sys.exit("\n".join(failed) or 0)
