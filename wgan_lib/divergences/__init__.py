"""Divergences between two laws on the line: on a grid of densities, and in closed form for normals and uniforms.

Conventions: natural logarithms, so KL and JS are in nats (divide by ln 2 for bits); W1 and W2 carry the units of the
data; TV is sup |P(A) − Q(A)|, from 0 to 1. P is the real law, Q the generated one. Scalars give floats, arrays arrays.
"""

from typing import NamedTuple, TypeAlias

import numpy as np
from jaxtyping import Float, Num
from scipy.special import erf, expit

from wgan_lib.checks import reals
from wgan_lib.divergences.quadrature import LN2, confidence, js_integrals

Numbers: TypeAlias = float | int | np.floating | np.integer | Num[np.ndarray, "..."]
Reals: TypeAlias = float | Float[np.ndarray, "..."]


class NormalGradient(NamedTuple):
    """The derivatives of a divergence of two normals in their four parameters, each per unit of the data.

    Chapter: js-saturation.
    """

    mean_p: Reals
    std_p: Reals
    mean_q: Reals
    std_q: Reals


class UniformGradient(NamedTuple):
    """The derivatives of a divergence between U[a, b] and U[c, d] in the four ends. Chapter: wasserstein-1d."""

    a: Reals
    b: Reals
    c: Reals
    d: Reals


class Pulls(NamedTuple):
    """The arrows that three generator losses give to generated samples, −∂loss/∂x. Chapter: js-saturation.

    Minimax and non-saturating pulls are in nats per unit of the data, the Wasserstein pull is a pure number.
    """

    minimax: Reals
    non_saturating: Reals
    wasserstein: Reals


def kl(p: Num[np.ndarray, "*b n"], q: Num[np.ndarray, "*b n"], x: Num[np.ndarray, "n"]) -> Reals:
    """Give KL(P‖Q) = ∫ p log(p/q) dx in nats, by the trapezoid rule on any spacing; inf where q = 0 < p.

    The densities p and q (1/unit of x, leading axes broadcast) need not integrate to exactly 1 and are not rescaled.
    Raises ValueError unless x is finite and strictly increasing and p, q are finite, ≥ 0 and end in x's length.
    Source: Kullback & Leibler 1951. Chapter: js-saturation.
    """
    p, q, widths = _densities(p, q, x)
    with np.errstate(divide="ignore", invalid="ignore"):
        integrand = np.where(p > 0, p * (np.log(p) - np.log(q)), 0.0)
    return (integrand * widths).sum(-1)[()]


def js(p: Num[np.ndarray, "*b n"], q: Num[np.ndarray, "*b n"], x: Num[np.ndarray, "n"]) -> Reals:
    """Give JS(P, Q) = ½ KL(P‖M) + ½ KL(Q‖M) in nats, M = (P + Q)/2, by the trapezoid rule on any spacing.

    Always finite; ln 2 (1 bit) without overlap. √JS is a metric, JS is not. Shapes, units and errors as in `kl`.
    Source: Lin 1991; the halves are missing from the formula in §2 of Arjovsky et al. 2017. Chapter: js-saturation.
    """
    p, q, widths = _densities(p, q, x)
    with np.errstate(divide="ignore", invalid="ignore"):
        log_ratio = np.log(p) - np.log(q)
    integrand = np.where(p + q > 0, 0.5 * (p + q) * confidence(log_ratio), 0.0)
    return (integrand * widths).sum(-1)[()]


def total_variation(p: Num[np.ndarray, "*b n"], q: Num[np.ndarray, "*b n"], x: Num[np.ndarray, "n"]) -> Reals:
    """Give TV(P, Q) = ½ ∫ |p − q| dx = sup |P(A) − Q(A)|, by the trapezoid rule on any spacing.

    This is half of the integral probability metric over |f| ≤ 1. Shapes, units and errors as in `kl`.
    Source: Arjovsky et al. 2017, §2 and §5 (which forgets the half). Chapter: js-saturation.
    """
    p, q, widths = _densities(p, q, x)
    return (0.5 * np.abs(p - q) * widths).sum(-1)[()]


