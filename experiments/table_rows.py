"""Record what generated rows are worth: WGAN-GP on two tables, with and without packing, beside two ways without a GAN.

Shown on the page `tables`. Two tables: scikit-learn's medical one (breast_cancer) and the made one of mixed columns
(clinic). Five seeds each of WGAN-GP with ten rows a pack and with one, of a normal law fitted to the encoded rows
(a Gaussian copula), and of columns drawn each by itself. Each gives as many rows as it learned from, and they are
judged as they would be written: exact W1 to the held-out rows, accuracy of a forest taught by them on held-out rows,
median distance to the closest training row, the membership test. Real rows against the held-out ones stand beside.

Another piece augments a small medical set: 40 real rows teach a forest alone, or with 400 rows of a WGAN-GP, or of the
normal law, that learned from the same 40 and from no other row, scales included. The last one trains packs of ten on
the medical table for as long as the preset says, since the other pieces take a tenth of that.

Run: OMP_NUM_THREADS=1 python experiments/table_rows.py [--pieces medical …] (about 15 minutes on one core of a busy
2-core CPU). Writes wgan_lib/recorded/table-rows-{medical,clinic,augmented,longer}.npz, each as soon as it is done;
without names, those that are missing.
"""

import argparse
import dataclasses
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from wgan_lib import files, metrics, networks, presets, runs, tables, transport
from wgan_lib.tables import Table
from wgan_lib.training import stream

RECORDED = Path(__file__).parents[1] / "wgan_lib/recorded"
SEEDS, FEW, MORE = range(5), 40, 400
STEPS = {"medical": 300, "clinic": 300, "augmented": 300, "longer": 3000}
SHARES = np.linspace(0.02, 0.98, 25)
COLUMNS = ("mean radius", "mean texture", "area error", "worst concavity", "worst area", "worst smoothness")
TABLES = {"medical": (tables.breast_cancer, "diagnosis"), "clinic": (tables.clinic, "readmitted")}
WAYS = ("GP, packs of 10", "GP, single rows", "normal law", "columns alone", "real rows")
MEASURES = ("w1", "accuracy", "distance", "membership")


