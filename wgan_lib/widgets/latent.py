"""A small generator to walk through: its weights run in the page, and each picture has a nearest training picture."""

import os
import zlib
from typing import Any

import numpy as np
import traitlets as t
from jaxtyping import Float

from wgan_lib import runs
from wgan_lib.runs import Run
from wgan_lib.widgets.book_widget import BookWidget, InvalidTrait, Numbers, data, joined, reading

_BINS = 40
_NEEDED = ("pictures", "labels", "unseen distance", "generated distance")


class LatentWalk(BookWidget):
    """A generator of two latent numbers as a map of its pictures: drag, and flip each to its nearest training picture.

    `run` is a recorded one, or its name or path, with these fixed arrays: "weight k" (out, in) and "bias k" (out,) of
    fully connected layers k = 0, 1, …, with ReLU between them and (tanh + 1)/2 at the end, in half precision; the
    training "pictures" (n, pixels) in bytes, square, `meta["white"]` the brightest, and their "labels" (n,); "unseen
    distance" and "generated distance", from held-out and from generated pictures to the nearest training picture.
    `experiments/latent_walk.py` writes such a run.

    `latent` is the point z of [−1, 1]² that is drawn; `flipped` shows the nearest training pictures instead, on the map
    and beside it. Read-only: `distance` = ‖g(z) − x‖ over the pixels, black 0 and white 1, to the nearest training
    picture x, number `nearest`, with the label `digit`; `rank`, the per cent of unseen pictures that lie nearer to
    their own nearest training picture than that. A copy has rank 0. A picture between two others can have a low rank
    without being a copy, since an average is near to much. `picture` (rows, columns) is g(z).

    Raises InvalidTrait for a run that lacks an array, or has one of another shape, and for a latent outside [−1, 1]².
    Source: Gulrajani 2017, Algorithm 1 (the recorded generator). Chapter: full-models.
    """

    _esm = joined("widgets/latent-walk.mjs")
    _sizes = (487, 666)
    task = t.Unicode(
        "Drag through all that this generator can draw. Then flip: is the picture an invention, or a copy?"
    ).tag(sync=True)
    latent = Numbers((0.45, -0.65))
    flipped = t.Bool(False).tag(sync=True)
    form, unseen, shares, packed = data(), data(), data(), data()

    def __init__(self, run: Run | str | os.PathLike[str] = "latent-walk", **traits: Any) -> None:
        run = run if isinstance(run, Run) else runs.load(run)
        self._layers = _layers(run)
        pictures = _checked(run, self._layers)
        sizes = [self._layers[0][0].shape[1], *(len(bias) for _, bias in self._layers)]
        self._pictures, self._labels = pictures / run.meta["white"], run["labels"].astype(int)
        halves = [part.astype("<f2").tobytes() for layer in self._layers for part in layer]
        form = {"sizes": sizes, "count": len(pictures), "white": run.meta["white"]}
        unseen, generated = (np.sort(run[f"{name} distance"]).round(4) for name in ("unseen", "generated"))
        edges = np.linspace(0, 1.02 * float(max(unseen[-1], generated[-1])), _BINS + 1)
        bars = [np.histogram(v, edges)[0] / len(v) for v in (unseen, generated)]
        self._unseen = unseen.astype(float).round(4)
        self.hold(form={**form, "labels": self._labels.tolist()}, unseen=self._unseen.tolist())
        self.hold(shares={"edges": edges.round(4).tolist(), "unseen": bars[0].tolist(), "generated": bars[1].tolist()})
        self.hold(packed=zlib.compress(b"".join([*halves, pictures.tobytes()]), 9))
        super().__init__(**traits)

    def reaches(self) -> dict[str, Any]:
        """Give the square of latents."""
        return {"latent": [[-1.0, 1.0], [-1.0, 1.0]]}

    @t.validate("latent")
    def _valid_latent(self, proposal: Any) -> list[float]:
        if np.shape(proposal.value) != (2,) or np.abs(proposal.value).max() > 1:
            raise InvalidTrait(f"latent must be two numbers in [-1, 1], not {proposal.value}")
        return list(proposal.value)

    @property
    def picture(self) -> Float[np.ndarray, "rows columns"]:
        """The generated picture g(z), black 0 and white 1."""
        x = np.array(self.latent)
        for k, (weight, bias) in enumerate(self._layers):
            x = weight @ x + bias
            x = np.maximum(x, 0) if k + 1 < len(self._layers) else (np.tanh(x) + 1) / 2
        return x.reshape(2 * (round(len(x) ** 0.5),))

    @reading("latent")
    def nearest(self) -> int:
        """Which training picture is nearest."""
        return int(((self._pictures - self.picture.ravel()) ** 2).sum(1).argmin())

    @reading("latent")
    def digit(self) -> int:
        """Its label."""
        return int(self._labels[self.nearest])

    @reading("latent")
    def distance(self) -> float:
        """‖g(z) − x‖ to it, to nine digits: so far the page agrees."""
        return round(float(np.linalg.norm(self._pictures[self.nearest] - self.picture.ravel())), 9)

    @reading("latent")
    def rank(self) -> float:
        """Per cent of unseen pictures that lie nearer to their own nearest training picture."""
        return 100 * int((self._unseen < self.distance).sum()) / len(self._unseen)