def kl_normals(mean_p: Numbers, std_p: Numbers, mean_q: Numbers, std_q: Numbers) -> Reals:
    """Give KL(P‖Q) = ln(σq/σp) + (σp² + (μp − μq)²)/(2σq²) − ½ in nats, for P and Q normal.

    Raises ValueError for NaN, inf, std ≤ 0 or shapes that do not broadcast; TypeError for what is not a real number.
    Source: Kullback 1959. Chapter: js-saturation.
    """
    mean_p, std_p, mean_q, std_q = _normals(mean_p, std_p, mean_q, std_q)
    excess = (std_p - std_q) / std_q * (std_p / std_q + 1)  # σp²/σq² − 1, without cancellation
    shift = (mean_p - mean_q) / std_q
    return (0.5 * shift**2 + 0.5 * excess - np.log(std_p / std_q))[()]


def kl_normals_gradient(mean_p: Numbers, std_p: Numbers, mean_q: Numbers, std_q: Numbers) -> NormalGradient:
    """Give the four derivatives of `kl_normals`, in nats per unit of the data. Errors as there.

    ∂μp = (μp − μq)/σq² = −∂μq, ∂σp = σp/σq² − 1/σp, ∂σq = 1/σq − (σp² + (μp − μq)²)/σq³. Chapter: js-saturation.
    """
    mean_p, std_p, mean_q, std_q = _normals(mean_p, std_p, mean_q, std_q)
    shift, ratio = (mean_p - mean_q) / std_q, std_p / std_q
    return _gradient(shift / std_q, (ratio - 1 / ratio) / std_q, -shift / std_q, (1 - ratio**2 - shift**2) / std_q)


def js_normals(mean_p: Numbers, std_p: Numbers, mean_q: Numbers, std_q: Numbers) -> Reals:
    """Give JS(P, Q) in nats for two normals, correct to about 1e-13; there is no closed form, so `quadrature` works.

    Normals always overlap: JS only approaches ln 2, and beyond shifts of about 17σ no float lies between the two.
    Errors as in `kl_normals`. Source: Lin 1991. Chapter: js-saturation.
    """
    return np.minimum(js_integrals(*_normals(mean_p, std_p, mean_q, std_q))[0], LN2)[()]


def js_normals_gradient(mean_p: Numbers, std_p: Numbers, mean_q: Numbers, std_q: Numbers) -> NormalGradient:
    """Give the four derivatives of `js_normals`, in nats per unit of the data; tiny ones to relative precision.

    With u = ln p/q and the envelope theorem, ∂μp = ½ ∫ pq/(p+q) u′ dx = −∂μq; for ∂σp and −∂σq the integrand
    gains the factor (x − μ)/σ of its law. Errors as in `kl_normals`.
    Source: Goodfellow et al. 2014, §4.1 (optimal discriminator); Milgrom & Segal 2002. Chapter: js-saturation.
    """
    mean_p, std_p, mean_q, std_q = _normals(mean_p, std_p, mean_q, std_q)
    _, shift, width_p, width_q = js_integrals(mean_p, std_p, mean_q, std_q)
    return _gradient(shift / std_p, width_p / std_p, -shift / std_p, -width_q / std_p)


def w1_normals(mean_p: Numbers, std_p: Numbers, mean_q: Numbers, std_q: Numbers) -> Reals:
    """Give W1(P, Q) = s √(2/π) e^(−m²/2s²) + m erf(m/(s√2)) in units of the data, m = |μp − μq|, s = |σp − σq|.

    It is E|N(m, s²)|: the monotone map moves every point by a normal amount; m if s = 0. Errors as in `kl_normals`.
    Source: Villani 2003, Thm 2.18 and its remarks. Chapter: wasserstein-1d.
    """
    mean_p, std_p, mean_q, std_q = _normals(mean_p, std_p, mean_q, std_q)
    shift, spread = mean_q - mean_p, np.abs(std_q - std_p)
    along_shift, along_spread = _w1_slopes(shift, spread)
    return (spread * along_spread + shift * along_shift)[()]