def by_gan(table: Table, seed: int, n: int, rows: int, n_steps: int) -> Tensor:
    """Train the preset on a table and give n of its rows."""
    preset = dataclasses.replace(presets.for_table(table, seed, rows), seed=seed, n_steps=n_steps)
    if rows == 1:  # as many rows a batch
        preset = dataclasses.replace(preset, batch_size=min(500, len(table)))
    *_, last = preset.train(device="cpu")
    with networks.evaluating(last.generator):
        latent = preset.latent.sample(-(-n // rows), stream(seed, "evaluation"))
        return last.generator(latent).flatten(0, 1)[:n]


def by_normal_law(table: Table, seed: int, n: int) -> Tensor:
    """Draw n points of the normal law with the mean and covariance of a table's points."""
    rng = np.random.default_rng(seed)
    points = table.points.double().numpy()
    return torch.from_numpy(rng.multivariate_normal(points.mean(0), np.cov(points.T), n, method="eigh")).float()


def by_columns(table: Table, seed: int, n: int) -> Tensor:
    """Draw each column from its own training values, whatever the others are."""
    rng = torch.Generator().manual_seed(seed)
    parts = [
        table.points[torch.randint(len(table), (n,), generator=rng)][:, table.place(c.name)] for c in table.columns
    ]
    return torch.cat(parts, 1)


def written(table: Table, points: Tensor) -> np.ndarray:
    """Points as they come back from a file: each choice made, each number rounded as it is written."""
    return table.encode(table.texts(points)).double().numpy()


def answers(table: Table, points: np.ndarray, target: str) -> tuple[np.ndarray, np.ndarray]:
    """What a classifier is given, and what it is asked for."""
    place = table.place(target)
    inputs = [i for i in range(table.width) if not place.start <= i < place.stop]
    return points[:, inputs], points[:, place].argmax(1)


def judged(table: Table, points: np.ndarray, target: str, seed: int) -> list[float]:
    """The four measures of rows."""
    held_out, real = table.held_out.points.double().numpy(), table.points.double().numpy()
    n = min(len(held_out), 600)
    test, truth = answers(table, held_out, target)
    rows, labels = answers(table, points, target)
    one_class = len(set(labels.tolist())) == 1
    right = metrics.share(int((truth == labels[0]).sum()), len(truth)) if one_class else metrics.taught_by(
        rows, labels, test, truth, seed
    )  # fmt: skip
    return [
        transport.w1(points[:n], held_out[:n]),
        right.value,
        float(np.median(metrics.closest(points, real))),
        metrics.membership(real, held_out, points).value,
    ]


def compared(name: str, n_steps: int) -> dict[str, np.ndarray]:
    """All ways on one table: (ways, seeds, measures)."""
    make, target = TABLES[name]
    table, found = make(), {}
    n = len(table)
    quantiles = {}
    ways = {
        WAYS[0]: lambda seed: by_gan(table, seed, n, 10, n_steps),
        WAYS[1]: lambda seed: by_gan(table, seed, n, 1, n_steps),
        WAYS[2]: lambda seed: by_normal_law(table, seed, n),
        WAYS[3]: lambda seed: by_columns(table, seed, n),
    }
    for way, draw in ways.items():
        rows = [draw(seed) for seed in SEEDS]
        found[way] = [
            judged(table, written(table, points), target, seed) for seed, points in zip(SEEDS, rows, strict=True)
        ]
        if name == "medical" and way in (WAYS[0], WAYS[2]):
            quantiles[way] = decoded_quantiles(table, rows[0])
        print(name, way, np.mean(found[way], 0).round(3), flush=True)
    real = table.points.double().numpy()
    # shuffled: the medical table's first rows are mostly malignant, and no sample of it
    beside = [judged(table, np.random.default_rng(seed).permutation(real), target, seed) for seed in SEEDS]
    held_out = table.held_out.points.double().numpy()
    for row in beside:  # a held-out row is what a fresh real row would be; for membership there is no third set
        row[2], row[3] = float(np.median(metrics.closest(held_out, real))), np.nan
    found[WAYS[4]] = beside
    print(name, WAYS[4], np.mean(beside, 0).round(3), flush=True)
    told = {"scores": np.array([found[way] for way in WAYS]), "test rows": np.array(len(held_out))}
    if quantiles:
        quantiles["real rows"] = decoded_quantiles(table, table.points)
        told |= {f"quantiles/{way}": values for way, values in quantiles.items()} | {"shares": SHARES}
    return told


def decoded_quantiles(table: Table, points: Tensor) -> np.ndarray:
    """Quantiles of some columns as they are written, (columns, shares)."""
    cells = table.decode(points)
    return np.array([np.quantile(cells[name], SHARES) for name in COLUMNS])


def augmented(n_steps: int) -> dict[str, np.ndarray]:
    """Held-out accuracy (seeds,) of forests taught by few rows, alone and with generated ones."""
    whole, found = tables.breast_cancer(), {"alone": [], "with GP": [], "with normal law": []}
    test, truth = answers(whole, whole.held_out.points.double().numpy(), "diagnosis")
    for seed in SEEDS:
        few = torch.randperm(len(whole), generator=torch.Generator().manual_seed(seed))[:FEW]
        # a table of its own: the scores of the forty may not know the others' ranks
        small = tables.of(whole.decode(whole.points[few]), name=f"{FEW} rows", every=FEW + 1)
        made = {
            "alone": small.points[:0],
            "with GP": by_gan(small, seed, MORE, 10, n_steps),
            "with normal law": by_normal_law(small, seed, MORE),
        }
        for way, more in made.items():
            both = whole.encode(small.texts(torch.cat([small.points, more]))).double().numpy()
            rows, labels = answers(whole, both, "diagnosis")
            found[way].append(metrics.taught_by(rows, labels, test, truth, seed).value)
        print("augmented", {way: values[-1] for way, values in found.items()}, flush=True)
    return {way: np.array(values) for way, values in found.items()}


def longer(n_steps: int) -> dict[str, np.ndarray]:
    """The measures of packs of ten on the medical table, (seeds, measures)."""
    table, scores = tables.breast_cancer(), []
    for seed in SEEDS:
        points = by_gan(table, seed, len(table), 10, n_steps)
        scores.append(judged(table, written(table, points), "diagnosis", seed))
        print("longer", np.round(scores[-1], 3), flush=True)
    return {"scores": np.array(scores)}


PIECES: dict[str, Callable[[int], dict[str, np.ndarray]]] = {
    "medical": lambda n_steps: compared("medical", n_steps),
    "clinic": lambda n_steps: compared("clinic", n_steps),
    "augmented": augmented,
    "longer": longer,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--pieces", nargs="*", choices=PIECES, default=[])
    parser.add_argument("--steps", type=int, help="default: 300; of longer 3000")
    parser.add_argument("--out", type=Path, default=RECORDED)
    options = parser.parse_args()
    torch.set_num_threads(1)
    paths = {piece: options.out / f"table-rows-{piece}.npz" for piece in PIECES}
    for piece in options.pieces or [piece for piece, path in paths.items() if not path.exists()]:
        begun, n_steps = time.process_time(), options.steps or STEPS[piece]
        fixed = PIECES[piece](n_steps)
        meta = {
            "preset": "wgan-gp-table",
            "ways": list(WAYS),
            "measures": list(MEASURES),
            "columns": list(COLUMNS),
            "seeds": list(SEEDS),
            "n_steps": n_steps,
            "few": FEW,
            "more": MORE,
            "CPU seconds": round(time.process_time() - begun, 1),
            "command": f"python experiments/table_rows.py --pieces {piece} --steps {n_steps}",
            **files.provenance(),
        }
        path = runs.Run({"seed": np.array(SEEDS)}, meta, fixed).save(paths[piece])
        print(path, path.stat().st_size, flush=True)


if __name__ == "__main__":
    main()
