"""The figure of clipping-gp-sn to take hold of: a ranking of methods, and the budget that it was made with."""

from collections.abc import Mapping
from functools import lru_cache
from math import comb
from types import MappingProxyType
from typing import Any

import numpy as np
import traitlets as t
from jaxtyping import Float

from wgan_lib import checks, runs
from wgan_lib.runs import Run
from wgan_lib.widgets.book_widget import BookWidget, InvalidTrait, Whole, data, joined, reading

_RECORDED = {"ring": "search-ring8-screen", "grid": "search-grid25-screen", "digits": "search-digits-screen"}
_AXIS = np.arange(-4.0, 5.0, 2.0)
_CEILINGS = {"ring": 1.0, "grid": float(np.hypot(*np.meshgrid(_AXIS, _AXIS)).mean())}  # the modes' width left out
_RESAMPLES = 400


def expected_best(values: Any, trials: float, nothing: float = np.inf) -> Any:
    """Return the mean of the smallest of `trials` values, over all ways to choose them among `values` (…, n).

    E min = Σᵢ v₍ᵢ₎ C(n − i, k − 1) / C(n, k), for v₍₁₎ ≤ … ≤ v₍ₙ₎: exact, nothing is simulated. Between two whole
    numbers of trials it is interpolated; no trial at all gives `nothing`.

    Raises ValueError for trials outside 0 … n. Source: Dodge et al. 2019, who draw with replacement. Chapter:
    clipping-gp-sn.
    """
    ordered = np.sort(np.asarray(values, dtype=float), axis=-1)
    n, whole = ordered.shape[-1], int(trials)
    if not 0 <= trials <= n:
        raise ValueError(f"trials is {trials}: there are {n} values, so 0 to {n} can be tried")
    if whole < trials:
        low, high = (expected_best(ordered, k, nothing) for k in (whole, whole + 1))
        return low + (trials - whole) * (high - low)
    if whole == 0:
        return np.full(ordered.shape[:-1], nothing)
    chances = [comb(n - i, whole - 1) / comb(n, whole) for i in range(1, n + 1)]
    return (ordered * chances).sum(-1)


