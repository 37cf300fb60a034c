"""Record a small generator whose latent space can be seen whole: two numbers in [−1, 1]², drawn as digits.

WGAN-GP on the 1,198 digits of the library, a network of 2-128-128-64 against a critic of 64-256-256-1, with the
settings of the preset wgan-gp-digits. The averaged generator is rounded to half precision, which is the form that a
page runs; everything measured is measured of the rounded one, on fresh latents: the share of each class, the
classifier Fréchet distance, precision, recall and coverage beside the same of held-out digits, and the distance of
each picture to the nearest training picture beside that of the held-out digits, which nobody learnt. Settings were
tried on seed 100.

Shown in `full-models`. Run: OMP_NUM_THREADS=1 python experiments/latent_walk.py (about two minutes on one core of a
shared 2-core CPU). Writes wgan_lib/recorded/latent-walk.npz.
"""

import argparse
import time
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from torch import nn

from wgan_lib import files, images, losses, metrics, networks, runs, training
from wgan_lib.constraints import GradientPenalty
from wgan_lib.training import Adam, UniformLatent, stream

PATH = Path(__file__).parents[1] / "wgan_lib/recorded/latent-walk.npz"
SEED, STEPS, WIDTH, BATCH, JUDGED = 11, 2000, 128, 64, 4000
LATENT = UniformLatent(2)


def make(seed: int) -> tuple[nn.Module, nn.Module]:
    """Generator and critic, drawn from the seed."""
    rng, gain = stream(seed, "networks"), 2**0.5
    critic = networks.mlp(64, 256, 256, 1, activation=networks.leaky(), gain=gain, rng=rng)
    body = networks.mlp(LATENT.size, WIDTH, WIDTH, 64, gain=gain, rng=rng)
    return nn.Sequential(body, nn.Tanh(), nn.Unflatten(-1, (1, 8, 8))), nn.Sequential(nn.Flatten(-3), critic)


def trained(data: images.Images, seed: int, n_steps: int) -> nn.Module:
    """The averaged generator after `n_steps`, with its weights rounded to half precision."""
    generator, critic = make(seed)
    steps = training.train(
        data, generator, critic, losses.WASSERSTEIN, GradientPenalty(10.0), n_steps=n_steps, batch_size=BATCH,
        seed=seed, optimizer=Adam(3e-3), latent=LATENT, linear_decay=True, ema=0.99, device="cpu",
    )  # fmt: skip
    for step in steps:
        averaged = step.generator
    return averaged.half().float().eval()


def layers(generator: nn.Module) -> dict[str, np.ndarray]:
    """Weights (out, in) and biases (out,) of each layer, in half precision."""
    found = [part for part in generator.modules() if isinstance(part, nn.Linear)]
    halves = {f"weight {k}": part.weight for k, part in enumerate(found)}
    halves |= {f"bias {k}": part.bias for k, part in enumerate(found)}
    return {name: array.detach().half().numpy() for name, array in halves.items()}


def nearest(pictures: torch.Tensor, training_set: torch.Tensor) -> np.ndarray:
    """Distance of each picture to the nearest of the training set, sorted; black is 0 and white is 1."""
    apart = torch.cdist(pictures.flatten(1).double(), training_set.flatten(1).double()) / 2  # grey levels in [−1, 1]
    return np.sort(apart.amin(1).numpy())


def judged(generator: nn.Module, data: images.Images, seed: int) -> dict[str, np.ndarray]:
    """What its pictures are worth, each number beside that of held-out digits where there is one."""
    assert data.held_out is not None
    classifier = metrics.load_classifier("digits")
    rng = stream(seed, "evaluation")
    with torch.no_grad():
        pictures = generator(LATENT.sample(JUDGED, rng))
    scores = metrics.scores(pictures, data.held_out.points, classifier, rng)
    kept = ("classifier Fréchet distance", "precision", "recall", "coverage")
    found = {name: np.array([scores[name].value, scores[name].floor]) for name in kept}
    return found | {
        "class shares": np.array(metrics.class_shares(classifier.look(pictures)[1], 10)),
        "generated distance": nearest(pictures, data.points),
        "unseen distance": nearest(data.held_out.points, data.points),
    }


def told(found: Mapping[str, np.ndarray]) -> str:
    """The numbers, for the terminal."""
    lines = [f"{name}: {v[0]:.3f} ({v[1]:.3f} for held-out digits)" for name, v in found.items() if len(v) == 2]
    lines.append(f"per cent of each class: {(100 * found['class shares']).round(1)}")
    for name in ("generated distance", "unseen distance"):
        lines.append(f"{name}, at 5, 50, 95 %: {np.quantile(found[name], [0.05, 0.5, 0.95]).round(3)}")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--quick", action="store_true", help="a few steps, nothing is written")
    options = parser.parse_args()
    torch.set_num_threads(1)
    begun, data, origin = time.process_time(), images.digits(), files.provenance()
    generator = trained(data, SEED, 20 if options.quick else STEPS)
    seconds = round(time.process_time() - begun, 1)
    found = judged(generator, data, SEED)
    print(told(found))
    assert data.labels is not None
    fixed = {
        **layers(generator), "pictures": data.pixels.flatten(1).numpy(), "labels": data.labels.numpy().astype(np.uint8),
        **{name: array.astype(np.float32) for name, array in found.items()},
    }  # fmt: skip
    meta = {
        **origin, "command": "python experiments/latent_walk.py", "seed": SEED, "n_steps": STEPS, "batch_size": BATCH,
        "latent": repr(LATENT), "data": repr(data), "white": data.white, "judged": JUDGED, "cpu_seconds": seconds,
        "constraint": repr(GradientPenalty(10.0)), "optimizer": repr(Adam(3e-3)), "ema": 0.99,
    }  # fmt: skip
    if not options.quick:
        path = runs.Run({"index": np.array([STEPS - 1])}, meta, fixed).save(PATH)
        print(path, path.stat().st_size // 1000, "kB")


if __name__ == "__main__":
    main()
