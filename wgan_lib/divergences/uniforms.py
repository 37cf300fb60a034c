"""W1 of two uniform laws in closed form, with its derivatives."""

from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float

from wgan_lib.divergences.arguments import Numbers, Reals, broadcast


class UniformGradient(NamedTuple):
    """The derivatives of a divergence between U[a, b] and U[c, d] in the four ends. Chapter: wasserstein-1d."""

    a: Reals
    b: Reals
    c: Reals
    d: Reals


def w1_uniforms(a: Numbers, b: Numbers, c: Numbers, d: Numbers) -> Reals:
    """Give W1(U[a, b], U[c, d]) = ∫₀¹ |(1 − t)Δ₀ + tΔ₁| dt in units of the data, Δ₀ = c − a, Δ₁ = d − b.

    |Δ₀ + Δ₁|/2 if the ends move the same way, else (Δ₀² + Δ₁²)/(2(|Δ₀| + |Δ₁|)). a = b is a point mass.
    Raises ValueError for NaN, inf, a > b, c > d or shapes that do not broadcast. Chapter: wasserstein-1d.
    """
    low, high = _end_shifts(a, b, c, d)
    total = np.abs(low) + np.abs(high)
    a, b, whole = np.abs(low), np.abs(high), np.where(total > 0, total, 1.0)
    return np.where(np.sign(low) * np.sign(high) >= 0, total / 2, (a * (a / whole) + b * (b / whole)) / 2)[()]


def w1_uniforms_gradient(a: Numbers, b: Numbers, c: Numbers, d: Numbers) -> UniformGradient:
    """Give the four derivatives of `w1_uniforms`, pure numbers: ∂c = ∫ (1 − t) sign dt = −∂a, ∂d = ∫ t sign dt = −∂b.

    Where both ends agree the distance has a corner and the subgradient 0 comes back. Errors as in `w1_uniforms`.
    Chapter: wasserstein-1d.
    """
    low, high = _end_shifts(a, b, c, d)
    total = np.abs(low) + np.abs(high)
    turn = np.abs(low) / np.where(total > 0, total, 1.0)  # the quantile level at which the motion changes direction
    same, sign = np.sign(low) * np.sign(high) >= 0, np.where(low == 0, np.sign(high), np.sign(low))
    along_low = sign * np.where(same, 0.5, 2 * turn - turn**2 - 0.5)
    along_high = sign * np.where(same, 0.5, turn**2 - 0.5)
    return UniformGradient((-along_low)[()], (-along_high)[()], along_low[()], along_high[()])


def _end_shifts(a: Numbers, b: Numbers, c: Numbers, d: Numbers) -> list[Float[Any, "*b"]]:
    low_p, high_p, low_q, high_q = broadcast(a=a, b=b, c=c, d=d)
    for names, low, high in (("a ≤ b", low_p, high_p), ("c ≤ d", low_q, high_q)):
        if (low > high).any():
            raise ValueError(f"a uniform law needs {names}, got {low[low > high].flat[0]} > {high[low > high].flat[0]}")
    return [low_q - low_p, high_q - high_p]
