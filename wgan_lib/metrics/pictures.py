"""How good generated pictures are, judged without a network: distances and coverage in a small classifier's features.

Every score comes with its floor: what held-out pictures score against other held-out pictures of the same number.
"""

import io
import json
import pickle  # for its error only
from collections.abc import Mapping, Sequence
from importlib import resources
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from jaxtyping import Float, Int64, Integer, Num
from scipy.spatial.distance import cdist
from torch import Tensor, nn

from wgan_lib import checks, transport
from wgan_lib.divergences import w2_normals_multivariate
from wgan_lib.files import DamagedFileError, read_sealed

Features = Float[np.ndarray, "n d"]
Given = Num[Any, "n d"] | Num[Any, "n"] | Sequence[Any]
Others = Num[Any, "m d"] | Num[Any, "m"] | Sequence[Any]


class Classifier(nn.Module):
    """A small convolutional classifier whose last hidden layer, 64 numbers, serves as features.

    3 × 3 convolutions of ``width`` channels, the first at full size, then one at each halving until 4 × 4 is reached.
    ``(batch, *image_shape)`` to logits ``(batch, n_classes)``. ``settings`` tell how it was trained. Chapter:
    full-models.
    """

    def __init__(self, image_shape: Sequence[int] = (1, 8, 8), n_classes: int = 10, width: int = 32) -> None:
        super().__init__()
        if not isinstance(image_shape, Sequence) or len(image_shape) != 3:
            raise ValueError(f"image_shape is {checks.shortly(image_shape)}: (channels, height, width) is needed")
        sizes = [checks.whole("each of image_shape", size, most=2**14) for size in image_shape]
        channels, size, _ = self.image_shape = tuple(sizes)
        n_classes = checks.whole("n_classes", n_classes, most=10**7)
        width = checks.whole("width", width, most=2**14)
        layers: list[nn.Module] = [nn.Conv2d(channels, width, 3, padding=1), nn.ReLU()]
        while size > 4:
            layers += [nn.Conv2d(width, width, 3, stride=2, padding=1), nn.ReLU()]
            size = -(-size // 2)
        self.body = nn.Sequential(*layers, nn.Flatten(), nn.Linear(width * size**2, 64), nn.ReLU())
        self.head = nn.Linear(64, n_classes)
        self.settings: Mapping[str, Any] = {}

    def forward(self, images: Float[Tensor, "batch channels height width"]) -> Float[Tensor, "batch classes"]:
        """Return the logits."""
        return self.head(self.body(images))

    def pictures(self, name: str, images: Any) -> Float[Tensor, "n channels height width"]:
        """Give pictures as a tensor; ValueError for another shape, NaN or infinity, by the argument's name."""
        if not checks.is_tensor(images) or images.is_meta or images.is_sparse:
            images = torch.from_numpy(checks.reals(name, images))
        if images.ndim != 4 or tuple(images.shape[1:]) != self.image_shape or len(images) == 0:
            raise ValueError(f"{name} has shape {tuple(images.shape)}: (n, {str(self.image_shape)[1:-1]}) is needed")
        checks.all_finite(name, images)
        return images

    @torch.no_grad()
    def look(self, images: Float[Any, "n channels height width"]) -> tuple[Features, Int64[np.ndarray, "n"]]:
        """Return features ``(n, 64)`` and classes ``(n,)``; ValueError for another shape, NaN or infinity."""
        images = self.pictures("images", images)
        features = torch.cat([self.body(batch) for batch in images.cpu().float().split(1000)])
        return features.double().numpy(), self.head(features).argmax(1).numpy()


def load_classifier(name: str = "digits") -> Classifier:
    """Load the classifier that experiments/train_classifier.py left for this data set.

    Raises FileNotFoundError that says how to make one, DamagedFileError. Chapter: full-models.
    """
    if not isinstance(name, str):
        raise TypeError(f"name is {checks.shortly(name)}: it must be the name of a data set, such as 'digits'")
    folder = Path(str(resources.files("wgan_lib") / "recorded"))
    path = folder / f"{name}-classifier.pt"
    if path not in folder.glob("*-classifier.pt"):
        make = f"python experiments/train_classifier.py {name[:60]}"
        raise FileNotFoundError(
            f"no classifier for {checks.shortly(name)}, the name, is in {folder}; make one by {make}"
        )
    archive = read_sealed(path, "checkpoint")
    try:
        saved = torch.load(io.BytesIO(archive), map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise DamagedFileError(f"{path} holds something else than weights, and was not loaded: {error}") from error
    settings = json.loads(saved["settings"])
    classifier = Classifier(settings["image_shape"], settings["n_classes"])
    classifier.load_state_dict(saved["network"])
    classifier.settings = settings
    return classifier.eval()


def frechet_distance(x: Given, y: Others) -> float:
    """Give |μx − μy|² + tr(A + B − 2(A^½ B A^½)^½), the squared W2 between normals with the features' moments.

    Squared units of the features. In the features of this classifier it is the *classifier Fréchet distance*: no FID,
    which needs Inception's, and comparable to none. Raises ValueError for fewer than two samples, unequal d, NaN or
    inf. Source: Heusel 2017, section 3. Chapter: full-models.
    """
    x, y = _pair(x=x, y=y)
    if min(len(x), len(y)) < 2:
        raise ValueError(f"x and y hold {len(x)} and {len(y)} samples: a covariance needs 2 or more")
    with np.errstate(over="ignore", invalid="ignore"):
        moments = [(z.mean(0), np.atleast_2d(np.cov(z.T, ddof=0))) for z in (x, y)]
    for name, moment in zip("xy", moments, strict=True):
        if not all(np.isfinite(part).all() for part in moment):
            raise ValueError(f"{name} holds numbers whose squares are too large for a covariance")
    return w2_normals_multivariate(*moments[0], *moments[1]) ** 2


def precision_recall(real: Given, generated: Others, k: int = 3) -> tuple[float, float]:
    """Give the share of generated samples within reach of the real ones (precision), and the reverse (recall).

    Within reach: in the ball of some sample of the other set, as wide as its distance to its own k-th neighbour. A
    collapsed set can have precision 1; its recall is 0. Raises ValueError unless both sets hold more than k
    samples of one dimension, without NaN.
    Source: Kynkäänniemi 2019, eqs. 1, 2. Chapter: full-models.
    """
    distance, real_radius, generated_radius = _balls(real, generated, k)
    precision = (distance <= real_radius[:, None]).any(0).mean()
    return float(precision), float((distance <= generated_radius).any(1).mean())


def density_coverage(real: Given, generated: Others, k: int = 5) -> tuple[float, float]:
    """Give the mean number of real balls around a generated sample, over k, and the share of real balls that hold one.

    Balls as in ``precision_recall``, around real samples only, so that a generated outlier earns nothing. Density may
    exceed 1. Errors as there. Source: Naeem 2020, eqs. 3, 5. Chapter: full-models.
    """
    distance, real_radius, _ = _balls(real, generated, k)
    within = distance <= real_radius[:, None]
    return float(within.sum(0).mean() / k), float(within.any(1).mean())


def _pair(**sets: Any) -> tuple[Float[np.ndarray, "n d"], Float[np.ndarray, "m d"]]:
    (name_x, x), (name_y, y) = ((name, checks.samples(name, value)) for name, value in sets.items())
    if x.shape[1] != y.shape[1]:
        raise ValueError(f"{name_x} and {name_y} have {x.shape[1]} and {y.shape[1]} dimensions: they must agree")
    return x, y


def _balls(
    real: Given, generated: Others, k: int
) -> tuple[Float[np.ndarray, "n m"], Float[np.ndarray, "n"], Float[np.ndarray, "m"]]:
    real, generated = _pair(real=real, generated=generated)
    if checks.whole("k", k) >= min(len(real), len(generated)):
        raise ValueError(f"k is {k}: it must be below {len(real)} real and {len(generated)} generated samples")
    radii = [np.partition(cdist(x, x), k, axis=1)[:, k] for x in (real, generated)]  # column 0 is the sample itself
    return cdist(real, generated), radii[0], radii[1]


class ScoreAndFloor(NamedTuple):
    """A score and its ``floor``, means and standard deviations over splits. Chapter: full-models."""

    value: float
    value_std: float
    floor: float
    floor_std: float


def scores(
    generated: Float[Any, "n channels height width"],
    held_out: Float[Any, "m channels height width"],
    classifier: Classifier,
    generator: torch.Generator,
    *,
    n: int | None = None,
    splits: int = 8,
) -> dict[str, ScoreAndFloor]:
    """Score generated pictures against held-out ones, n of each, beside n other held-out ones: the floor.

    Each of ``splits`` draws n pictures of each sort without replacement; n defaults to as many as there are, 1000 at
    most. Classifier Fréchet distance (squared units of the features), precision and recall, density and coverage, the
    classes that hold a tenth of their even share or more, ½ Σ |shares − held-out shares|, and exact and sliced W1 of
    the features. Raises ValueError for another shape, NaN, or fewer pictures than n (held out: 2n).
    Source: the functions above; Naeem 2020, section 3, on floors. Chapter: full-models.
    """
    if not isinstance(classifier, Classifier):
        raise TypeError(
            f"classifier is {checks.shortly(classifier)}: it must be a Classifier, as load_classifier gives"
        )
    checks.generator("generator", generator)
    generated, held_out = classifier.pictures("generated", generated), classifier.pictures("held_out", held_out)
    most = min(len(generated), len(held_out) // 2)
    if most < 10:
        raise ValueError(f"{len(generated)} generated and {len(held_out)} held_out pictures: 10 and 20 are the least")
    n, splits = min(most, 1000) if n is None else checks.whole("n", n, 10), checks.whole("splits", splits, 2, 10_000)
    if n > most:
        raise ValueError(f"n is {n}: it must be 10 to {most}, all generated pictures or half the held_out ones")
    seen, unseen = classifier.look(generated), classifier.look(held_out)
    n_classes, pairs = classifier.head.out_features, []
    for split in range(splits):
        rows = torch.randperm(len(held_out), generator=generator)[: 2 * n].numpy()
        chosen = torch.randperm(len(generated), generator=generator)[:n].numpy()
        reference, others = _rows(unseen, rows[:n]), (_rows(seen, chosen), _rows(unseen, rows[n:]))
        pairs.append([_compare(reference, other, n_classes, split) for other in others])
    found = {name: np.array([[scores[name] for scores in pair] for pair in pairs]) for name in pairs[0][0]}
    summaries = {name: np.stack([v.mean(0), v.std(0, ddof=1)], axis=1) for name, v in found.items()}
    return {name: ScoreAndFloor(*summary.ravel().tolist()) for name, summary in summaries.items()}


def class_shares(classes: Integer[Any, "n"] | Sequence[int], n_classes: int) -> Float[np.ndarray, "n_classes"]:
    """Give the share of samples in each class. ValueError for none or an unknown class. Chapter: full-models."""
    given, n_classes = checks.reals("classes", classes), checks.whole("n_classes", n_classes, most=10**7)
    found = given.astype(np.int64)
    if found.ndim != 1 or len(found) == 0 or (found != given).any():
        raise ValueError(f"classes is {checks.shortly(classes)}: whole numbers (n,), n ≥ 1, are needed")
    if not 0 <= found.min() <= found.max() < n_classes:
        raise ValueError(
            f"classes run from {found.min()} to {found.max()}: they must be 0 to {n_classes - 1}, below n_classes"
        )
    return np.bincount(found, minlength=n_classes) / len(found)


_Look = tuple[Features, Int64[np.ndarray, "n"]]


def _rows(look: _Look, rows: Int64[np.ndarray, "chosen"]) -> tuple[np.ndarray, np.ndarray]:
    return look[0][rows], look[1][rows]


def _compare(reference: _Look, other: _Look, n_classes: int, seed: int) -> dict[str, float]:
    (x, x_classes), (y, y_classes) = reference, other
    x_shares, y_shares = class_shares(x_classes, n_classes), class_shares(y_classes, n_classes)
    precision, recall = precision_recall(x, y)
    density, coverage = density_coverage(x, y)
    return {
        "classifier Fréchet distance": frechet_distance(x, y),
        "precision": precision,
        "recall": recall,
        "density": density,
        "coverage": coverage,
        "classes": float((y_shares >= 0.1 / n_classes).sum()),
        "class imbalance": float(np.abs(x_shares - y_shares).sum() / 2),
        "W1 of features": transport.w1(x, y),
        "sliced W1 of features": transport.sliced_w1(x, y, np.random.default_rng(seed)),
    }