def w1_normals_gradient(mean_p: Numbers, std_p: Numbers, mean_q: Numbers, std_q: Numbers) -> NormalGradient:
    """Give the four derivatives of `w1_normals`, pure numbers: ∂μq = erf((μq − μp)/(s√2)) = −∂μp.

    ∂σq = sign(σq − σp) √(2/π) e^(−m²/2s²) = −∂σp. Where P = Q the distance has a corner and the subgradient 0 comes
    back. Errors as in `kl_normals`. Chapter: wasserstein-1d.
    """
    mean_p, std_p, mean_q, std_q = _normals(mean_p, std_p, mean_q, std_q)
    shift, spread = _w1_slopes(mean_q - mean_p, np.abs(std_q - std_p))
    spread = spread * np.sign(std_q - std_p)
    return _gradient(-shift, -spread, shift, spread)


def w2_normals(mean_p: Numbers, std_p: Numbers, mean_q: Numbers, std_q: Numbers) -> Reals:
    """Give W2(P, Q) = √((μp − μq)² + (σp − σq)²) in units of the data (the distance, not its square).

    Errors as in `kl_normals`. Source: Givens & Shortt 1984. Chapter: wasserstein-1d.
    """
    mean_p, std_p, mean_q, std_q = _normals(mean_p, std_p, mean_q, std_q)
    return np.hypot(mean_p - mean_q, std_p - std_q)[()]


def w2_normals_multivariate(
    mean_p: Num[np.ndarray, "d"],
    covariance_p: Num[np.ndarray, "d d"],
    mean_q: Num[np.ndarray, "d"],
    covariance_q: Num[np.ndarray, "d d"],
) -> float:
    """Give W2 of N(μp, A) and N(μq, B): W2² = |μp − μq|² + tr(A + B − 2(A^½ B A^½)^½), the Bures formula.

    Units of the data; W1 ≤ W2. Raises ValueError for unequal dimensions, NaN, inf or a covariance that is not
    symmetric and positive semidefinite. Source: Givens & Shortt 1984, Prop. 7. Chapter: optimal-transport.
    """
    mean_p, mean_q = reals("mean_p", mean_p), reals("mean_q", mean_q)
    if mean_p.ndim != 1 or mean_p.shape != mean_q.shape:
        raise ValueError(f"mean_p and mean_q must both have shape (d,), got {mean_p.shape} and {mean_q.shape}")
    root_p = _square_root("covariance_p", covariance_p, mean_p.size)
    root_q = _square_root("covariance_q", covariance_q, mean_p.size)
    fidelity = np.linalg.svd(root_p @ root_q, compute_uv=False).sum()  # tr (A^½ B A^½)^½, more exact than a second root
    squared = ((mean_p - mean_q) ** 2).sum() + (root_p**2).sum() + (root_q**2).sum() - 2 * fidelity
    return float(np.sqrt(max(squared, 0.0)))


def w1_uniforms(a: Numbers, b: Numbers, c: Numbers, d: Numbers) -> Reals:
    """Give W1(U[a, b], U[c, d]) = ∫₀¹ |(1 − t)Δ₀ + tΔ₁| dt in units of the data, Δ₀ = c − a, Δ₁ = d − b.

    |Δ₀ + Δ₁|/2 if the ends move the same way, else (Δ₀² + Δ₁²)/(2(|Δ₀| + |Δ₁|)). a = b is a point mass.
    Raises ValueError for NaN, inf, a > b, c > d or shapes that do not broadcast. Chapter: wasserstein-1d.
    """
    low, high = _end_shifts(a, b, c, d)
    total = np.abs(low) + np.abs(high)
    crossing = (low**2 + high**2) / (2 * np.where(total > 0, total, 1.0))
    return np.where(low * high >= 0, total / 2, crossing)[()]


