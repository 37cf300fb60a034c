"""What a trained preset is worth: each score of its samples beside the score of the law itself."""

import math
from io import BytesIO

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn.functional import pad

from wgan_lib import diagnostics, metrics, transport
from wgan_lib.images import Images
from wgan_lib.presets.preset import Preset
from wgan_lib.sampling import Law
from wgan_lib.tables import Category, PackedRows, Table

Rows = dict[str, tuple[float, float]]

MOST = 10_000  # held-out pictures that are looked at


def judge(preset: Preset, samples: Float[Tensor, "n ..."], rng: torch.Generator) -> tuple[str, Rows]:
    """Return a note on how it was done, and rows (score of the samples, score of the law itself or NaN).

    Points of the plane are judged by modes and exact W1; pictures by the classifier of their data set, one taught by
    their labels, or their coarse pixels; rows of a table by exact W1, by what they teach, and by how near they come to
    those that trained them. Raises ValueError for other data, FileNotFoundError without a classifier.
    Chapter: full-models.
    """
    if isinstance(preset.data, Law):
        return _points(samples, preset.data, preset.critic, rng)
    if isinstance(preset.data, Images) and preset.data.held_out is not None:
        return _pictures(samples, preset.data, preset.data.held_out, rng)
    if isinstance(preset.data, PackedRows):
        return _rows(samples.flatten(0, 1)[: len(samples)], preset.data.table, rng)
    raise ValueError(f"{preset.name} learns {preset.data}: only laws of the plane, pictures and tables are judged here")


def _points(samples: Tensor, law: Law, critic: nn.Module, rng: torch.Generator) -> tuple[str, Rows]:
    few = samples[:1000]
    found, ceiling = metrics.mode_coverage(samples, law), metrics.mode_coverage_ceiling(law, len(samples))
    held_out = metrics.w1_to_held_out(few, law, rng)
    certified = diagnostics.certified_lower_bound(critic, law.sample(len(few), rng), few)
    return f"W1 on {len(few)}", {
        "modes": (found.modes, ceiling.modes),
        "high quality": (found.high_quality, ceiling.high_quality),
        "reverse KL, nats": (found.reverse_kl, ceiling.reverse_kl),
        "W1 to held-out": (held_out.w1, held_out.null),
        "W1 that the critic certifies": (certified, math.nan),
    }


def _pictures(samples: Tensor, data: Images, held_out: Images, rng: torch.Generator) -> tuple[str, Rows]:
    classifier, told = _features(data, held_out, rng)
    n = min(len(samples), len(held_out) // 2, 1000)
    found = metrics.scores(samples, held_out.thinned(MOST), classifier, rng, n=n)
    rows = {name: (score.value, score.floor) for name, score in found.items()}
    told = f"{n} at a time judged by {told}"
    if isinstance(classifier, metrics.CoarsePixels):
        kept = ("classifier Fréchet distance", "precision", "recall", "density", "coverage", "W1 of features")
        renamed = {kept[0]: "Fréchet distance of coarse pixels", kept[-1]: "W1 of coarse pixels"}
        rows = {renamed.get(name, name): rows[name] for name in kept}
    else:
        shares = metrics.class_shares(classifier.look(samples)[1], classifier.head.out_features)
        told += f"\nper cent in each class: {' '.join(f'{100 * share:.0f}' for share in shares)}"
        told += f" ({', '.join(data.classes)})" if data.classes else ""
    if metrics.why_not() is None:
        rows |= {
            name: (value, math.nan) for name, value in metrics.inception_scores(samples, data.thinned(5 * MOST)).items()
        }
    return told, rows


def _features(data: Images, held_out: Images, rng: torch.Generator) -> tuple[metrics.Classifier, str]:
    """Return what looks at pictures, and what is to be told of it."""
    kind = held_out.name.partition("(")[0]
    if kind != "folder":
        classifier = metrics.load_classifier(kind)
    elif data.labels is None:
        return metrics.CoarsePixels(tuple(data.pixels.shape[1:])), "their pixels, averaged to 8 × 8: no class is known"
    else:
        classifier = metrics.fit_classifier(data, rng)
    return classifier, f"a classifier right on {classifier.settings['accuracy']:.1%}"


def _rows(samples: Tensor, table: Table, rng: torch.Generator) -> tuple[str, Rows]:
    """Judge rows as they would be written: the generator's probabilities become choices first."""
    assert table.held_out is not None
    cells = table.texts(samples)
    rows, ordered = table.encode(cells).numpy(), (table.points, table.held_out.points)
    # Files are often sorted: their first rows are no sample of them.
    real, held_out = (points[torch.randperm(len(points), generator=rng)].numpy() for points in ordered)
    n = min(len(rows), len(real), len(held_out), 1000)
    found = {
        "W1 to held-out": (transport.w1(rows[:n], held_out[:n]), transport.w1(real[:n], held_out[:n])),
        "distance to the closest row": (
            float(np.median(metrics.closest(rows, real))), float(np.median(metrics.closest(held_out, real)))
        ),
        "membership, ½ if nothing leaks": (metrics.membership(real, held_out, rows).value, 0.5),
    }  # fmt: skip
    told = f"W1 on {n} rows"
    targets = [column.name for column in table.columns if isinstance(column, Category)]
    if targets:
        target, place = targets[-1], table.place(targets[-1])
        inputs = [i for i in range(table.width) if not place.start <= i < place.stop]
        answers = [part[:, place].argmax(1) for part in (rows, real, held_out)]
        test = (held_out[:, inputs], answers[2])
        taught = [
            metrics.taught_by(part[:, inputs], answer, *test)
            for part, answer in zip((rows, real), answers[:2], strict=True)
        ]
        found[f"right on {target!r} when taught by it"] = (taught[0].value, taught[1].value)
        told += f"; a forest taught by them: {_interval(taught[0])}, by real rows: {_interval(taught[1])}"
    return f"{told}\nneither distance nor membership test is a guarantee of privacy", found


def _interval(share: metrics.Share) -> str:
    return f"{share.value:.3f} ({share.low:.3f}–{share.high:.3f})"


def sheet(samples: Float[Tensor, "n ..."]) -> bytes | None:
    """Return 64 of the pictures as a PNG, None if the samples are no pictures. Chapter: full-models."""
    if samples.ndim != 4:
        return None
    from wgan_lib import figures  # and matplotlib with it

    buffer = BytesIO()
    figures.image_grid(pad(samples[:64], (1, 1, 1, 1), value=1.0).numpy()).savefig(buffer, format="png", dpi=150)
    return buffer.getvalue()
