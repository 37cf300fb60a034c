"""Search every pair of constraint and loss with one budget, then train the winners on fresh seeds.

The box and its draws are frozen in experiments/constraint_by_loss.json, which was committed before the search: 24
points, log-uniform in both learning rates, critic steps, and the number of the constraint's own (c, λ or γ; none for
the others), the same 24 for all pairs. Screening: seeds 200 to 202 side by side, 1,000 generator steps, W1 of 500
samples to 500 fresh real ones. The winner, by the mean over seeds at the last mark, is trained again on 32 fresh seeds
(the digits: 10). `search_laws` has the laws.
Settings of the papers are rows of their own. R1 and R1 + R2 are left out with the Wasserstein loss, which they leave
unbounded. Shown in `clipping-gp-sn`.

Run: OMP_NUM_THREADS=1 python experiments/constraint_by_loss.py screen ring8 (then final ring8; likewise grid25,
digits), about six minutes of a core for four draws of all pairs. All pairs get their first four draws, then the next
four: --draws says where to stop, and only draws that all pairs have count. Adds each row to
wgan_lib/recorded/search-<law>-<piece>.npz as it ends and goes on with those that are missing; a winner that a later
draw has beaten is trained anew. --only "GP, Wasserstein" records one row.
"""

import argparse
import json
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from search_box import BOX, LOSSES, PAIRS, PAPERS, draw_box, frozen, made, settings, winner
from search_laws import LAWS, N
from torch import nn

from wgan_lib import files, networks, runs, training, transport
from wgan_lib.training import Adam, NonFiniteError, NormalLatent, RMSProp, stream

RECORDED = Path(__file__).parents[1] / "wgan_lib/recorded"
SCREENED, STEPS, MARKS, BATCH, WIDTH, GROUP = [200, 201, 202], 1000, 5, 64, 128, 32
FRESH = {"ring8": list(range(400, 432)), "grid25": list(range(400, 432)), "digits": list(range(400, 410))}


