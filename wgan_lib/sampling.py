"""Laws to learn, and pairs of laws whose distance and optimal critic are known.

A law draws ``sample(n, generator)``, a float32 tensor ``(n, d)`` on the generator's device. Lengths are in units of the
data. A pair draws ``sample_pair(n, generator)`` and knows ``w1`` and an optimal ``critic``, high on the first sample.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from numbers import Integral

import torch
from jaxtyping import Float
from torch import Tensor


@dataclass(frozen=True, eq=False)
class Law:
    """A law one can draw samples from; made by the functions below, its ``repr`` is the call that made it.

    A mixture Σₖ wₖ N(modesₖ, std² I) knows its ``modes (k, d)``, ``std`` and ``weights (k,)``; for other laws they are
    None. Chapter: wasserstein-1d.
    """

    name: str
    draw: Callable[[int, torch.Generator], Tensor]
    modes: Float[Tensor, "k d"] | None = None
    std: float | None = None
    weights: Float[Tensor, " k"] | None = None

    def sample(self, n: int, generator: torch.Generator) -> Float[Tensor, "n d"]:
        """Draw ``n`` independent samples ``(n, d)``; raises ValueError for n < 1."""
        _check_draw(n, generator)
        return self.draw(n, generator)

    def __repr__(self) -> str:
        return self.name


def _check_draw(n: int, generator: torch.Generator) -> None:
    if not isinstance(generator, torch.Generator):
        raise TypeError(f"generator is {generator!r}: it must be a torch.Generator made from a seed of your choice")
    _counts(n=n)


def _counts(**counts: int) -> None:
    for name, count in counts.items():
        if not isinstance(count, Integral) or count < 1:  # numpy's integers too
            raise ValueError(f"{name} is {count!r}: it must be a whole number, 1 or more")


def _positive(**lengths: float) -> None:
    for name, length in lengths.items():
        if not 0 < length < math.inf:
            raise ValueError(f"{name} is {length}: it must be a positive, finite number")


def _mixture(name: str, modes: Tensor, std: float, weights: Sequence[float] | None = None) -> Law:
    k, d = modes.shape
    w = torch.full((k,), 1 / k) if weights is None else torch.tensor(weights, dtype=torch.float32)
    if w.shape != (k,) or not bool((w >= 0).all()) or abs(float(w.sum()) - 1) > 1e-5:
        raise ValueError(f"weights is {weights}: it must hold {k} numbers, none negative, that sum to one")
    if not bool(torch.isfinite(modes).all()):
        raise ValueError(f"modes must be finite, got {modes.tolist()}")

    def draw(n: int, generator: torch.Generator) -> Tensor:
        device = generator.device
        mode = torch.multinomial(w.to(device), n, replacement=True, generator=generator)
        return modes.to(device)[mode] + std * torch.randn(n, d, generator=generator, device=device)

    return Law(name, draw, modes, std, w)


def ring(k: int = 8, radius: float = 1.0, std: float = 0.01, scale: float = 1.0) -> Law:
    """Make ``k`` equally likely Gaussians on a circle: modes scale · radius (cos 2πi/k, sin 2πi/k), σ = scale · std.

    The defaults are PacGAN's; WGAN-GP's ring is ``ring(8, 2.0, 0.02, scale=1 / 1.414)``. Raises ValueError
    for k, radius, std or scale ≤ 0. Source: Lin 2018, table 1; Gulrajani 2017, figure 1a. Chapter: clipping-gp-sn.
    """
    _counts(k=k)
    _positive(radius=radius, std=std, scale=scale)
    angle = 2 * math.pi * torch.arange(k) / k
    modes = scale * radius * torch.stack((angle.cos(), angle.sin()), 1)
    return _mixture(f"ring({k}, {radius}, {std}, {scale})", modes, scale * std)


def grid(k: int = 25, spacing: float = 2.0, std: float = 0.05, scale: float = 1.0) -> Law:
    """Make ``k = m²`` equally likely Gaussians on a square grid about 0, scale · spacing apart, σ = scale · std.

    The defaults are PacGAN's {−4, −2, 0, 2, 4}²; WGAN-GP's grid has ``scale=1 / 2.828``. Raises ValueError when k is
    not a square or a length is ≤ 0. Source: Lin 2018, table 1; Gulrajani 2017, figure 1a. Chapter: clipping-gp-sn.
    """
    _counts(k=k)
    _positive(spacing=spacing, std=std, scale=scale)
    m = math.isqrt(k)
    if m * m != k:
        raise ValueError(f"k is {k}: a square grid needs a square number of modes, such as {m * m} or {(m + 1) ** 2}")
    axis = scale * spacing * (torch.arange(m) - (m - 1) / 2)
    modes = torch.cartesian_prod(axis, axis).reshape(k, 2)
    return _mixture(f"grid({k}, {spacing}, {std}, {scale})", modes, scale * std)


def normals(mean: float | Sequence[float] = (0.0, 0.0), std: float = 1.0) -> Law:
    """Make the law N(mean, std² I) in as many dimensions as ``mean`` has numbers.

    Raises ValueError for std ≤ 0 or a mean that is not finite. Source: Arjovsky 2017, figure 2. Chapter: js-saturation.
    """
    _positive(std=std)
    modes = torch.tensor([mean], dtype=torch.float32).reshape(1, -1)
    return _mixture(f"normals({mean}, {std})", modes, std)


def point_masses(points: Sequence[Sequence[float]], weights: Sequence[float] | None = None) -> Law:
    """Make the law Σ wₖ δ(pointsₖ), ``points (k, d)``, equal weights by default.

    Raises ValueError for weights that are negative or do not sum to one. Chapter: kantorovich-rubinstein.
    """
    modes = torch.tensor(points, dtype=torch.float32)
    if modes.ndim != 2:
        raise ValueError(f"points has shape {tuple(modes.shape)}: it must be (k, d), a list of points")
    return _mixture(f"point_masses({points}, {weights})", modes, 0.0, weights)


def uniforms(low: float | Sequence[float] = 0.0, high: float | Sequence[float] = 1.0) -> Law:
    """Make the uniform law on the box [low, high], one pair of ends per dimension, or numbers for one dimension.

    Raises ValueError unless low < high in every dimension, both finite. Chapter: wasserstein-1d.
    """
    a, b = (torch.tensor(end, dtype=torch.float32).reshape(-1) for end in (low, high))
    if a.shape != b.shape or len(a) == 0 or not bool(((a < b) & a.isfinite() & b.isfinite()).all()):
        raise ValueError(f"low is {low}, high is {high}: low must be below high in every dimension, both finite")

    def draw(n: int, generator: torch.Generator) -> Tensor:
        u = torch.rand(n, len(a), generator=generator, device=generator.device)
        return a.to(u) + (b - a).to(u) * u

    return Law(f"uniforms({low}, {high})", draw)


def parallel_lines(theta: float = 0.0) -> Law:
    """Make the law of (θ, Z), Z ~ U[0, 1], a vertical line; against the line at 0, W1 = |θ|, and JS = ln 2 for θ ≠ 0.

    Raises ValueError when θ is not finite. Source: Arjovsky 2017, Example 1. Chapter: js-saturation.
    """
    if not math.isfinite(theta):
        raise ValueError(f"theta is {theta}: it must be a finite number")

    def draw(n: int, generator: torch.Generator) -> Tensor:
        z = torch.rand(n, generator=generator, device=generator.device)
        return torch.stack((torch.full_like(z, theta), z), 1)

    return Law(f"parallel_lines({theta})", draw)


def swiss_roll(std: float = 0.25, scale: float = 1 / 7.5) -> Law:
    """Make the Swiss roll seen from its side: scale · (t cos t + ε, t sin t + ε′), t ~ U[1.5π, 4.5π], ε ~ N(0, std²).

    WGAN-GP's scales by default; columns 0 and 2 of scikit-learn's ``make_swiss_roll``. Raises ValueError for std or
    scale ≤ 0. Source: Gulrajani 2017, figure 1, and its toy code. Chapter: weight-clipping.
    """
    _positive(std=std, scale=scale)

    def draw(n: int, generator: torch.Generator) -> Tensor:
        t = 1.5 * math.pi * (1 + 2 * torch.rand(n, generator=generator, device=generator.device))
        noise = std * torch.randn(n, 2, generator=generator, device=generator.device)
        return scale * (torch.stack((t * t.cos(), t * t.sin()), 1) + noise)

    return Law(f"swiss_roll({std}, {scale})", draw)


def _distances(x: Tensor, y: Tensor) -> Tensor:
    # The default mode goes through a matrix product and is 1e-3 off in float32.
    return torch.cdist(x, y, compute_mode="donot_use_mm_for_euclid_dist")


@dataclass(frozen=True, eq=False)
class Funnels:
    """A 1-Lipschitz function of cones, u(x) = minₙ ‖x − aₙ‖ + bₙ: ``centres (n, d)``, ``offsets (n,)``.

    It is an optimal critic of any pair in which mass moves straight towards the centre of its own cone.
    Source: Korotin 2022, eq. 11. Chapter: what-wgans-are.
    """

    centres: Float[Tensor, "n d"]
    offsets: Float[Tensor, " n"]

    def critic(self, x: Float[Tensor, "k d"]) -> Float[Tensor, " k"]:
        """Return u(x), ``(k, d) → (k,)``, in units of length."""
        return (_distances(x, self.centres.to(x)) + self.offsets.to(x)).amin(1)

    def critic_gradient(self, x: Float[Tensor, "k d"]) -> Float[Tensor, "k d"]:
        """Return ∇u(x) = (x − aₙ)/‖x − aₙ‖ for the lowest cone n, a unit vector; 0 at a centre itself."""
        return torch.nn.functional.normalize(x - self.centres.to(x)[self._nearest(x)], dim=1)

    def _nearest(self, x: Tensor) -> Tensor:
        return (_distances(x, self.centres.to(x)) + self.offsets.to(x)).argmin(1)


@dataclass(frozen=True, eq=False)
class ShellPair(Funnels):
    """Shells of radius ``outer`` around each centre against shells of radius ``inner``: W1 = outer − inner.

    Made by ``radial_pair`` and ``circles_and_centres``. The optimal critic is the distance to the nearest centre.
    Chapter: spectral-normalisation.
    """

    inner: float
    outer: float

    @property
    def w1(self) -> float:
        """Return W1 of the two laws."""
        return self.outer - self.inner

    def sample_pair(self, n: int, generator: torch.Generator) -> tuple[Float[Tensor, "n d"], Float[Tensor, "n d"]]:
        """Draw ``n`` independent samples of the outer law and ``n`` of the inner one."""
        return self._shell(n, self.outer, generator), self._shell(n, self.inner, generator)

    def _shell(self, n: int, radius: float, generator: torch.Generator) -> Tensor:
        _check_draw(n, generator)
        k, d = self.centres.shape
        centre = self.centres.to(generator.device)[torch.randint(k, (n,), generator=generator, device=generator.device)]
        direction = torch.randn(n, d, generator=generator, device=generator.device)
        return centre + radius * torch.nn.functional.normalize(direction, dim=1)


def radial_pair(dim: int, inner: float = 0.0, outer: float = 1.0) -> ShellPair:
    """Make the pair of uniform laws on the spheres of radius ``outer`` and ``inner`` about 0 in ``dim`` dimensions.

    ``dim=1, inner=0`` is ½δ₋₁ + ½δ₁ against δ₀, whose critic is |x|. Raises ValueError unless 0 ≤ inner < outer
    and dim ≥ 1. Source: Anil 2019, the absolute value and the high-dimensional cone. Chapter: spectral-normalisation.
    """
    _counts(dim=dim)
    _positive(outer=outer)
    if not 0 <= inner < outer:
        raise ValueError(f"inner is {inner}: it must be at least 0 and below outer, {outer}")
    return ShellPair(torch.zeros(1, dim), torch.zeros(1), inner, outer)


def circles_and_centres(k: int = 3, radius: float = 1.0, spacing: float = 4.0) -> ShellPair:
    """Make the pair of ``k`` circles of one ``radius`` and their centres, ``spacing`` apart in a row: W1 = radius.

    Raises ValueError for spacing < 2 · radius, where the nearest centre may be another's.
    Source: Anil 2019, three cones. Chapter: spectral-normalisation.
    """
    _counts(k=k)
    _positive(radius=radius, spacing=spacing)
    if spacing < 2 * radius:
        raise ValueError(f"spacing is {spacing}: circles of radius {radius} need centres {2 * radius} apart or more")
    centres = torch.stack((spacing * (torch.arange(k) - (k - 1) / 2), torch.zeros(k)), 1)
    return ShellPair(centres, torch.zeros(k), 0.0, radius)


@dataclass(frozen=True, eq=False)
class MinFunnels(Funnels):
    """P = U[−2.5, 2.5]^d against T#P, where T pulls x along its ray: a + s e ↦ a + S (s/S)⁸ e.

    a is the centre of the cone that holds x, e the direction and S the length of the ray up to its first exit from the
    cone's cell or the box. u falls by exactly the distance moved, so u is optimal and W1 = E‖x − T(x)‖.
    Source: Korotin 2022, eq. 12 and figure 3. Chapter: what-wgans-are.
    """

    POWER = 8
    HALF_WIDTH = 2.5

    def sample_pair(self, n: int, generator: torch.Generator) -> tuple[Float[Tensor, "n d"], Float[Tensor, "n d"]]:
        """Draw ``n`` samples of P and, independently, ``n`` of T#P."""
        return self._box(n, generator), self.transport(self._box(n, generator))

    def transport(self, x: Float[Tensor, "k d"]) -> Float[Tensor, "k d"]:
        """Return T(x), the optimal transport of each point, ``(k, d)``."""
        centre, direction, end = self._rays(x)
        s = (x - centre).norm(dim=1)
        s = torch.where(s > 0, end * (s / end) ** self.POWER, 0)  # a point at its centre stays there
        return centre + s[:, None] * direction

    @cached_property
    def w1(self) -> float:
        """Return W1(P, T#P), by the mean ray length of 2¹⁷ quasi-random points: relative error about 0.1 %.

        On a ray the density is ∝ s^{d−1}, so E(s − S (s/S)⁸) = S (d/(d+1) − d/(d+8)): only E S needs samples.
        """
        d = self.centres.shape[1]
        points = torch.quasirandom.SobolEngine(d, scramble=True, seed=0)
        lengths = [self._rays(self.HALF_WIDTH * (2 * points.draw(4096) - 1))[2].double().mean() for _ in range(32)]
        return float(torch.stack(lengths).mean()) * (d / (d + 1) - d / (d + self.POWER))

    def _box(self, n: int, generator: torch.Generator) -> Tensor:
        _check_draw(n, generator)
        u = torch.rand(n, self.centres.shape[1], generator=generator, device=generator.device)
        return self.HALF_WIDTH * (2 * u - 1)

    def _rays(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        centres, offsets, nearest = self.centres.to(x), self.offsets.to(x), self._nearest(x)
        a, direction = centres[nearest], self.critic_gradient(x)
        # The cone m overtakes along the ray at s = (‖w‖² − δ²) / (2 (δ − e·w)), w = aₙ − aₘ, δ = bₙ − bₘ.
        w2 = _distances(a, centres).square()
        delta = offsets[nearest][:, None] - offsets
        slope = delta - ((direction * a).sum(1, keepdim=True) - direction @ centres.T)
        overtaken = torch.where(slope > 0, (w2 - delta.square()) / (2 * slope), math.inf)
        overtaken.scatter_(1, nearest[:, None], math.inf)
        wall = (self.HALF_WIDTH - a * direction.sign()) / direction.abs()
        return a, direction, torch.minimum(overtaken.amin(1), wall.amin(1))


def min_funnels(dim: int, n_funnels: int, seed: int) -> MinFunnels:
    """Make a pair of laws in ``dim`` dimensions with known W1 and optimal critic u(x) = minₙ ‖x − aₙ‖ + bₙ.

    aₙ ~ U[−2.5, 2.5]^dim, bₙ ~ 0.1 N(0, 1), drawn from ``seed``. Raises ValueError for dim or n_funnels < 1.
    Source: Korotin 2022, eqs 11–12, made from the description, not the code. Chapter: what-wgans-are.
    """
    _counts(dim=dim, n_funnels=n_funnels)
    generator = torch.Generator().manual_seed(seed)
    centres = MinFunnels.HALF_WIDTH * (2 * torch.rand(n_funnels, dim, generator=generator) - 1)
    return MinFunnels(centres, 0.1 * torch.randn(n_funnels, generator=generator))
