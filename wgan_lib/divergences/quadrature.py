"""The integrals behind the Jensen–Shannon divergence of two normals, which has no closed form."""

from typing import Any, TypeAlias

import numpy as np
from jaxtyping import Float
from scipy.special import expit

LN2 = float(np.log(2.0))
_FAR = 80.0  # standard deviations of the wider law: beyond them the overlap, at most e^(−80²/8), is no float
_SLIGHT = 1e-300  # a narrower law changes nothing
_DEPTH = 45.0  # nodes lie where ln min(p, q) is within this of its maximum: e^−45 is 3e-20
_CHUNK = 2**20  # nodes at once: 8 MB per intermediate array


def confidence(log_ratio: Float[Any, "..."]) -> Float[Any, "..."]:
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
    mean_p: Float[Any, "*b"],
    std_p: Float[Any, "*b"],
    mean_q: Float[Any, "*b"],
    std_q: Float[Any, "*b"],
) -> tuple[Float[Any, "*b"], ...]:
    """Give JS(P, Q) in nats and its derivatives in the four parameters, in the order of the arguments.

    Expects finite numbers and stds > 0, which `divergences` checks. Any scale, shift and ratio of stds will do: what
    the laws share lies within the bulk of the narrower one, whose standard coordinate the integral runs over.
    Chapter: js-saturation.
    """
    swap = std_p < std_q  # the narrower law is the second from here on
    wide, narrow = np.maximum(std_p, std_q).ravel(), np.minimum(std_p, std_q).ravel()
    with np.errstate(over="ignore", under="ignore"):
        shift = (
            np.where(swap, mean_p / 2 - mean_q / 2, mean_q / 2 - mean_p / 2).ravel() / wide
        )  # halves do not overflow
        d = np.clip(2 * shift, -_FAR, _FAR)
        excess = np.minimum((wide - narrow) / wide, 1 - np.finfo(float).eps)
        r = np.maximum(narrow / wide, _SLIGHT)
    log_r = np.where(excess < 0.5, np.log1p(-excess), np.log(r))
    value, *slopes = (part.reshape(std_p.shape) for part in _standard_integrals(d, r, log_r, excess))
    with np.errstate(over="ignore"):
        along_mean, along_wide, along_narrow = (part / np.maximum(std_p, std_q) for part in slopes)
    along_mean = np.where(swap, -along_mean, along_mean)
    along_p, along_q = np.where(swap, (along_narrow, along_wide), (along_wide, along_narrow))
    return value, along_mean, along_p, -along_mean, along_q


def _standard_integrals(
    d: Float[np.ndarray, "k"], r: Float[np.ndarray, "k"], log_r: Float[np.ndarray, "k"], excess: Float[np.ndarray, "k"]
) -> Float[np.ndarray, "4 k"]:
    """JS of P = N(0, 1) and Q = N(d, r²), r ≤ 1, and its derivatives in P's mean and std and in Q's std.

    By the trapezoid rule, which converges geometrically on analytic functions that die at both ends. Nearest to the
    line lie the poles of p/(p + q), π over the slope of ln p/q away from the crossings of p and q.
    """
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        slope = np.sqrt(d**2 - 2 * (1 - r**2) * log_r)  # of ln p/q at its roots, in Q's standard coordinate z
        larger = d * r + np.copysign(slope, d)
        roots = np.stack([0 * d, -d / r, larger / ((1 + r) * excess), (2 * log_r - d**2) / larger])
        lower = np.minimum(-0.5 * roots**2, log_r - 0.5 * (d + r * roots) ** 2)
        # The smaller of two log-concave densities is largest at one's mode or where they cross: nodes go around there.
        depth = _DEPTH - np.nanmax(lower, axis=0)
        reach_q, reach_p = np.sqrt(2 * depth), np.sqrt(2 * np.maximum(depth + log_r, 0.0))
        low, high = np.maximum(-reach_q, (-d - reach_p) / r), np.minimum(reach_q, (-d + reach_p) / r)
    n = np.ceil((high - low) * np.maximum(2.5, slope / 0.45)).astype(int) + 2
    result = np.empty((4, len(d)))
    order = np.argsort(n, kind="stable")
    start = 0
    while start < len(d):
        stop = start + 1
        while stop < len(d) and (stop + 1 - start) * n[order[stop]] <= _CHUNK:
            stop += 1
        chunk = order[start:stop]
        columns = (values[chunk, None] for values in (d, r, log_r, excess, low, high))
        result[:, chunk] = _trapezoid(int(n[chunk[-1]]), *columns)
        start = stop
    return result


Column: TypeAlias = Float[np.ndarray, "k 1"]


def _trapezoid(
    nodes: int, d: Column, r: Column, log_r: Column, excess: Column, low: Column, high: Column
) -> Float[np.ndarray, "4 k"]:
    z = low + (high - low) * np.linspace(0, 1, nodes)
    z_p = d + r * z
    u = 0.5 * (excess * z - d) * (z + z_p) + log_r  # ln p/q: z − z_p = (1 − r) z − d
    weight = (high - low) / (nodes - 1) / np.sqrt(2 * np.pi)
    q, p = np.exp(-0.5 * z**2) * weight, np.exp(log_r - 0.5 * z_p**2) * weight
    p_lost, q_lost = p * np.logaddexp(0.0, -u), q * np.logaddexp(0.0, u)  # p ln(1 + q/p): what P misses of ln 2
    value = LN2 - 0.5 * (p_lost + q_lost).sum(-1)
    value = np.where(value < 0.01, (0.5 * (p + q) * confidence(u)).sum(-1), value)  # relative precision of small ones
    overlap = 0.5 * np.where(u > 0, q * expit(u), p * expit(-u)) * (excess * (1 + r) * z - r * d)  # ½ pq/(p + q) u′
    # By the score where the laws differ much in width, by parts where they may be close: neither cancels there.
    by_score = np.stack([-0.5 * (z_p * p_lost).sum(-1), -0.5 * ((z_p**2 - 1) * p_lost).sum(-1)])
    by_parts = np.stack([overlap.sum(-1), (overlap * z_p).sum(-1)]) / r[:, 0]
    along_p = np.where(r[:, 0] < 0.5, by_score, by_parts)
    return np.stack([np.clip(value, 0.0, LN2), *along_p, -(overlap * z).sum(-1) / r[:, 0]])
