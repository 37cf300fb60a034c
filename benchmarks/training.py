"""Print how fast a training is and how good its critics are, and record it for the book's page `benchmarks`.

    python benchmarks/training.py                 step times and many seeds at once (about 1 CPU minute)
    python benchmarks/training.py --quality       CPU seconds to 25 Gaussians, preset and reference recipe
    python benchmarks/training.py --estimators    critics' estimates of W1 beside exact values

Each option measures that section alone; give several, or --all. Everything runs on one thread and is timed in process
CPU time. Methods take turns within a round, ratios are formed within rounds; tables show medians with quartiles.
Results go to wgan_lib/recorded/benchmark-*.npz with versions, commit, processor and load, and from
there into the README's table.
"""

import argparse
import importlib

import summary
import torch

SECTIONS = {
    "steps": "Critic step: library and public loop, ms of CPU time, medians with quartiles",
    "seeds": "Eight seeds at once, ms a generator step (5 critic steps each), medians with quartiles",
    "quality": "25 Gaussians: CPU seconds to quality",
    "estimators": "Critics as estimators of W1: estimate / exact and certified / exact, mean ± 95 % over seeds",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for section, says in SECTIONS.items():
        parser.add_argument(f"--{section}", action="store_true", help=says.replace("%", "%%"))
    parser.add_argument("--all", action="store_true", help="every section")
    parser.add_argument("--rounds", type=int, default=30, help="how often each step is timed (default 30)")
    parser.add_argument("--n-seeds", type=int, default=5, help="seeds of quality and estimators (default 5)")
    chosen = parser.parse_args()
    if chosen.rounds < 5 or chosen.n_seeds < 2:
        parser.error(
            f"--rounds is {chosen.rounds}, --n-seeds {chosen.n_seeds}: at least 5 and 2 are needed for a spread"
        )
    named = [section for section in SECTIONS if chosen.all or getattr(chosen, section)] or ["steps", "seeds"]
    torch.set_num_threads(1)
    for section in named:
        print(f"## {SECTIONS[section]}\n", flush=True)
        count = chosen.rounds if section in ("steps", "seeds") else chosen.n_seeds
        importlib.import_module(section).measure(count)
    summary.write()


if __name__ == "__main__":
    main()
