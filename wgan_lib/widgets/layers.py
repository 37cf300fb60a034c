"""Figures to take hold of on the norms of layers: two ellipses, power iteration, a convolution, two units."""

from typing import Any

import numpy as np
import traitlets as t
from jaxtyping import Float

from wgan_lib.widgets.book_widget import BookWidget, InvalidTrait, Number, Numbers, Whole, joined, reading

_SIZE = 16  # pixels a side of the circular picture that the convolution is taken on


class TwoEllipses(BookWidget):
    """Two layers of norm exactly 1 to turn against each other; and one convolution beside its reshaped weight.

    W₁ = diag(1, first) and W₂ = diag(1, second) R(−angle), angle in degrees: between the layers, W₁ reaches the ellipse
    of half-axes 1 and `first`, and W₂ keeps most of the direction `angle`. Read-only: `product` of the two norms,
    always 1, and `norm` = σ(W₂ W₁). With `view` "convolution": `kernel` (9 numbers by rows) slides over a circle of
    16 × 16 pixels at `stride` "1" or "2"; `reshaped` is its norm as one row of numbers, `layer` the convolution's own,
    `ratio` = layer/reshaped (None for a kernel of zeros), at most ⌈3/stride⌉. All by SVD and FFT.

    Raises:
        InvalidTrait: angle is outside [−180, 180], first or second outside [0.1, 1], kernel not 9 numbers in [−1, 1].

    Source: Miyato 2018, equation 7 and footnote 3; Sedghi 2019, theorem 6. Chapter: spectral-normalisation.
    """

    _esm = joined("widgets/two-ellipses.mjs")
    _sizes = (386, 503)
    view = t.Enum(("layers", "convolution"), "layers").tag(sync=True)
    angle = Number(35.0, within=(-180.0, 180.0))
    first = Number(0.3, within=(0.1, 1.0))
    second = Number(0.3, within=(0.1, 1.0))
    stride = t.Enum(("1", "2"), "1").tag(sync=True)
    kernel = Numbers([1.0] * 9)
    task = t.Unicode("Turn the second layer against the first. How far does the network of both still reach?").tag(
        sync=True
    )

    def __init__(self, angle: Any = 35.0, **traits: Any) -> None:
        if traits.get("view") == "convolution":
            self._sizes = (474, 535)
        super().__init__(angle=angle, **traits)

    def reaches(self) -> dict[str, Any]:
        """Give the range of a kernel's numbers."""
        return {"kernel": [-1, 1, 0.1]}

    @t.validate("kernel")
    def _valid_kernel(self, proposal: Any) -> list[float]:
        kernel = np.array(proposal.value, dtype=float)
        if kernel.shape != (9,) or np.abs(kernel).max() > 1:
            raise InvalidTrait(f"kernel must be 9 numbers in [-1, 1], the rows of a 3 × 3 square, not {proposal.value}")
        return kernel.tolist()

    def _layers(self) -> tuple[Float[np.ndarray, "2 2"], Float[np.ndarray, "2 2"]]:
        cos, sin = np.cos(np.deg2rad(self.angle)), np.sin(np.deg2rad(self.angle))
        return np.diag([1.0, self.first]), np.diag([1.0, self.second]) @ np.array([[cos, sin], [-sin, cos]])

    @reading("angle", "first", "second")
    def product(self) -> float:
        """σ(W₂) σ(W₁)."""
        return float(np.prod([np.linalg.norm(layer, 2) for layer in self._layers()]))

    @reading("angle", "first", "second")
    def norm(self) -> float:
        """σ(W₂ W₁)."""
        one, two = self._layers()
        return float(np.linalg.norm(two @ one, 2))

    @reading("kernel")
    def reshaped(self) -> float:
        """Norm of the kernel as one row."""
        return float(np.linalg.norm(self.kernel))

    @reading("kernel", "stride")
    def layer(self) -> float:
        """Norm of the convolution on 16 × 16 circular pixels."""
        stride = int(self.stride)
        coarse = _SIZE // stride
        gains = np.abs(np.fft.fft2(np.reshape(self.kernel, (3, 3)), (_SIZE, _SIZE))) ** 2
        folded = gains.reshape(stride, coarse, stride, coarse).sum((0, 2))
        return float(np.sqrt(folded.max())) / stride

    @reading("kernel", "stride")
    def ratio(self) -> float | None:
        """The convolution's norm over that of the row."""
        return self.layer / self.reshaped if self.reshaped > 0 else None