def train(law: str, constraint: str, loss: str, said: dict[str, Any], seeds: Sequence[int]) -> dict[str, Any]:
    """Arrays of one setting: W1 (marks, K), CPU seconds (marks,), and at the end spikes and what the law `hold`s (K,).

    W1, NaN after a loss blew up, is that of N samples to N fresh ones. A spike is the largest norm of a seed's
    generator gradient over the second half, by its median there.
    """
    data, n_in, n_out = LAWS[law], LAWS[law].latents, LAWS[law].values
    activation = networks.GroupSort if constraint == "orthonormal" else lambda: nn.LeakyReLU(0.2)
    generator = networks.side_by_side(
        [networks.mlp(n_in, WIDTH, WIDTH, n_out, gain=2**0.5, rng=stream(seed, "generator")) for seed in seeds]
    )
    generator = nn.Sequential(generator, *data.ends()) if data.ends() else generator
    critic = networks.side_by_side(
        [
            networks.mlp(n_out, WIDTH, WIDTH, 1, activation=activation, gain=2**0.5, rng=stream(s, "critic"))
            for s in seeds
        ]
    )
    kept: dict[str, Any] = {"w1": np.full((MARKS, len(seeds)), np.nan), "seconds": np.full(MARKS, np.nan)}
    latent = NormalLatent(n_in)
    latents = torch.stack([latent.sample(2500, stream(seed, "recorded latent")) for seed in seeds])
    real = [data.real(seed) for seed in seeds]
    norms, spent, begun = [], 0.0, time.process_time()
    try:
        for step in training.train(
            data.data, generator, critic, LOSSES[loss], made(constraint, said.get("number")), n_steps=STEPS,
            critic_steps=said["critic steps"], batch_size=BATCH, seed=list(seeds), latent=latent,
            device="cpu", **optimizers(said),
        ):  # fmt: skip
            if step.index >= STEPS // 2:
                squares = [p.grad.square().flatten(1).sum(1) for p in step.generator.parameters() if p.grad is not None]
                norms.append(torch.stack(squares).sum(0).sqrt().numpy())
            if (step.index + 1) % (STEPS // MARKS) == 0:
                spent += time.process_time() - begun
                with networks.evaluating(step.generator), torch.no_grad():
                    samples = step.generator(latents)
                mark = (step.index + 1) * MARKS // STEPS - 1
                kept["seconds"][mark] = spent
                kept["w1"][mark] = [transport.w1(x[:N].numpy(), y) for x, y in zip(samples, real, strict=True)]
                begun = time.process_time()
        found = [data.hold(points) for points in samples]
        norm = np.array(norms)
        kept["spikes"] = norm.max(0) / np.median(norm, 0)
    except NonFiniteError:
        found = [data.nothing()] * len(seeds)
        kept["spikes"] = np.full(len(seeds), np.inf)
    return kept | {name: np.array([one[name] for one in found]) for name in found[0]}


def optimizers(said: dict[str, Any]) -> dict[str, Any]:
    """The draw's two rates with Adam (0, .9), or one optimiser for both as a paper has it."""
    if "rmsprop" in said:
        return {"optimizer": RMSProp(said["rmsprop"])}
    if "adam" in said:
        rate, *betas = said["adam"]
        return {"optimizer": Adam(rate, tuple(betas))}
    betas = (0.0, 0.9)
    return {
        "optimizer": Adam(said["critic rate"], betas),
        "generator_optimizer": Adam(said["generator rate"], betas),
    }


def in_groups(*arguments: Any, seeds: Sequence[int]) -> dict[str, np.ndarray]:
    """`train` on many seeds, GROUP at a time; a group that blew up is trained again one by one."""
    parts = []
    for i in range(0, len(seeds), GROUP):
        group = seeds[i : i + GROUP]
        found = train(*arguments, group)
        one_by_one = not np.isfinite(found["spikes"]).all()
        parts += [train(*arguments, [seed]) for seed in group] if one_by_one else [found]
    seconds = np.nansum([part["seconds"] for part in parts], axis=0)
    return {
        name: seconds if name == "seconds" else np.concatenate([part[name] for part in parts], -1) for name in parts[0]
    }


def screen(law: str, pair: str, until: int, fixed: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The draws of one pair: arrays of `train`, stacked over the draws, those that `fixed` has not got trained now."""
    constraint, loss = pair.split(", ")
    done = len(fixed.get(f"{pair}/w1", ()))
    new = [train(law, constraint, loss, settings(constraint, u), SCREENED) for u in frozen()["draws"][done:until]]
    stacked = {name: np.stack([part[name] for part in new]).astype(np.float32) for name in new[0]}
    return {name: np.concatenate([fixed[f"{pair}/{name}"], a]) if done else a for name, a in stacked.items()}


def nulls(law: str) -> dict[str, np.ndarray]:
    """W1 of N real samples and N others, for each of the fresh seeds; of the digits also what stands beside it.

    Their training set's Fréchet distance to those held out, and W1 of a generator that draws the mean digit alone.
    """
    pairs = [[LAWS[law].real(seed, again) for again in (False, True)] for seed in FRESH[law]]
    found = {"null w1": np.array([transport.w1(x, y) for x, y in pairs])}
    if law == "digits":
        found["null frechet"] = np.array(LAWS[law].hold(LAWS[law].data.points)["frechet"])
        real = np.concatenate([x for x, _ in pairs])
        found["middle w1"] = np.linalg.norm(real - real.mean(0), axis=1).mean()
    return found


def rows(options: argparse.Namespace, fixed: Mapping[str, np.ndarray]) -> Iterator[tuple[str, dict[str, np.ndarray]]]:
    """The rows of one piece that `fixed` has not got, by name, each as it is recorded."""
    law = options.law
    pairs = {f"{constraint}, {loss}": (constraint, loss) for constraint, loss in PAIRS}
    asked = [name for name in (*pairs, *PAPERS) if not options.only or name in options.only]
    if options.piece == "screen":
        for until in range(4, options.draws + 1, 4):
            for name in asked:
                if name in pairs and len(fixed.get(f"{name}/w1", ())) < until:
                    yield name, screen(law, name, until, fixed)
        return
    screened = runs.load(RECORDED / f"search-{law}-screen.npz").fixed
    for name in asked:
        if name in PAPERS:
            pair, draw, said = PAPERS[name][:2], -1, PAPERS[name][2]
        else:
            pair, draw = pairs[name], winner(screened, name)
            said = settings(pair[0], frozen()["draws"][draw])
        if fixed.get(f"{name}/draw", np.array(-2)) != draw:
            found = in_groups(law, *pair, said, seeds=FRESH[law])
            yield name, {key: a.astype(np.float32) for key, a in found.items()} | {"draw": np.array(draw)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("piece", choices=["freeze", "screen", "final"])
    parser.add_argument("law", nargs="?", choices=list(LAWS), default="ring8")
    parser.add_argument("--draws", type=int, default=24, help="how many of the frozen draws, a multiple of 4")
    parser.add_argument("--only", nargs="*", help="rows to record; default: those that are missing")
    parser.add_argument("--quick", action="store_true", help="a fiftieth of the steps and one draw; nothing is written")
    options = parser.parse_args()
    torch.set_num_threads(1)
    if options.piece == "freeze":
        if BOX.exists():
            raise SystemExit(f"{BOX} is frozen: delete it on purpose to draw another box")
        BOX.write_text(json.dumps(draw_box(), indent=1) + "\n", encoding="utf-8")
        return
    path = RECORDED / f"search-{options.law}-{options.piece}.npz"
    if options.quick:
        quick(options)
        return
    kept = runs.load(path) if path.exists() else None
    fixed = dict(kept.fixed) if kept else nulls(options.law)
    commits = dict(kept.meta.get("commits", {})) if kept else {}  # of each row: a screened one may have grown twice
    if kept and not commits:
        commits = {name.rsplit("/", 1)[0]: [kept.meta["commit"]] for name in fixed if "/" in name}
    until = f" --draws {options.draws}" if options.piece == "screen" else ""
    origin = files.provenance()  # before the file itself makes the folder unclean
    for name, found in rows(options, fixed):
        fixed |= {f"{name}/{key}": value for key, value in found.items()}
        before = commits.get(name, []) if options.piece == "screen" else []
        commits[name] = [*before, *({origin["commit"]} - set(before))]
        print(f"{name}: W1 {np.round(found['w1'][..., -1, :].mean(-1), 3)}", flush=True)
        meta = {
            **origin, "commits": commits,
            "command": f"python experiments/constraint_by_loss.py {options.piece} {options.law}{until}",
            "seed": SCREENED if options.piece == "screen" else FRESH[options.law], "law": str(LAWS[options.law]),
            "n_steps": STEPS, "batch_size": BATCH, "width": WIDTH, "n": N, **frozen(),
        }  # fmt: skip
        runs.Run({"index": np.array([STEPS])}, meta, fixed).save(path)


def quick(options: argparse.Namespace) -> None:
    """One draw of every pair, a fiftieth of the steps."""
    global STEPS
    STEPS = 30
    for constraint, loss in PAIRS:
        found = train(options.law, constraint, loss, settings(constraint, frozen()["draws"][0]), SCREENED)
        print(f"{constraint}, {loss}: W1 {found['w1'][-1].round(2)}, {found['seconds'][-1]:.1f} s", flush=True)


if __name__ == "__main__":
    main()
