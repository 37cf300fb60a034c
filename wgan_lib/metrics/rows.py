"""How good rows of a table are: their worth to a classifier, and how near they come to what they learned."""

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
    rows: Rows, labels: Shaped[Any, "n"], test: Others, test_labels: Shaped[Any, "m"], seed: int = 0
) -> Share:
    """Return how often a forest of 200 trees, taught by ``rows``, is right on ``test``.

    Taught by generated rows and tested on real ones this is their worth; beside it stands the same of real rows. One
    class among the labels gives that class for all. Raises ValueError for unequal lengths, NaN.
    Source: Esteban 2017 (TSTR). Chapter: tables.
    """
    from sklearn.ensemble import RandomForestClassifier

    x, others = checks.samples("rows", rows), checks.samples("test", test)
    y, truth = np.asarray(labels), np.asarray(test_labels)
    if (len(x), len(others)) != (len(y), len(truth)):
        raise ValueError(
            f"rows, labels, test, test_labels have lengths {len(x)}, {len(y)}, {len(others)}, {len(truth)}"
        )
    forest = RandomForestClassifier(200, random_state=checks.whole("seed", seed, 0)).fit(x, y)
    return share(int((forest.predict(others) == truth).sum()), len(truth))


def closest(rows: Rows, to: Others) -> Num[np.ndarray, "n"]:
    """Return for each row the Euclidean distance to the closest of the others. Chapter: tables."""
    return cKDTree(checks.samples("to", to)).query(checks.samples("rows", rows))[0]


def membership(members: Rows, strangers: Others, generated: Generated) -> Share:
    """Return how often a member of the training set lies closer to a generated row than a stranger: ½ if nothing leaks.

    The area under the curve of the test that calls "member" who has a generated row near by, with Hanley and McNeil's
    interval of 95 %. One attack among many: ½ proves no privacy.
    Source: Chen 2020 (GAN-Leaks, the attack on published samples); Hanley 1982. Chapter: tables.
    """
    near, far = closest(members, generated), closest(strangers, generated)
    ranks = rankdata(-np.concatenate([near, far]))[: len(near)]
    m, n = len(near), len(far)
    area = float((ranks.sum() - m * (m + 1) / 2) / (m * n))
    both, twice = area / (2 - area), 2 * area**2 / (1 + area)
    variance = (area * (1 - area) + (m - 1) * (both - area**2) + (n - 1) * (twice - area**2)) / (m * n)
    half = float(norm.ppf(0.975)) * max(0.0, variance) ** 0.5
    return Share(area, max(0.0, area - half), min(1.0, area + half))
