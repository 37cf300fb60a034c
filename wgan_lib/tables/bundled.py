"""Two tables that are always at hand: a medical one of measurements, and a made one of mixed columns."""

from typing import Any

import numpy as np

from wgan_lib import checks
from wgan_lib.tables.table import Table, of


def breast_cancer(every: int = 5) -> Table:
    """Give scikit-learn's medical table: 569 tumours, 30 measurements of their cells' nuclei, and a diagnosis.

    456 rows to train on, every fifth held out. Source: Wolberg, Street & Mangasarian 1995, Breast Cancer Wisconsin
    (Diagnostic). Chapter: tables.
    """
    from sklearn.datasets import load_breast_cancer

    bunch = load_breast_cancer()
    measured = dict(zip(map(str, bunch.feature_names), bunch.data.T, strict=True))
    diagnosis = np.array(["malignant", "benign"])[bunch.target]
    return of({**measured, "diagnosis": diagnosis}, name="breast_cancer()", every=every)


def clinic(n: int = 3000, seed: int = 0, every: int = 5) -> Table:
    """Give a made table of a clinic's patients, of all kinds of columns, whose law is known: it is drawn from here.

    Age (whole), sex, smoker, region, blood group (categories of unequal sizes), visits (whole, few), cost (skewed over
    three decades, a tenth missing), admitted (a date that follows the age), country (constant) and readmitted, which
    depends on age, smoker, region and visits. Chapter: tables.
    """
    rng = np.random.default_rng(checks.whole("seed", seed, 0))
    n = checks.whole("n", n)
    age = np.clip(rng.gamma(9, 6, n), 18, 99).astype(np.int64)
    smoker = rng.random(n) < np.where(age < 60, 0.35, 0.15)
    region = rng.choice(["north", "south", "east", "west"], n, p=[0.5, 0.25, 0.2, 0.05])
    visits = rng.poisson(1 + age / 30 + 1.5 * smoker)
    cost = np.exp(rng.normal(4 + 0.35 * visits, 0.8)).round(2)
    cost[rng.random(n) < 0.1] = np.nan
    risk = -4 + age / 25 + 1.5 * smoker + (region == "west") + 0.25 * visits
    rows: dict[str, Any] = {
        "age": age,
        "sex": rng.choice(["f", "m"], n),
        "smoker": smoker,
        "region": region,
        "blood group": rng.choice(["0", "A", "B", "AB"], n, p=[0.41, 0.43, 0.11, 0.05]),
        "visits": np.minimum(visits, 9),
        "cost": cost,
        "admitted": np.datetime64("2020-01-01") + (rng.integers(0, 1500, n) + 3 * age).astype("timedelta64[D]"),
        "country": np.full(n, "here"),
        "readmitted": np.where(rng.random(n) < 1 / (1 + np.exp(-risk)), "yes", "no"),
    }
    return of(rows, name=f"clinic({n}, {seed})", every=every)
