"""The integrals behind the Jensen–Shannon divergence of two normals, which has no closed form."""

import numpy as np
from jaxtyping import Float
from scipy.special import expit

LN2 = float(np.log(2.0))
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(16)
_STEPS = np.arange(-10.0, 11.0)  # standard deviations: beyond ten of them a normal holds 1e-23 of its mass
_LAYERS = np.array([-70.0, -30.0, -12.0, -4.0, 0.0, 4.0, 12.0, 30.0, 70.0])  # distances in ln p/q from p = q
_CHUNK = 256  # parameter sets integrated at once: about 2 MB per intermediate array
_EXTREME = 1e150  # beyond such ratios nothing changes but squares overflow


def confidence(log_ratio: Float[np.ndarray, "..."]) -> Float[np.ndarray, "..."]:
    """Give ln 2 minus the entropy of D = p/(p + q) in nats, from u = ln p/q; JS is its average over (P + Q)/2.

    h tanh h − ln cosh h at h = u/2, between 0 (D = ½) and ln 2 (D is 0 or 1, u = ±inf), with neither overflow nor
    cancellation. Source: Goodfellow et al. 2014, Thm 1. Chapter: js-saturation.
    """
    half = 0.5 * np.minimum(np.abs(log_ratio), 1500.0)  # infinite ratios included: e^−1500 is 0
    decay = np.exp(-2 * half)
    near = half * np.tanh(half) - 0.5 * np.log1p(np.sinh(np.minimum(half, 1.0)) ** 2)
    far = LN2 - 2 * half * decay / (1 + decay) - np.log1p(decay)
    return np.where(half < 1, near, far)


def js_integrals(
    mean_p: Float[np.ndarray, "*b"],
    std_p: Float[np.ndarray, "*b"],
    mean_q: Float[np.ndarray, "*b"],
    std_q: Float[np.ndarray, "*b"],
) -> Float[np.ndarray, "4 *b"]:
    """Give JS(P, Q) in nats and ½σp ∫ pq/(p+q) u′ k dx for k = 1, (x − μp)/σp, (x − μq)/σq, with u = ln p/q.

    Expects finite numbers and stds > 0, which `divergences` checks. Chapter: js-saturation.
    """
    with np.errstate(over="ignore", under="ignore"):
        shift = np.clip((mean_q - mean_p) / std_p, -_EXTREME, _EXTREME).reshape(-1, 1)
        ratio = np.clip(std_q / std_p, 1 / _EXTREME, _EXTREME).reshape(-1, 1)
    starts = range(0, max(len(shift), 1), _CHUNK)
    parts = [_standard_integrals(shift[i : i + _CHUNK], ratio[i : i + _CHUNK]) for i in starts]
    return np.concatenate(parts, axis=1).reshape(4, *std_p.shape)


def _standard_integrals(d: Float[np.ndarray, "k 1"], r: Float[np.ndarray, "k 1"]) -> Float[np.ndarray, "4 k"]:
    """The same for N(0, 1) against N(d, r²), by Gauss–Legendre panels one standard deviation of either law wide.

    Extra panels surround the two places where p = q: there lies all of pq/(p+q) when the laws are far apart.
    """
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        root = np.sqrt(d**2 - 2 * (1 - r**2) * np.log(r))  # u is quadratic in x; both terms are ≥ 0
        larger = 0.5 * (d + np.copysign(r * root, d))
        crossings = np.concatenate([2 * larger / (1 - r**2), (0.5 * d**2 + r**2 * np.log(r)) / larger], axis=1)
        layers = (crossings[..., None] + _LAYERS * (r / root)[..., None]).reshape(len(d), crossings.shape[1] * 9)
        edges = np.concatenate([_STEPS + 0 * d, d + r * _STEPS, np.nan_to_num(layers, nan=0.0)], axis=1)
        low, high = np.minimum(_STEPS[0], d + r * _STEPS[0]), np.maximum(_STEPS[-1], d + r * _STEPS[-1])
        edges = np.sort(np.clip(edges, low, high), axis=1)
        half = 0.5 * np.diff(edges)[..., None]
        z_p = edges[:, :-1, None] + half * (1 + _NODES)
        d, r = d[..., None], r[..., None]
        z_q = (z_p - d) / r
        log_p, log_q = -0.5 * z_p**2, -0.5 * z_q**2 - np.log(r)
        log_ratio = 0.5 * (z_q - z_p) * (z_q + z_p) + np.log(r)
        weights = half * _WEIGHTS / np.sqrt(2 * np.pi)
        overlap = 0.5 * np.exp(np.minimum(log_p, log_q)) * expit(np.abs(log_ratio)) * weights  # ½ pq/(p+q)
        pull = np.where(overlap > 0, overlap * (z_q / r - z_p), 0.0)
        value = 0.5 * (np.exp(log_p) + np.exp(log_q)) * confidence(log_ratio) * weights
    return np.stack([integrand.sum((-1, -2)) for integrand in (value, pull, pull * z_p, pull * z_q)])
