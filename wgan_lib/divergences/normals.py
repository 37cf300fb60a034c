"""Divergences of two normals in closed form, with their derivatives."""

import math
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float
from scipy.special import erf

from wgan_lib.checks import reals
from wgan_lib.divergences.arguments import Numbers, Reals, log_ratio, normals
from wgan_lib.divergences.quadrature import js_integrals


class NormalGradient(NamedTuple):
    """The derivatives of a divergence of two normals in their four parameters, each per unit of the data.

    Chapter: js-saturation.
    """

    mean_p: Reals
    std_p: Reals
    mean_q: Reals
    std_q: Reals


def kl_normals(mean_p: Numbers, std_p: Numbers, mean_q: Numbers, std_q: Numbers) -> Reals:
    """Give KL(P‖Q) = ln(σq/σp) + (σp² + (μp − μq)²)/(2σq²) − ½ in nats, for P and Q normal.

    Raises ValueError for NaN, inf, std ≤ 0 or shapes that do not broadcast; TypeError for what is not a real number.
    Source: Kullback 1959. Chapter: js-saturation.
    """
    mean_p, std_p, mean_q, std_q = normals(mean_p, std_p, mean_q, std_q)
    with np.errstate(over="ignore", under="ignore"):  # a KL beyond all floats is inf
        excess = (std_p - std_q) / std_q * (std_p / std_q + 1)  # σp²/σq² − 1, without cancellation
        shift = (mean_p - mean_q) / std_q
        return (0.5 * shift**2 + 0.5 * excess - log_ratio(std_p, std_q))[()]


def kl_normals_gradient(mean_p: Numbers, std_p: Numbers, mean_q: Numbers, std_q: Numbers) -> NormalGradient:
    """Give the four derivatives of `kl_normals`, in nats per unit of the data. Errors as there.

    ∂μp = (μp − μq)/σq² = −∂μq, ∂σp = σp/σq² − 1/σp, ∂σq = 1/σq − (σp² + (μp − μq)²)/σq³. Chapter: js-saturation.
    """
    mean_p, std_p, mean_q, std_q = normals(mean_p, std_p, mean_q, std_q)
    with np.errstate(over="ignore", under="ignore"):
        shift, wider, up = (mean_p - mean_q) / std_q, (std_p - std_q) / std_q, std_p / std_q + 1
        slope = shift / std_q
        return _gradient(slope, wider / std_p * up, -slope, -(wider * (up / std_q) + shift * slope))


def js_normals(mean_p: Numbers, std_p: Numbers, mean_q: Numbers, std_q: Numbers) -> Reals:
    """Give JS(P, Q) in nats for two normals, correct to about 1e-15; there is no closed form, so `quadrature` works.

    Normals always overlap: JS only approaches ln 2, and beyond shifts of about 17σ no float lies between the two.
    Small values keep their relative precision, at any scale, shift and ratio of stds.
    Errors as in `kl_normals`. Source: Lin 1991. Chapter: js-saturation.
    """
    return js_integrals(*normals(mean_p, std_p, mean_q, std_q))[0][()]


def js_normals_gradient(mean_p: Numbers, std_p: Numbers, mean_q: Numbers, std_q: Numbers) -> NormalGradient:
    """Give the four derivatives of `js_normals`, in nats per unit of the data; tiny ones to relative precision.

    With u = ln p/q and the envelope theorem, ∂μp = ½ ∫ pq/(p+q) u′ dx = −∂μq; for ∂σp and −∂σq the integrand
    gains the factor (x − μ)/σ of its law. By parts these are scores, −½ ∫ ∂p ln(1 + q/p) dx. Errors as in `kl_normals`.
    Source: Goodfellow et al. 2014, §4.1 (optimal discriminator); Milgrom & Segal 2002. Chapter: js-saturation.
    """
    return _gradient(*js_integrals(*normals(mean_p, std_p, mean_q, std_q))[1:])


def w1_normals(mean_p: Numbers, std_p: Numbers, mean_q: Numbers, std_q: Numbers) -> Reals:
    """Give W1(P, Q) = s √(2/π) e^(−m²/2s²) + m erf(m/(s√2)) in units of the data, m = |μp − μq|, s = |σp − σq|.

    It is E|N(m, s²)|: the monotone map moves every point by a normal amount; m if s = 0. Errors as in `kl_normals`.
    Source: Villani 2003, Thm 2.18 and its remarks. Chapter: wasserstein-1d.
    """
    mean_p, std_p, mean_q, std_q = normals(mean_p, std_p, mean_q, std_q)
    shift, spread = mean_q - mean_p, np.abs(std_q - std_p)
    along_shift, along_spread = _w1_slopes(shift, spread)
    return (spread * along_spread + shift * along_shift)[()]


def w1_normals_gradient(mean_p: Numbers, std_p: Numbers, mean_q: Numbers, std_q: Numbers) -> NormalGradient:
    """Give the four derivatives of `w1_normals`, pure numbers: ∂μq = erf((μq − μp)/(s√2)) = −∂μp.

    ∂σq = sign(σq − σp) √(2/π) e^(−m²/2s²) = −∂σp. Where P = Q the distance has a corner and the subgradient 0 comes
    back. Errors as in `kl_normals`. Chapter: wasserstein-1d.
    """
    mean_p, std_p, mean_q, std_q = normals(mean_p, std_p, mean_q, std_q)
    shift, spread = _w1_slopes(mean_q - mean_p, np.abs(std_q - std_p))
    spread = spread * np.sign(std_q - std_p)
    return _gradient(-shift, -spread, shift, spread)


def w2_normals(mean_p: Numbers, std_p: Numbers, mean_q: Numbers, std_q: Numbers) -> Reals:
    """Give W2(P, Q) = √((μp − μq)² + (σp − σq)²) in units of the data (the distance, not its square).

    Errors as in `kl_normals`. Source: Givens & Shortt 1984. Chapter: wasserstein-1d.
    """
    mean_p, std_p, mean_q, std_q = normals(mean_p, std_p, mean_q, std_q)
    return np.hypot(mean_p - mean_q, std_p - std_q)[()]


def w2_normals_multivariate(
    mean_p: Numbers,
    covariance_p: Numbers,
    mean_q: Numbers,
    covariance_q: Numbers,
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
    # The trace is min |A^½ − B^½ O|² over rotations O, which the singular vectors of A^½ B^½ attain: no cancellation.
    left, _, right = np.linalg.svd((root_p / _largest(root_p)) @ (root_q / _largest(root_q)))
    return math.hypot(*(mean_p - mean_q), *(root_p - root_q @ right.T @ left.T).ravel())


def _w1_slopes(shift: Float[Any, "..."], spread: Float[Any, "..."]) -> tuple[Float[Any, "..."], Float[Any, "..."]]:
    """The derivatives of E|N(shift, spread²)| in the shift and in the spread."""
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        z = np.where(shift == 0, 0.0, shift / spread)
        corner = (shift == 0) & (spread == 0)
        return erf(z / np.sqrt(2)), np.where(corner, 0.0, np.sqrt(2 / np.pi) * np.exp(-0.5 * z**2))


def _largest(matrix: Float[np.ndarray, "d d"]) -> float:
    return float(np.abs(matrix).max(initial=0.0)) or 1.0


def _gradient(*parts: Float[Any, "..."]) -> NormalGradient:
    return NormalGradient(*(part[()] for part in parts))


def _square_root(name: str, covariance: Numbers, dim: int) -> Float[np.ndarray, "d d"]:
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
