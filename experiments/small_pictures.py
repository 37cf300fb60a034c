"""The 8 × 8 digits: every method, training against held-out critics, sharper digits, and a small set made larger.

Pieces, each recorded as soon as it ends, so that another call goes on with those that are missing:
methods    six methods, five seeds side by side: classifier Fréchet distance with its floor, classes found, coverage,
           pictures of the first seed over time, and the critic's mean score on training, held-out and generated
           pictures; the recipes of the digits' presets, with layers of 128 for 256, 800 steps for 3,000
parting    the same three scores where only 100 pictures are trained on, by the penalty and by clipping (Gulrajani 2017,
           figure 5b)
sharper    4 × 4 to 8 × 8 by L1, and by L1 and a WGAN-GP critic of three weights (`sharper_digits.py`)
augmented  ten labelled digits a class, and what generated ones add to them (`few_digits.py`)

Shown in `full-models`. Run: OMP_NUM_THREADS=1 python experiments/small_pictures.py [--pieces NAME …] (about 6 minutes
of one core). Writes wgan_lib/recorded/digits-PIECE.npz.
"""

import argparse
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import few_digits
import numpy as np
import sharper_digits
import torch
from torch import nn

from wgan_lib import files, images, metrics, networks, presets, runs
from wgan_lib.constraints import GradientPenalty, Unconstrained
from wgan_lib.losses import NON_SATURATING, RELATIVISTIC
from wgan_lib.presets import Preset
from wgan_lib.training import Adam, TensorData, stream

SEEDS = [500, 501, 502, 503, 504]  # never used for tuning
STEPS, WIDTH, EVERY = 800, 128, 40
MARKS = (40, 120, 240, 400, 600, 800)
SHOWN, JUDGED = 16, 599
RECORDED = Path("wgan_lib/recorded")


def recipe(name: str, **changes: Any) -> Preset:
    """A preset of the digits with narrower layers, for all seeds, and with what is changed."""
    rng, copies = torch.Generator().manual_seed(SEEDS[0]), {"copies": len(SEEDS), "gain": 2**0.5}
    critic = networks.mlp(64, WIDTH, WIDTH, 1, activation=networks.leaky(0.2), rng=rng, **copies)  # type: ignore[arg-type]
    generator = networks.mlp(32, WIDTH, WIDTH, 64, rng=rng, **copies)  # type: ignore[arg-type]
    return replace(
        presets.build(name),
        generator=nn.Sequential(generator, nn.Tanh(), nn.Unflatten(-1, (1, 8, 8))),
        critic=nn.Sequential(nn.Flatten(-3), critic),
        n_steps=STEPS,
        **changes,
    )


def methods() -> dict[str, Preset]:
    """The digits' presets, and WGAN-GP's with another loss and constraint.

    γ and the rates are those of `stacked_digits.py`, chosen there for three digits at once.
    """
    fast = Adam(1e-3, (0.0, 0.9))
    one = {"critic_steps": 1, "optimizer": fast, "generator_optimizer": fast}
    r1, r2 = (GradientPenalty(0.5, target=0.0, at=at) for at in ("reals", "both"))  # γ = 1
    return {
        "WGAN-GP": recipe("wgan-gp-digits"),
        "WGAN, clipping": recipe("clipping-digits"),
        "WGAN, SN": recipe("sn-digits"),
        "GAN": recipe("wgan-gp-digits", loss=NON_SATURATING, constraint=Unconstrained(), **one),
        "GAN, R1": recipe("wgan-gp-digits", loss=NON_SATURATING, constraint=r1, **one),
        "RpGAN, R1 + R2": recipe("wgan-gp-digits", loss=RELATIVISTIC, constraint=r2, **one),
    }


def as_bytes(pictures: Any) -> np.ndarray:
    """Pictures in [−1, 1] as the data's own seventeen greys: 0 to 16."""
    return np.rint(8 * (np.clip(np.asarray(pictures), -1, 1) + 1)).astype(np.uint8)


def mean_scores(step: Any, *sets: torch.Tensor) -> list[np.ndarray]:
    """The critics' mean score of each set, (n, …) shared or (K, n, …)."""
    with networks.evaluating(step.critic):
        each = [x if x.ndim == 5 else x.expand(len(SEEDS), *x.shape) for x in sets]
        return [step.critic(x).mean(-1).numpy() for x in each]