class BudgetSlider(BookWidget):
    """Pairs of constraint and loss, ranked by what a budget of tuning trials can expect: does the ranking hold?

    A trial is one of the recorded draws from the shared box of settings: its value is W1 at the end, the mean over the
    seeds, where a run that blew up or ended further away counts as the law's middle point does (`ceiling`). Of the
    draws that all pairs have, `trials` are chosen at random and the best is kept; shown is the exact mean of that, with
    a 95 % interval over draws and seeds (400 resamples, the same for all pairs). `count` "CPU seconds" gives each pair
    the time that the cheapest pair needs for so many trials. `law` names one of the runs.

    Args:
        found: law's name → a run of experiments/constraint_by_loss.py, or its recorded name; by default what is there.
        ceilings: law's name → E‖x − E x‖, W1 of a generator that puts all its samples in the middle; by default that of
            ring(8) and grid(25); for other laws the run's own "middle w1".

    Read-only: `best`, the first pair's expected W1; `level`, how many others a 95 % interval of the paired difference
    does not tell from it; `swaps`, how many of all couples of pairs stand otherwise than after one trial.

    Raises InvalidTrait for a law or a number of trials that was not recorded, and for a run without what is needed.
    Chapter: clipping-gp-sn.
    """

    _esm = joined("widgets/budget-slider.mjs")
    task = t.Unicode("Slide from one trial to all of them. Which rows change places, and which are told apart?").tag(
        sync=True
    )
    trials = Whole(1)
    count = t.Enum(["trials", "CPU seconds"], "trials").tag(sync=True)
    law = t.Unicode("").tag(sync=True)
    laws = data()

    def __init__(
        self,
        found: Mapping[str, Run | str] | None = None,
        ceilings: Mapping[str, float] = MappingProxyType(_CEILINGS),
        **traits: Any,
    ) -> None:
        if found is None:
            found = {law: name for law, name in _RECORDED.items() if name in runs.names()}
        loaded = {law: run if isinstance(run, Run) else runs.load(run) for law, run in found.items()}
        own = {law: float(run["middle w1"]) for law, run in loaded.items() if "middle w1" in run.fixed}
        ceilings = {**own, **ceilings}  # what the caller says comes first
        if not found or not set(found) <= set(ceilings):
            raise InvalidTrait(
                f"runs of {sorted(found)} and ceilings of {sorted(ceilings)}: at least one of each is needed"
            )
        self.hold(
            laws={
                law: _ranked(law, run, checks.number("ceilings", ceilings[law], above=0.0))
                for law, run in loaded.items()
            }
        )
        rows = len(next(iter(self.laws.values()))["pairs"])
        self._sizes = (324 + 14 * rows, 199 + 19 * rows + 32 * (len(loaded) > 1))
        super().__init__(**{"law": next(iter(loaded)), **traits})

    def reaches(self) -> dict[str, Any]:
        """Give the laws, and the numbers of trials that all pairs of all laws have."""
        several = {"law": list(self.laws)} if len(self.laws) > 1 else {}
        return {"trials": [1, max(law["draws"] for law in self.laws.values()), 1], **several}

    @t.validate("trials", "law")
    def _recorded(self, proposal: Any) -> Any:
        name, value = proposal.trait.name, proposal.value
        if name == "law" and value not in self.laws:
            raise InvalidTrait(f"law must be one of {', '.join(self.laws)}, not {value!r}")
        most = max(law["draws"] for law in self.laws.values())
        if name == "trials" and not 1 <= value <= most:
            raise InvalidTrait(f"trials must be 1 to {most}, not {value!r}")
        return value

    def values(self) -> Float[np.ndarray, "pairs"]:
        """Expected W1 of the best at the present budget, of each pair in the order of `laws`."""
        law = self.laws[self.law]
        budget = budgets(law, min(self.trials, law["draws"]), self.count)
        rows = zip(law["pairs"], budget, strict=True)
        return np.array([expected_best(pair["w1"], k, law["ceiling"]) for pair, k in rows])

    @reading("trials", "count", "law")
    def best(self) -> float:
        """Expected W1 of the pair that comes first."""
        return float(self.values().min())

    @reading("trials", "count", "law")
    def level(self) -> int:
        """How many other pairs cannot be told from the first."""
        law = self.laws[self.law]
        return int(sum(law["level"][self.count][min(self.trials, law["draws"]) - 1])) - 1

    @reading("trials", "count", "law")
    def swaps(self) -> int:
        """How many couples of pairs stand otherwise than after one trial."""
        law, now = self.laws[self.law], self.values()
        first = np.array([np.mean(pair["w1"]) for pair in law["pairs"]])
        before, after = (np.sign(np.subtract.outer(v, v)) for v in (first, now))
        return int((before * after < 0).sum() // 2)


def budgets(law: Mapping[str, Any], trials: int, count: str) -> list[float]:
    """How many trials each pair has: the same, or what the cheapest pair's seconds buy. Chapter: clipping-gp-sn."""
    seconds = [pair["seconds"] for pair in law["pairs"]]
    return [trials * (min(seconds) / s if count == "CPU seconds" else 1.0) for s in seconds]


def _ranked(name: str, run: Run, ceiling: float) -> dict[str, Any]:
    """Everything of one law that the page needs: values of the draws, seconds, intervals, who is level with the first.

    Numbers are cut to five digits first, so that page and Python see the same.
    """
    pairs = [key.removesuffix("/w1") for key in run.fixed if key.endswith("/w1")]
    draws = min((len(run[f"{pair}/w1"]) for pair in pairs), default=0)
    if not draws or "null w1" not in run.fixed:
        raise InvalidTrait(f"run of {name!r} needs 'null w1' and draws of pairs; it has {', '.join(sorted(run.fixed))}")
    w1 = np.stack([_ended(run, pair, draws, ceiling) for pair in pairs])
    seconds = [float(f"{_seconds(run[f'{pair}/seconds'][:draws]):.5g}") for pair in pairs]
    law: dict[str, Any] = {
        "draws": draws,
        "ceiling": float(f"{ceiling:.5g}"),
        "null": [float(f"{v:.5g}") for v in (run["null w1"].mean(), *np.quantile(run["null w1"], [0.025, 0.975]))],
        "pairs": [
            {"name": pair, "w1": [float(f"{v:.5g}") for v in row.mean(-1)], "seconds": time}
            for pair, row, time in zip(pairs, w1, seconds, strict=True)
        ],
    }
    for count in ("trials", "CPU seconds"):
        budget = [budgets(law, k, count) for k in range(1, draws + 1)]
        low, high, level = _resampled(w1.tobytes(), w1.shape, tuple(map(tuple, budget)), law["ceiling"])
        for key, values in (("low", low), ("high", high), ("level", level)):
            law.setdefault(key, {})[count] = values
    return law


def _seconds(marks: Any) -> float:
    """Mean CPU seconds of a whole run, from (draws, marks); one that blew up counts by its pace until then."""
    done = np.isfinite(marks).sum(1)
    last = np.nanmax(np.where(np.isfinite(marks), marks, 0), 1)
    return float((last[done > 0] / done[done > 0]).mean() * marks.shape[1])


def _ended(run: Run, pair: str, draws: int, ceiling: float) -> Any:
    """W1 at the end (draws, seeds), of which nothing is worse than the point in the middle."""
    return np.minimum(np.nan_to_num(run[f"{pair}/w1"][:draws, -1].astype(float), nan=ceiling), ceiling)


@lru_cache(maxsize=8)
def _resampled(
    w1: bytes, shape: tuple[int, int, int], budget: tuple[tuple[float, ...], ...], ceiling: float
) -> tuple[list[list[float]], list[list[float]], list[list[bool]]]:
    """Ends of the 95 % intervals, and who is level with the first, for each number of trials and pair."""
    values, rng = np.frombuffer(w1).reshape(shape), np.random.default_rng(0)
    _, draws, seeds = shape
    found = np.empty((_RESAMPLES, len(budget), shape[0]))
    for b in range(_RESAMPLES):
        again = values[:, rng.integers(draws, size=draws)][:, :, rng.integers(seeds, size=seeds)].mean(-1)
        steps = np.stack([expected_best(again, k, ceiling) for k in range(draws + 1)])
        for row, trials in enumerate(budget):
            found[b, row] = [np.interp(k, np.arange(draws + 1), steps[:, p]) for p, k in enumerate(trials)]
    low, high = np.quantile(found, [0.025, 0.975], axis=0)
    means = values.mean(-1)
    level = []
    for row, trials in enumerate(budget):
        now = [expected_best(mean, k, ceiling) for mean, k in zip(means, trials, strict=True)]
        behind = found[:, row] - found[:, row, [int(np.argmin(now))]]
        level.append((np.quantile(behind, 0.025, axis=0) <= 0).tolist())
    return low.round(4).tolist(), high.round(4).tolist(), level
