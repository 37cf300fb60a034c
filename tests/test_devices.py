"""Every device of this machine trains, resumes and is measured as the CPU is, in a process that sees all of them."""

import ast
import os
import subprocess
import sys

import jupytext
from chapter_code import ROOT

SCRIPT = """
import tempfile
import torch
from wgan_lib import diagnostics, networks, sampling
from wgan_lib.constraints import GradientPenalty, Orthonormal, SpectralNorm, Unconstrained, WeightClipping
from wgan_lib.losses import WASSERSTEIN
from wgan_lib.training import train

here = ["cpu"] + ["cuda"] * torch.cuda.is_available()
for device in here:
    for constraint in (Unconstrained(), WeightClipping(0.1), GradientPenalty(1.0), SpectralNorm(), Orthonormal()):
        estimates = []
        for where in ("cpu", device):
            rng, folder = torch.Generator().manual_seed(0), tempfile.mkdtemp()
            for n_steps in (2, 4):  # stopped after two steps, resumed for two more
                generator, critic = networks.mlp(2, 16, 2), networks.mlp(2, 16, 16, 1)
                steps = list(train(
                    sampling.ring(8), generator, critic, WASSERSTEIN, constraint, n_steps=n_steps, batch_size=16,
                    device=where, certify_every=2, checkpoint_dir=folder, resume=n_steps == 4,
                ))
            assert [step.index for step in steps] == [2, 3] and steps[-1].certified >= 0
            assert next(critic.parameters()).device.type == where
            estimates.append(torch.tensor([step.w1_estimate for step in steps]))
        torch.testing.assert_close(*estimates, rtol=1e-3, atol=1e-5)

from wgan_lib import presets, training
from dataclasses import replace
noise = 2 * torch.rand(64, 1, 28, 28, generator=torch.Generator().manual_seed(0)) - 1
ways = [{}, {"channels_last": False}, {"channels_last": True}, {"precision": "bf16-mixed"}]
for device in here:
    compiled = [{"compiler": "inductor"}, {"compiler": "cuda-graphs"}] if device == "cuda" else []
    found = []
    for way in ways + compiled + [{**way, "precision": "bf16-mixed", "channels_last": True} for way in compiled]:
        data = training.TensorData(noise.to(device))
        recipe = replace(presets.build("wgan-gp-mnist", width=8), make_data=lambda: data, n_steps=3, batch_size=8)
        steps = list(training.follow(recipe, device=training.OneDevice(torch.device(device), **way)))
        found.append(torch.tensor([step.w1_estimate for step in steps]))
        near = {"rtol": 0.05, "atol": 0.02} if "precision" in way else {"rtol": 1e-2, "atol": 1e-3}
        torch.testing.assert_close(found[-1], found[0], **near, msg=lambda said: f"{device}, {way}: {said}")
print("devices:", *here)
"""


def test_every_device_trains_and_resumes_as_the_cpu_does():
    environment = {name: value for name, value in os.environ.items() if name != "CUDA_VISIBLE_DEVICES"}
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("devices: cpu")


def test_chapters_name_the_device_where_they_look_at_networks_afterwards():
    """On a GPU "auto" would leave the networks there, and the next cell has its points on the CPU."""
    chapters = [page for page in (ROOT / "book").glob("*.md") if "{code-cell}" in page.read_text(encoding="utf-8")]
    pages = [jupytext.read(page) for page in chapters]
    cells = [cell.source for page in pages for cell in page.cells if cell.cell_type == "code"]
    nodes = [node for source in cells if "training.train(" in source for node in ast.walk(ast.parse(source))]
    calls = [n for n in nodes if isinstance(n, ast.Call) and ast.unparse(n.func) == "training.train"]
    assert calls
    assert all("'cpu'" in [ast.unparse(k.value) for k in call.keywords if k.arg == "device"] for call in calls)