def w1_uniforms_gradient(a: Numbers, b: Numbers, c: Numbers, d: Numbers) -> UniformGradient:
    """Give the four derivatives of `w1_uniforms`, pure numbers: ∂c = ∫ (1 − t) sign dt = −∂a, ∂d = ∫ t sign dt = −∂b.

    Where both ends agree the distance has a corner and the subgradient 0 comes back. Errors as in `w1_uniforms`.
    Chapter: wasserstein-1d.
    """
    low, high = _end_shifts(a, b, c, d)
    total = np.abs(low) + np.abs(high)
    turn = np.abs(low) / np.where(total > 0, total, 1.0)  # the quantile level at which the motion changes direction
    same, sign = low * high >= 0, np.where(low == 0, np.sign(high), np.sign(low))
    along_low = sign * np.where(same, 0.5, 2 * turn - turn**2 - 0.5)
    along_high = sign * np.where(same, 0.5, turn**2 - 0.5)
    return UniformGradient((-along_low)[()], (-along_high)[()], along_low[()], along_high[()])


def pulls(x: Numbers, mean_p: Numbers, std_p: Numbers, mean_q: Numbers, std_q: Numbers) -> Pulls:
    """Give the pull −∂loss/∂x that a generated sample at x feels under the optimal discriminator or critic.

    With u = ln p/q and D* = p/(p + q): minimax, from ln(1 − D*), D* u′; non-saturating, from −ln D*, (1 − D*) u′;
    Wasserstein, from −f*, sign(T(x) − x), where T(x) = μp + σp/σq (x − μq) is the monotone map. x broadcasts with the
    parameters; errors as in `kl_normals`. Source: Goodfellow et al. 2014, §3; Arjovsky & Bottou 2017, Thm 2.5;
    Gulrajani et al. 2017, Prop. 1. Chapter: js-saturation.
    """
    mean_p, std_p, mean_q, std_q, x = _normals(mean_p, std_p, mean_q, std_q, x=x)
    z_p, z_q = (x - mean_p) / std_p, (x - mean_q) / std_q
    log_ratio = 0.5 * (z_q - z_p) * (z_q + z_p) - np.log(std_p / std_q)
    slope = z_q / std_q - z_p / std_p
    direction = np.sign((mean_p - mean_q) + (std_p - std_q) * z_q)  # T(x) − x, exactly 0 where the laws agree
    return Pulls((expit(log_ratio) * slope)[()], (expit(-log_ratio) * slope)[()], direction[()])


def mean_pulls(mean_p: Numbers, std_p: Numbers, mean_q: Numbers, std_q: Numbers) -> Pulls:
    """Give the averages of `pulls` over the generated law, which are what the generator's shift feels.

    Minimax −2 ∂JS/∂μq, non-saturating (μp − μq)/σp² + 2 ∂JS/∂μq, Wasserstein −∂W1/∂μq. For unit normals a shift
    δ apart: 2 JS′(δ), which dies; δ − 2 JS′(δ), which grows; and 1. Errors as in `kl_normals`.
    Source: Arjovsky & Bottou 2017, Thm 2.5. Chapter: js-saturation.
    """
    mean_p, std_p, mean_q, std_q = _normals(mean_p, std_p, mean_q, std_q)
    minimax = -2 * np.asarray(js_normals_gradient(mean_p, std_p, mean_q, std_q).mean_q)
    wasserstein = -np.asarray(w1_normals_gradient(mean_p, std_p, mean_q, std_q).mean_q)
    return Pulls(minimax[()], ((mean_p - mean_q) / std_p / std_p - minimax)[()], wasserstein[()])


def _w1_slopes(
    shift: Float[np.ndarray, "..."], spread: Float[np.ndarray, "..."]
) -> tuple[Float[np.ndarray, "..."], Float[np.ndarray, "..."]]:
    """The derivatives of E|N(shift, spread²)| in the shift and in the spread."""
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        z = np.where(shift == 0, 0.0, shift / spread)
        corner = (shift == 0) & (spread == 0)
        return erf(z / np.sqrt(2)), np.where(corner, 0.0, np.sqrt(2 / np.pi) * np.exp(-0.5 * z**2))


