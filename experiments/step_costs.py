"""Record what a critic step costs under each constraint: CPU time, and memory at the peak.

Two critics: the planar one of `constraint_by_loss` (2-128-128-1, batch 64) and a DCGAN critic of 32 × 32 pictures
(batch 32). All constraints take turns within a round, so that whatever slows the machine slows all alike, and ratios
are formed within rounds. Memory is the most that one step allocates beyond what stood before, as the profiler sees it:
it does not depend on the load. Sampling and the generator are left out. Shown in `clipping-gp-sn`.

Run: OMP_NUM_THREADS=1 python experiments/step_costs.py (about a minute and a half on one core of a shared 2-core CPU).
Writes wgan_lib/recorded/step-costs.npz.
"""

import argparse
import copy
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from search_box import made
from torch import Tensor, nn
from torch.profiler import ProfilerActivity, profile

from wgan_lib import files, networks, runs
from wgan_lib.losses import WASSERSTEIN
from wgan_lib.networks import convolutional
from wgan_lib.training import Adam, Adversaries, OneDevice, Recipe

sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))
from steps import Given, HandOn

PATH = Path(__file__).parents[1] / "wgan_lib/recorded/step-costs.npz"
CONSTRAINTS = ("none", "clipping", "GP", "one-sided GP", "R1", "R1 + R2", "SN", "orthonormal")
NUMBER, ROUNDS = 0.1, 24  # c, λ or γ: of no consequence for the time


def critic_step(critic: nn.Module, constraint: str, real: Tensor, fake: Tensor) -> Callable[[], object]:
    """The library's own critic step, ready to be taken again and again."""
    recipe = Recipe(
        make_data=lambda: Given(real), generator=HandOn(), critic=critic, loss=WASSERSTEIN,
        constraint=made(constraint, NUMBER), latent=Given(fake), n_steps=1, batch_size=len(real),
        optimizer=Adam(1e-4, (0.0, 0.9)),
    )  # fmt: skip
    return Adversaries(recipe, OneDevice(torch.device("cpu"))).critic_step


def steps_of(task: str) -> dict[str, Callable[[], object]]:
    """A step for each constraint that the critic of that task can have, from the same weights and batches."""
    rng = torch.Generator().manual_seed(0)
    if task == "planar":
        (real, fake), critic = torch.randn(2, 64, 2, generator=rng), networks.mlp(2, 128, 128, 1, rng=rng)
    else:
        (real, fake) = torch.randn(2, 32, 3, 32, 32, generator=rng)
        critic = convolutional.dcgan_critic(32, rng=rng)
    found = {}
    for name in CONSTRAINTS:
        if name != "orthonormal":
            found[name] = critic_step(copy.deepcopy(critic), name, real, fake)
        elif task == "planar":  # orthonormal layers are fully connected
            sorting = networks.mlp(2, 128, 128, 1, activation=networks.GroupSort, rng=rng)
            found[name] = critic_step(sorting, name, real, fake)
    return found


def peak(step: Callable[[], object]) -> int:
    """Bytes allocated during one step, at their peak, beyond those that stood there before."""
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as profiler:
        step()
    events = profiler.profiler.kineto_results.events()  # type: ignore[union-attr]
    memory = sorted((e.start_ns(), e.nbytes()) for e in events if e.name() == "[memory]")
    return int(np.cumsum([size for _, size in memory]).max())


def measure(task: str, rounds: int) -> dict[str, np.ndarray]:
    """Milliseconds of CPU time (rounds,) and peak bytes () of each constraint."""
    steps = steps_of(task)
    names, taken = list(steps), {name: [] for name in steps}
    for i in range(-2, rounds):
        for name in names[i % len(names) :] + names[: i % len(names)]:
            begun = time.process_time()
            steps[name]()
            if i >= 0:
                taken[name].append(1e3 * (time.process_time() - begun))
    found = {f"{task}/{name}/milliseconds": np.array(times) for name, times in taken.items()}
    return found | {f"{task}/{name}/bytes": np.array(peak(step)) for name, step in steps.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--quick", action="store_true", help="three rounds, nothing is written")
    options = parser.parse_args()
    torch.set_num_threads(1)
    rounds = 3 if options.quick else ROUNDS
    fixed = {name: array for task in ("planar", "DCGAN 32") for name, array in measure(task, rounds).items()}
    for name in fixed:
        if name.endswith("milliseconds"):
            row = name.removesuffix("/milliseconds")
            clipping = f"{row.split('/')[0]}/clipping"
            time_ratio = np.median(fixed[name] / fixed[f"{clipping}/milliseconds"])
            memory, ratio = fixed[f"{row}/bytes"] / 2**20, fixed[f"{row}/bytes"] / fixed[f"{clipping}/bytes"]
            print(f"{row}: {np.median(fixed[name]):.2f} ms, {time_ratio:.2f} ×; {memory:.1f} MiB, {ratio:.2f} ×")
    if not options.quick:
        meta = {
            **files.provenance(), "command": "python experiments/step_costs.py", "rounds": rounds,
            "critics": {"planar": "2-128-128-1, batch 64", "DCGAN 32": "3 × 32 × 32, batch 32"},
        }  # fmt: skip
        runs.Run({"index": np.array([rounds])}, meta, fixed).save(PATH)


if __name__ == "__main__":
    main()