def _layers(run: Run) -> list[tuple[Float[np.ndarray, "out in"], Float[np.ndarray, "out"]]]:
    """The generator's layers as numbers of 64 bits, equal to those that the page reads."""
    found: list[tuple[np.ndarray, np.ndarray]] = []
    while f"weight {len(found)}" in run.fixed:
        parts = [run.fixed.get(f"{name} {len(found)}") for name in ("weight", "bias")]
        with np.errstate(over="ignore"):  # what is beyond half precision becomes infinite, and is refused below
            weight, bias = (np.zeros(0) if part is None else part.astype(np.float16).astype(float) for part in parts)
        if weight.ndim != 2 or bias.shape != (len(weight),) or not np.isfinite([*weight.ravel(), *bias]).all():
            wanted = "(out, in) and (out,) finite numbers are needed"
            raise InvalidTrait(f"layer {len(found)} has weights {weight.shape} and biases {bias.shape}: {wanted}")
        found.append((weight, bias))
    widths = [2, *(len(bias) for _, bias in found)]
    if not found or [weight.shape[1] for weight, _ in found] != widths[:-1]:
        raise InvalidTrait(
            f"the layers give {widths[1:]} numbers: the first must take 2, the others what is given to them"
        )
    return found


def _checked(run: Run, layers: list[Any]) -> np.ndarray:
    """The training pictures, once all that the widget needs is there."""
    if missing := [key for key in _NEEDED if key not in run.fixed]:
        raise InvalidTrait(f"the run lacks {', '.join(missing)}; it has {', '.join(sorted(run.fixed))}")
    pictures, pixels = run["pictures"], len(layers[-1][1])
    if pictures.dtype != np.uint8 or pictures.shape[1:] != (pixels,) or round(pixels**0.5) ** 2 != pixels:
        raise InvalidTrait(f"pictures are {pictures.dtype} {pictures.shape}: bytes (n, {pixels}), square, are needed")
    if run["labels"].shape != pictures.shape[:1]:
        raise InvalidTrait(f"labels are {run['labels'].shape} for {len(pictures)} pictures")
    for name in _NEEDED[2:]:
        if run[name].ndim != 1 or not len(run[name]) or not np.isfinite(run[name]).all():
            raise InvalidTrait(f"{name} is {run[name].shape}: finite distances (n,), n ≥ 1, are needed")
    if not isinstance(run.meta.get("white"), int) or not 0 < run.meta["white"] <= 255:
        raise InvalidTrait(f"the run's meta has white {run.meta.get('white')!r}: the brightest byte is needed")
    return pictures