class PowerIteration(BookWidget):
    """Power iteration on the layer diag(1, ratio), from a start to drag: the estimate climbs to the norm 1 from below.

    The unit vector v starts at `start` degrees from the longest direction; `steps` round trips u ← Wv/|Wv|,
    v ← Wᵀu/|Wᵀu| follow. Read-only: `estimate` = uᵀWv, after no round trip |Wv|; `excess` = 1/estimate ≥ 1, the norm
    of the layer that was divided by it.

    Raises InvalidTrait for a ratio outside [0.05, 0.99], a start outside [−180, 180], steps that are not 0 to 60.
    Source: Miyato 2018, Algorithm 1. Chapter: spectral-normalisation.
    """

    _esm = joined("widgets/power-iteration.mjs")
    _sizes = (394, 535)
    steps = Whole(0)
    ratio = Number(0.6, within=(0.05, 0.99))
    start = Number(80.0, within=(-180.0, 180.0))
    task = t.Unicode("Take one round trip after another. From which side does the estimate come?").tag(sync=True)

    def __init__(self, steps: Any = 0, **traits: Any) -> None:
        super().__init__(steps=steps, **traits)

    def reaches(self) -> dict[str, Any]:
        """Give the range of `steps`."""
        return {"steps": [0, 60, 1]}

    @t.validate("steps")
    def _valid_steps(self, proposal: Any) -> int:
        if not 0 <= proposal.value <= 60:
            raise InvalidTrait(f"steps must be 0 to 60, not {proposal.value}")
        return int(proposal.value)

    @reading("steps", "ratio", "start")
    def estimate(self) -> float:
        """The estimate uᵀWv of the norm."""
        weight = np.diag([1.0, self.ratio])
        v = np.array([np.cos(np.deg2rad(self.start)), np.sin(np.deg2rad(self.start))])
        found = float(np.linalg.norm(weight @ v))
        for _ in range(self.steps):
            u = weight @ v / np.linalg.norm(weight @ v)
            v = weight.T @ u / np.linalg.norm(weight.T @ u)
            found = float(u @ weight @ v)
        return found

    @reading("steps", "ratio", "start")
    def excess(self) -> float:
        """Norm of the layer after the division by the estimate."""
        return 1.0 / self.estimate


class TwoUnits(BookWidget):
    """One hidden layer of two units on the line, both layers of norm 1: cut at zero (ReLU) or sorted.

    Unit one rises to the right of `right`, unit two to the left of `left`; `share` of the slope goes to unit one. Read-
    only: `gap` = ½ f(−1) + ½ f(1) − f(0), at most ½ with ReLU, where W₁ = 1 of the two laws ½δ₋₁ + ½δ₁ and δ₀.

    Raises InvalidTrait for knees outside [−1.5, 1.5] or a share outside [0, 1].
    Source: Anil 2019, section 4 and its example |x|. Chapter: spectral-normalisation.
    """

    _esm = joined("widgets/two-units.mjs")
    _sizes = (463, 421)
    left = Number(0.6, within=(-1.5, 1.5))
    right = Number(-0.3, within=(-1.5, 1.5))
    share = Number(0.7, within=(0.0, 1.0))
    unit = t.Enum(("ReLU", "sorted"), "ReLU").tag(sync=True)
    task = t.Unicode("Drag both knees until the gap is as large as it gets. Then let the layer sort.").tag(sync=True)

    @reading("left", "right", "share", "unit")
    def gap(self) -> float:
        """½ f(−1) + ½ f(1) − f(0)."""
        w = np.array([np.sqrt(self.share), -np.sqrt(1 - self.share)])
        hidden = np.outer([-1.0, 1.0, 0.0], w) - w * np.array([self.right, self.left])
        scores = np.sort(hidden, axis=1) @ w[::-1] if self.unit == "sorted" else np.maximum(hidden, 0) @ np.abs(w)
        return float(scores[:2].mean() - scores[2])
