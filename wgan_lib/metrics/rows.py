"""How good rows of a table are: their worth to a classifier, and how near they come to what they learned."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Num, Shaped
from scipy.spatial import cKDTree
from scipy.stats import norm, rankdata

from wgan_lib import checks

Rows = Num[Any, "n d"] | Num[Any, "n"]
Others = Num[Any, "m d"] | Num[Any, "m"]
Generated = Num[Any, "k d"] | Num[Any, "k"]


class Share(NamedTuple):
    """A share of n with its Wilson interval of 95 %. Chapter: tables."""

    value: float
    low: float
    high: float


def share(hits: int, n: int) -> Share:
    """Return hits/n with Wilson's interval; ValueError unless 0 ≤ hits ≤ n, n ≥ 1. Chapter: tables."""
    n, hits = checks.whole("n", n), checks.whole("hits", hits, 0)
    if hits > n:
        raise ValueError(f"hits is {hits}: it must be at most n, {n}")
    z = float(norm.ppf(0.975))
    middle, scale = (hits + z**2 / 2) / (n + z**2), z / (n + z**2)
    half = scale * np.sqrt(hits * (n - hits) / n + z**2 / 4)
    return Share(hits / n, max(0.0, float(middle - half)), min(1.0, float(middle + half)))


def taught_by(
    rows: Rows,
    labels: Shaped[Any, "n"] | Sequence[Any],
    test: Others,
    test_labels: Shaped[Any, "m"] | Sequence[Any],
    seed: int = 0,
) -> Share:
    """Return how often a forest of 200 trees, taught by ``rows``, is right on ``test``.

    Taught by generated rows and tested on real ones this is their worth; beside it stands the same of real rows. One
    class among the labels gives that class for all. Raises ValueError for unequal lengths, NaN.
    Source: Esteban 2017 (TSTR). Chapter: tables.
    """
    from sklearn.ensemble import RandomForestClassifier

    x, others = _alike(rows=rows, test=test)
    for name, values in (("rows", x), ("test", others)):
        if np.abs(values).max() > np.finfo(np.float32).max:
            raise ValueError(f"{name} holds numbers beyond single precision, 3e38: the forest takes none")
    y, truth = _classes("labels", labels), _classes("test_labels", test_labels)
    if (len(x), len(others)) != (len(y), len(truth)):
        raise ValueError(
            f"rows, labels, test, test_labels have lengths {len(x)}, {len(y)}, {len(others)}, {len(truth)}"
        )
    forest = RandomForestClassifier(200, random_state=checks.whole("seed", seed, 0)).fit(x, y)
    return share(int((forest.predict(others) == truth).sum()), len(truth))


def closest(rows: Rows, to: Others) -> Num[np.ndarray, "n"]:
    """Return for each row the Euclidean distance to the closest of the others. ValueError for unequal widths, NaN.

    Chapter: tables.
    """
    return _closest(*_alike(rows=rows, to=to))


def _alike(**sets: Any) -> list[Any]:
    """Rows of several sets, as wide as each other, by their names."""
    found = {name: checks.samples(name, rows) for name, rows in sets.items()}
    if len({rows.shape[1] for rows in found.values()}) > 1:
        widths = ", ".join(f"{name} {rows.shape[1]}" for name, rows in found.items())
        raise ValueError(f"rows must be equally wide, and here are {widths}")
    return list(found.values())


def _closest(rows: Any, to: Any) -> Num[np.ndarray, "n"]:
    scale = max(float(np.abs(rows).max()), float(np.abs(to).max())) or 1.0  # squares of 1e200 are no floats
    return scale * cKDTree(to / scale).query(rows / scale)[0]


def _classes(name: str, labels: Any) -> Any:
    """Labels of rows: text, whole numbers or booleans, one each."""
    try:
        found = np.asarray(labels.detach().cpu() if checks.is_tensor(labels) else labels)
    except (TypeError, ValueError, RuntimeError, NotImplementedError) as error:
        raise TypeError(f"{name} must be one label a row: {str(error).splitlines()[0]}") from None
    if found.dtype.kind == "f" and (np.abs(found) < 2**53).all() and (found == np.round(found)).all():
        found = found.astype(np.int64)
    if found.ndim != 1 or found.dtype.kind not in "iubUSO":
        raise TypeError(f"{name} is {found.dtype} {found.shape}: it must be one label a row, text or whole numbers")
    return found


def membership(members: Rows, strangers: Others, generated: Generated) -> Share:
    """Return how often a member of the training set lies closer to a generated row than a stranger: ½ if nothing leaks.

    The area under the curve of the test that calls "member" who has a generated row near by, with Hanley and McNeil's
    interval of 95 %. One attack among many: ½ proves no privacy.
    Source: Chen 2020 (GAN-Leaks, the attack on published samples); Hanley 1982. Chapter: tables.
    """
    held, others, made = _alike(members=members, strangers=strangers, generated=generated)
    near, far = _closest(held, made), _closest(others, made)
    ranks = rankdata(-np.concatenate([near, far]))[: len(near)]
    m, n = len(near), len(far)
    area = float((ranks.sum() - m * (m + 1) / 2) / (m * n))
    both, twice = area / (2 - area), 2 * area**2 / (1 + area)
    variance = (area * (1 - area) + (m - 1) * (both - area**2) + (n - 1) * (twice - area**2)) / (m * n)
    half = float(norm.ppf(0.975)) * max(0.0, variance) ** 0.5
    return Share(area, max(0.0, area - half), min(1.0, area + half))