def _gradient(*parts: Float[np.ndarray, "..."]) -> NormalGradient:
    return NormalGradient(*(part[()] for part in parts))


def _square_root(name: str, covariance: Num[np.ndarray, "d d"], dim: int) -> Float[np.ndarray, "d d"]:
    covariance = reals(name, covariance)
    if covariance.shape != (dim, dim):
        raise ValueError(f"{name} must have shape ({dim}, {dim}) like the means, got {covariance.shape}")
    scale = float(np.abs(covariance).max(initial=0.0))
    if not np.allclose(covariance, covariance.T, rtol=0, atol=1e-8 * scale):
        raise ValueError(f"{name} must be symmetric, got {covariance.tolist()}")
    values, vectors = np.linalg.eigh(0.5 * (covariance + covariance.T))
    if values.min(initial=0.0) < -1e-8 * scale:
        raise ValueError(f"{name} must be positive semidefinite, got the eigenvalue {values.min()}")
    return (vectors * np.sqrt(np.maximum(values, 0.0))) @ vectors.T


def _normals(
    mean_p: Numbers, std_p: Numbers, mean_q: Numbers, std_q: Numbers, **others: Numbers
) -> tuple[Float[np.ndarray, "*b"], ...]:
    arrays = _broadcast(mean_p=mean_p, std_p=std_p, mean_q=mean_q, std_q=std_q, **others)
    for name, std in (("std_p", arrays[1]), ("std_q", arrays[3])):
        if (std <= 0).any():
            raise ValueError(f"{name} must be positive, got {std.min()}")
    return arrays


def _end_shifts(a: Numbers, b: Numbers, c: Numbers, d: Numbers) -> list[Float[np.ndarray, "*b"]]:
    low_p, high_p, low_q, high_q = _broadcast(a=a, b=b, c=c, d=d)
    for names, low, high in (("a ≤ b", low_p, high_p), ("c ≤ d", low_q, high_q)):
        if (low > high).any():
            raise ValueError(f"a uniform law needs {names}, got {low[low > high].flat[0]} > {high[low > high].flat[0]}")
    return [low_q - low_p, high_q - high_p]


def _broadcast(**values: Numbers) -> tuple[Float[np.ndarray, "*b"], ...]:
    arrays = {name: reals(name, value) for name, value in values.items()}
    try:
        return tuple(np.broadcast_arrays(*arrays.values()))
    except ValueError:
        shapes = ", ".join(f"{name} {array.shape}" for name, array in arrays.items())
        raise ValueError(f"the arguments must have shapes that broadcast, got {shapes}") from None


def _densities(
    p: Num[np.ndarray, "*b n"], q: Num[np.ndarray, "*b n"], x: Num[np.ndarray, "n"]
) -> tuple[Float[np.ndarray, "..."], ...]:
    """The two densities, broadcast, and the trapezoid width of each grid point."""
    grid = reals("x", x)
    if grid.ndim != 1 or grid.size < 2:
        raise ValueError(f"x must have shape (n,) with n ≥ 2 grid points, got shape {grid.shape}")
    steps = np.diff(grid)
    if (steps <= 0).any():
        first = int(np.argmax(steps <= 0))
        raise ValueError(f"x must increase strictly, got {grid[first]} before {grid[first + 1]}")
    for name, density in (("p", reals("p", p)), ("q", reals("q", q))):
        if density.ndim == 0 or density.shape[-1] != grid.size:
            raise ValueError(f"{name} must have one value per grid point ({grid.size}), got shape {density.shape}")
        if (density < 0).any():
            raise ValueError(f"{name} must be a density, ≥ 0 everywhere, got {density.min()}")
    return *_broadcast(p=p, q=q), 0.5 * (np.append(steps, 0.0) + np.append(0.0, steps))
