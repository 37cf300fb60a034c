"""Record the grid of 25 Gaussians under GAN and relativistic losses with no penalty, R1, and R1 + R2, at two γ.

The rate stays constant, and the generator is watched as it is, so that "does it settle?" is asked of the game and not
of a schedule; the averaged generator is scored beside it. Networks, batch and latent are those of the preset
r1-grid25; Adam with rate 2e-3 and β = (0, .9), one critic step, 2,000 rounds, five seeds side by side. Nothing was
tuned. Scores of 2,500 samples: modes, share within 3σ of a mode, W1 of 1,000 against as many real ones. `motion` is how
far the generator's points go in ten rounds at the same latents (mean over 256). In `settling`.

Run: OMP_NUM_THREADS=1 python experiments/grid_rows.py (12 CPU minutes on one core of a shared 2-core machine). Adds
each row to wgan_lib/recorded/grid-rows.npz as it ends; those that are there already are left alone.
"""

import argparse
import time
from pathlib import Path

import numpy as np
import torch
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from wgan_lib import files, metrics, networks, presets, runs, training, transport
from wgan_lib.constraints import GradientPenalty, LipschitzConstraint, Unconstrained
from wgan_lib.losses import NON_SATURATING, RELATIVISTIC
from wgan_lib.presets.preset import both
from wgan_lib.training import Adam, stream

PATH = Path(__file__).parents[1] / "wgan_lib/recorded/grid-rows.npz"
SEEDS, STEPS, EVERY, MARK = list(range(5)), 2000, 10, 1000
GAMMAS = (2.0, 0.2)
LOSSES = {"GAN": NON_SATURATING, "RpGAN": RELATIVISTIC}


def rows() -> dict[str, tuple[str, LipschitzConstraint]]:
    """Each row's loss and constraint."""
    found: dict[str, tuple[str, LipschitzConstraint]] = {f"{loss}, none": (loss, Unconstrained()) for loss in LOSSES}
    for gamma in GAMMAS:
        for loss in LOSSES:
            for name, at in (("R1", "reals"), ("R1 + R2", "both")):
                penalty = GradientPenalty(gamma / 2, target=0.0, at=at)  # type: ignore[arg-type]
                found[f"{loss}, {name}, γ = {gamma}"] = (loss, penalty)
    return found


def scored(samples: torch.Tensor, law: object, real: np.ndarray) -> list[float]:
    """Modes, share of high quality, exact W1 to the real points."""
    found = metrics.mode_coverage(samples, law)  # type: ignore[arg-type]
    return [found.modes, found.high_quality, transport.w1(samples[: len(real)].numpy(), real)]


def train_row(loss: str, constraint: LipschitzConstraint, n_steps: int) -> dict[str, np.ndarray]:
    preset = presets.build("r1-grid25", SEEDS)  # type: ignore[arg-type]
    averaged = AveragedModel(preset.generator, multi_avg_fn=get_ema_multi_avg_fn(0.995), use_buffers=True)
    real = preset.data.sample(1000, stream(0, "evaluation")).numpy()
    z = preset.latent.sample(2500, stream(0, "recorded latent"))
    begun, before = time.process_time(), None
    kept: dict[str, list] = {"motion": [], "now": [], "averaged": []}
    for step in preset.train(
        loss=LOSSES[loss], constraint=constraint, n_steps=n_steps, seed=SEEDS, **both(Adam(2e-3)), ema=0.0,
        linear_decay=False, device="cpu",
    ):  # fmt: skip
        averaged.update_parameters(step.generator)
        if (step.index + 1) % EVERY:
            continue
        with networks.evaluating(step.generator), torch.no_grad():
            points = step.generator(z[:256])
        if before is not None:
            kept["motion"].append((points - before).norm(dim=-1).mean(-1).numpy())
        before = points
        if (step.index + 1) % MARK == 0 or step.index + 1 == n_steps:
            with torch.no_grad():
                shown = {"now": step.generator(z), "averaged": averaged(z)}
            for name, clouds in shown.items():
                kept[name].append([scored(cloud, preset.data, real) for cloud in clouds])
    arrays = {name: np.array(values, dtype=np.float32) for name, values in kept.items()}
    points = shown["now"][0, :400].numpy().astype(np.float16)  # the first seed, to look at
    return arrays | {"points": points, "seconds": np.array(time.process_time() - begun)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--quick", action="store_true", help="a fiftieth of the rounds, nothing is written")
    options = parser.parse_args()
    torch.set_num_threads(1)
    n_steps, seconds = STEPS // 50 if options.quick else STEPS, 0.0
    fixed = {} if options.quick or not PATH.exists() else dict(runs.load(PATH).fixed)
    law = presets.build("r1-grid25").data
    draws = [law.sample(2500, training.stream(seed, "evaluation")) for seed in range(6)]
    fixed["null"] = np.array([scored(draw, law, draws[0][:1000].numpy()) for draw in draws[1:]])
    for name, (loss, constraint) in rows().items():
        if f"{name}/motion" in fixed:
            continue
        found = train_row(loss, constraint, n_steps)
        fixed |= {f"{name}/{key}": value for key, value in found.items()}
        seconds += float(found["seconds"])
        modes, quality, w1 = found["averaged"][-1].T
        print(f"{name:26s} modes {modes}, 3σ {quality.round(2)}, W1 {w1.round(2)}", flush=True)
        print(f"{'':26s} motion {found['motion'][-20:].mean(0).round(4)}, {found['seconds']:.0f} s", flush=True)
        meta = {
            **files.provenance(), "command": "python experiments/grid_rows.py", "seed": SEEDS, "n_steps": n_steps,
            "gammas": list(GAMMAS), "optimizer": repr(Adam(2e-3)), "preset": "r1-grid25", "every": EVERY,
            "mark": MARK, "seconds": seconds,
        }  # fmt: skip
        if not options.quick:
            runs.Run({"index": np.array([n_steps])}, meta, fixed).save(PATH)


if __name__ == "__main__":
    main()