def method(preset: Preset) -> dict[str, Any]:
    """Train the seeds side by side; look at pictures and distance at the marks, judge in full at the end."""
    begun, data, classifier = time.process_time(), images.digits(), metrics.load_classifier("digits")
    assert data.held_out is not None
    own = preset.data.points if isinstance(preset.data, TensorData) else data.points
    held_out = data.held_out.points
    real = classifier.look(held_out)[0]
    latents = torch.stack([preset.latent.sample(JUDGED, stream(seed, "evaluation")) for seed in SEEDS])
    kept: dict[str, list[Any]] = {"frechet over time": [], "pictures": [], "scores": []}
    for step in preset.train(seed=SEEDS, device="cpu"):
        if (step.index + 1) % EVERY:
            continue
        with networks.evaluating(step.generator):
            made = step.generator(latents).clamp(-1, 1)
        kept["scores"].append(mean_scores(step, own, held_out, made))
        if step.index + 1 in MARKS:
            kept["frechet over time"].append([metrics.frechet_distance(real, classifier.look(x)[0]) for x in made])
            kept["pictures"].append(as_bytes(made[0, :SHOWN, 0]))
    judged = [
        metrics.scores(x, held_out, classifier, stream(seed, "evaluation"), n=len(held_out) // 2)
        for seed, x in zip(SEEDS, made, strict=True)
    ]
    out: dict[str, Any] = {
        name: np.array([one[name].value for one in judged], np.float32)
        for name in ("classifier Fréchet distance", "precision", "recall", "coverage", "classes")
    }
    out |= {"floor": np.array([one["classifier Fréchet distance"].floor for one in judged], np.float32)}
    out |= {name: np.array(values, np.float32) for name, values in kept.items() if name != "pictures"}
    return out | {"pictures": np.array(kept["pictures"]), "seconds": np.array(time.process_time() - begun)}


def trained(recipes: dict[str, Preset], say: Callable[[str], None]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, preset in recipes.items():
        own = method(preset)
        found |= {f"{name}/{key}": values for key, values in own.items()}
        distance, scores = own["classifier Fréchet distance"], own["scores"][-5:].mean((0, 2))
        say(f"{name}: Fréchet {distance.round(1)}, floor {own['floor'].mean():.1f}, {own['classes']} classes")
        say(f"    scores less generated: {scores[:2] - scores[2]}; {own['seconds']:.0f} s")
    return found


def few(say: Callable[[str], None]) -> dict[str, Any]:
    """The penalty and clipping on a hundred pictures, without a schedule, as in the paper's figure."""
    data = images.digits()
    own = data.points[torch.randperm(len(data), generator=stream(0, "evaluation"))[:100]]
    changes = {"make_data": lambda: TensorData(own), "linear_decay": False}
    return trained({name: recipe(f"{name}-digits", **changes) for name in ("wgan-gp", "clipping")}, say)


PIECES: dict[str, Callable[[Callable[[str], None]], dict[str, Any]]] = {
    "methods": lambda say: trained(methods(), say),
    "parting": few,
    "sharper": lambda say: sharper_digits.trade(SEEDS, say),
    "augmented": few_digits.gains,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pieces", nargs="+", choices=list(PIECES), default=list(PIECES))
    parser.add_argument("--out", type=Path, default=RECORDED, help=f"where records go ({RECORDED})")
    options = parser.parse_args()
    torch.set_num_threads(1)
    told = files.provenance()  # now: a file that is written makes the tree another than the commit
    for piece in options.pieces:
        path = options.out / f"digits-{piece}.npz"
        if path.exists():
            print(f"{path} is there", flush=True)
            continue
        begun = time.process_time()
        found = PIECES[piece](lambda line: print(line, flush=True))
        index = found.pop("index", np.array(MARKS))
        meta = {
            **told, "piece": piece, "seed": SEEDS, "device": "cpu", "torch threads": 1, "preset": None,
            "command": f"python experiments/small_pictures.py --pieces {piece}",
            "seconds": round(time.process_time() - begun, 1),
            **found.pop("meta", {"width": WIDTH, "n_steps": STEPS, "every": EVERY}),
        }  # fmt: skip
        runs.Run({"index": index}, meta, found).save(path)
        print(path, path.stat().st_size // 1000, "kB", meta["seconds"], "s", flush=True)


if __name__ == "__main__":
    main()
