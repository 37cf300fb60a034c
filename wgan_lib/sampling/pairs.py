"""Pairs of laws whose distance and optimal critic are known."""

import math
from dataclasses import dataclass
from functools import cached_property

import torch
from jaxtyping import Float
from torch import Tensor

from wgan_lib import checks
from wgan_lib.checks import number, whole
from wgan_lib.sampling.laws import checked_draw


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
        """Return u(x), ``(k, d) → (k,)``, in units of length; ValueError for other shapes, NaN or infinity."""
        return self._cones(x).amin(1)

    def critic_gradient(self, x: Float[Tensor, "k d"]) -> Float[Tensor, "k d"]:
        """Return ∇u(x) = (x − aₙ)/‖x − aₙ‖ for the lowest cone n, a unit vector; 0 at a centre itself."""
        nearest = self._nearest(x)
        return torch.nn.functional.normalize(x - self.centres.to(x)[nearest], dim=1)

    def _nearest(self, x: Tensor) -> Tensor:
        return self._cones(x).argmin(1)

    def _cones(self, x: Tensor) -> Tensor:
        """Each cone's height above each point, ``(k, n)``."""
        checks.points("x", x)
        if x.ndim != 2 or x.shape[1] != self.centres.shape[1] or not len(x):
            raise ValueError(f"x has shape {tuple(x.shape)}: it must be (k, {self.centres.shape[1]})")
        checks.all_finite("x", x)
        return _distances(x, self.centres.to(x)) + self.offsets.to(x)


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
        n, device = checked_draw(n, generator), generator.device
        k, d = self.centres.shape
        with checks.fitting("n", n):
            centre = self.centres.to(device)[torch.randint(k, (n,), generator=generator, device=device)]
            direction = torch.randn(n, d, generator=generator, device=device)
        return centre + radius * torch.nn.functional.normalize(direction, dim=1)


def radial_pair(dim: int, inner: float = 0.0, outer: float = 1.0) -> ShellPair:
    """Make the pair of uniform laws on the spheres of radius ``outer`` and ``inner`` about 0 in ``dim`` dimensions.

    ``dim=1, inner=0`` is ½δ₋₁ + ½δ₁ against δ₀, whose critic is |x|. Raises ValueError unless 0 ≤ inner < outer
    and dim ≥ 1. Source: Anil 2019, the absolute value and the high-dimensional cone. Chapter: spectral-normalisation.
    """
    dim, outer = whole("dim", dim), number("outer", outer, above=0.0)
    inner = number("inner", inner, least=0.0, below=outer)
    with checks.fitting("dim", dim):
        return ShellPair(torch.zeros(1, dim), torch.zeros(1), inner, outer)


def circles_and_centres(k: int = 3, radius: float = 1.0, spacing: float = 4.0) -> ShellPair:
    """Make the pair of ``k`` circles of one ``radius`` and their centres, ``spacing`` apart in a row: W1 = radius.

    Raises ValueError for spacing < 2 · radius, where the nearest centre may be another's.
    Source: Anil 2019, three cones. Chapter: spectral-normalisation.
    """
    k, radius = whole("k", k), number("radius", radius, above=0.0)
    spacing = number("spacing", spacing, above=0.0)
    if spacing < 2 * radius:
        raise ValueError(f"spacing is {spacing}: circles of radius {radius} need centres {2 * radius} apart or more")
    with checks.fitting("k", k):
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
        n = checked_draw(n, generator)
        with checks.fitting("n", n):
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
    dim, n_funnels = whole("dim", dim), whole("n_funnels", n_funnels)
    generator = torch.Generator().manual_seed(whole("seed", seed, -(2**63)))
    with checks.fitting("n_funnels × dim", n_funnels * dim):
        centres = MinFunnels.HALF_WIDTH * (2 * torch.rand(n_funnels, dim, generator=generator) - 1)
    return MinFunnels(centres, 0.1 * torch.randn(n_funnels, generator=generator))
