"""Train the planar presets on fresh seeds and record what became of them: ring and grid, eight methods each.

Five seeds side by side, 300 to 304, which no tuning saw; each preset as it stands, nothing changed. Scores of 2,500
samples by PacGAN's definitions (modes, share within 3σ, reverse KL in nats), and W1 of 1,000 of them to as many
held-out points, beside the null of the law against itself. Seconds are CPU seconds of the five seeds together, on a
machine that was busy with other work. On the page of benchmarks.

Run: OMP_NUM_THREADS=1 python experiments/planar_presets.py [--presets gan-ring8 …] (half a minute to six minutes of one
CPU core a preset). Adds each preset to wgan_lib/recorded/presets-planar.npz as it ends; without names, those that are
missing, the ring's first.
"""

import argparse
import time
from pathlib import Path

import numpy as np
import torch

from wgan_lib import files, metrics, networks, presets, runs
from wgan_lib.training import stream

PATH = Path(__file__).parents[1] / "wgan_lib/recorded/presets-planar.npz"
SEEDS, JUDGED, FOR_W1 = list(range(300, 305)), 2500, 1000
NAMES = [name for law in ("ring8", "grid25") for name in presets.names() if name.endswith(law)]
COLUMNS = ("modes", "quality", "kl", "w1", "null")


def train(name: str, fraction: float = 1.0) -> dict[str, np.ndarray]:
    """What the seeds of one preset score at the end, a (K,) array for each of COLUMNS, and the CPU seconds."""
    preset, begun = presets.build(name, SEEDS), time.process_time()  # type: ignore[arg-type]
    *_, step = preset.train(seed=SEEDS, device="cpu", n_steps=max(1, round(preset.n_steps * fraction)))
    seconds = time.process_time() - begun
    latents = torch.stack([preset.latent.sample(JUDGED, stream(seed, "evaluation")) for seed in SEEDS])
    with networks.evaluating(step.generator):
        samples = step.generator(latents)
    rows = []
    for seed, points in zip(SEEDS, samples, strict=True):
        found = metrics.mode_coverage(points, preset.data)
        w1 = metrics.w1_to_held_out(points[:FOR_W1], preset.data, stream(seed, "evaluation"))
        rows.append((found.modes, found.high_quality, found.reverse_kl, w1.w1, w1.null))
    arrays = dict(zip(COLUMNS, np.array(rows).T, strict=True))
    return arrays | {"seconds": np.array(seconds)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--presets", nargs="*", choices=NAMES, help="default: those that are not recorded yet")
    parser.add_argument("--quick", action="store_true", help="a fiftieth of the steps, nothing is written")
    options = parser.parse_args()
    torch.set_num_threads(1)
    kept = runs.load(PATH) if PATH.exists() and not options.quick else None
    fixed = dict(kept.fixed) if kept else {}
    commits = dict(kept.meta["commits"]) if kept else {}
    origin = files.provenance()  # before the file itself makes the folder unclean
    for name in options.presets or [name for name in NAMES if f"{name}/w1" not in fixed]:
        found = train(name, 0.02 if options.quick else 1.0)
        fixed |= {f"{name}/{key}": value for key, value in found.items()}
        commits[name] = origin["commit"]
        told = "  ".join(f"{key} {np.round(found[key], 3).tolist()}" for key in COLUMNS)
        print(f"{name}: {told}  {found['seconds']:.0f} s", flush=True)
        meta = {
            **origin, "commits": commits, "command": "python experiments/planar_presets.py", "seed": SEEDS,
            "judged": JUDGED, "for_w1": FOR_W1,
            "n_steps": {name: presets.build(name).n_steps for name in NAMES if f"{name}/w1" in fixed},
        }  # fmt: skip
        if not options.quick:
            runs.Run({"index": np.array([len(commits)])}, meta, fixed).save(PATH)


if __name__ == "__main__":
    main()
