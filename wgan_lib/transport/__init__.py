"""Optimal transport between two clouds of samples: exact, by its dual, with entropy, and by slices.

Conventions: the cost of moving from x to y is the Euclidean |x − y|, so every distance carries the units of the data.
Potentials satisfy f(x) + g(y) ≤ |x − y|; the critic is f on the x and −g on the y, so that E f(x) − E f(y) = W1 where x
is real and y generated. Weights default to equal ones. Samples may be numpy arrays or torch tensors on any device.
"""

import warnings
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np
from jaxtyping import Float, Num
from scipy.spatial.distance import cdist

from wgan_lib.checks import reals, samples, weights
from wgan_lib.transport.cones import Cones, OptimalCritic

Xs: TypeAlias = Num[Any, "n"] | Num[Any, "n d"]
Ys: TypeAlias = Num[Any, "m"] | Num[Any, "m d"]
XWeights: TypeAlias = Num[Any, "n"] | None
YWeights: TypeAlias = Num[Any, "m"] | None
Array: TypeAlias = Float[np.ndarray, "..."]

_MAX_PIVOTS = 10**7  # POT's default of 10^5 stops short of the optimum at a few thousand samples


@dataclass(frozen=True)
class Plan:
    """A way to carry x to y, with prices that bound how much better any other way can be.

    `cost` is Σ πᵢⱼ |xᵢ − yⱼ| for the `coupling` π (n, m), whose margins are the weights. `potential_x` (n,) and
    `potential_y` (m,) satisfy f(xᵢ) + g(yⱼ) ≤ |xᵢ − yⱼ| everywhere. `duality_gap` = cost − (E f + E g) ≥ 0 up to
    rounding, so W1 lies in [cost − gap, cost]. Source: Villani 2003, Thm 1.3. Chapter: optimal-transport.
    """

    cost: float
    coupling: Float[np.ndarray, "n m"]
    potential_x: Float[np.ndarray, "n"]
    potential_y: Float[np.ndarray, "m"]
    duality_gap: float


def w1(x: Xs, y: Ys, x_weights: XWeights = None, y_weights: YWeights = None) -> float:
    """Give W1 = min over couplings of E|x − y|, exactly, in units of the data.

    x (n,) or (n, d), y (m,) or (m, d), weights (n,) and (m,), ≥ 0, summing to 1. In 1-D ∫ |F − G| by scipy, in R^d the
    linear programme by POT's network simplex. Raises ValueError for empty samples, NaN, inf, unequal dimensions or bad
    weights, TypeError for what is not real numbers, RuntimeError if the solver stops early.
    Source: Villani 2003, Thm 2.18 and its remarks; Bonneel et al. 2011. Chapter: optimal-transport.
    """
    x, y, a, b = _laws(x, y, x_weights, y_weights)
    if x.shape[1] == 1:
        from scipy.stats import wasserstein_distance

        return float(wasserstein_distance(x[:, 0], y[:, 0], a, b))
    cost = cdist(x, y)
    return float((_couple(a, b, cost)[0] * cost).sum())


def plan(x: Xs, y: Ys, x_weights: XWeights = None, y_weights: YWeights = None) -> Plan:
    """Give an optimal `Plan`: the cheapest coupling and dual potentials that prove it. Arguments and errors as `w1`.

    POT's potentials are repaired by c-transforms, which never lowers the dual value; the free constant is fixed by
    E f = E g = W1/2. Neither coupling nor potentials are unique. Source: Peyré & Cuturi 2019, chapter 3.
    Chapter: optimal-transport.
    """
    x, y, a, b = _laws(x, y, x_weights, y_weights)
    cost = cdist(x, y)
    coupling, potential = _couple(a, b, cost)
    return _certified(a, b, cost, coupling, potential)


def optimal_critic(
    x: Xs,
    y: Ys,
    x_weights: XWeights = None,
    y_weights: YWeights = None,
    *,
    tips: Literal["x", "y", "both"] = "x",
) -> OptimalCritic:
    """Give a 1-Lipschitz f with E f(x) − E f(y) = W1: the discrete potentials extended to all of space.

    tips "x": max over i of f(xᵢ) − |z − xᵢ|, without tips at the y, where a generator takes its gradient; "y": min over
    j of f(yⱼ) + |z − yⱼ|; "both": their average. All agree along transport rays and differ elsewhere: f* is not unique.
    A y that is tight with several x still sits on a kink, and the solver's potentials have many such pairs.
    Other arguments and errors as in `w1`. Source: McShane 1934; Gulrajani et al. 2017, Prop. 1.
    Chapter: kantorovich-rubinstein.
    """
    if tips not in ("x", "y", "both"):
        raise ValueError(f'tips must be "x", "y" or "both", got {tips!r}')
    best = plan(x, y, x_weights, y_weights)
    x, y, a, b = _laws(x, y, x_weights, y_weights)
    downward = Cones(x[a > 0], best.potential_x[a > 0], upward=False)
    upward = Cones(y[b > 0], -best.potential_y[b > 0], upward=True)
    return OptimalCritic({"x": (downward,), "y": (upward,), "both": (downward, upward)}[tips])


def c_transform(potential: Num[Any, "m"], cost: Num[Any, "n m"]) -> Float[np.ndarray, "n"]:
    """Give the largest f with f(xᵢ) + g(yⱼ) ≤ cᵢⱼ for a given g: f(xᵢ) = min over j of cᵢⱼ − g(yⱼ).

    potential (m,) and cost (n, m) share their units. Raises ValueError for shapes that do not fit, NaN or inf.
    Source: Villani 2003, chapter 2; Mallasto et al. 2019 estimate W1 by it. Chapter: kantorovich-rubinstein.
    """
    cost, potential = reals("cost", cost), reals("potential", potential)
    if cost.ndim != 2 or 0 in cost.shape or potential.shape != cost.shape[1:]:
        raise ValueError(f"cost must be (n, m) and potential (m,), got shapes {cost.shape} and {potential.shape}")
    return (cost - potential).min(axis=1)


def sinkhorn(
    x: Xs,
    y: Ys,
    regularisation: float,
    x_weights: XWeights = None,
    y_weights: YWeights = None,
    *,
    max_iterations: int = 10_000,
    tolerance: float = 1e-5,
) -> Plan:
    """Give the `Plan` that minimises E|x − y| + ε KL(π‖a⊗b), certified as a plan for W1 itself.

    regularisation ε > 0 in units of the data; W1 lies in [cost − duality_gap, cost], because the coupling is rounded
    to exact margins and the potentials are c-transformed. Raises RuntimeError when the margins are off by more than
    tolerance after max_iterations; other errors as in `w1`. Source: Cuturi 2013; Altschuler et al. 2017, Alg. 2
    (rounding). Chapter: optimal-transport.
    """
    x, y, a, b = _laws(x, y, x_weights, y_weights)
    cost = cdist(x, y)
    coupling = np.zeros_like(cost)
    kept_x, kept_y = a > 0, b > 0
    log_coupling, _, g = _entropic(
        a[kept_x], b[kept_y], cost[kept_x][:, kept_y], regularisation, max_iterations, tolerance
    )
    coupling[np.ix_(kept_x, kept_y)] = np.exp(log_coupling)
    coupling *= np.minimum(1.0, a / np.where(kept_x, coupling.sum(1), 1.0))[:, None]
    coupling *= np.minimum(1.0, b / np.where(kept_y, coupling.sum(0), 1.0))
    missing_x, missing_y = a - coupling.sum(1), b - coupling.sum(0)
    if missing_y.sum() > 0:
        coupling += np.outer(missing_x, missing_y) / missing_y.sum()
    potential = np.zeros_like(b)
    potential[kept_y] = g
    return _certified(a, b, cost, coupling, potential)


def sinkhorn_divergence(
    x: Xs,
    y: Ys,
    regularisation: float,
    x_weights: XWeights = None,
    y_weights: YWeights = None,
    *,
    max_iterations: int = 10_000,
    tolerance: float = 1e-5,
) -> float:
    """Give the debiased S_ε = OT_ε(x, y) − ½ OT_ε(x, x) − ½ OT_ε(y, y), ≥ 0 and 0 only for equal laws.

    OT_ε is the minimum of E|x − y| + ε KL(π‖a⊗b). From W1 (ε → 0) to half the energy distance E|x − y| −
    ½E|x − x′| − ½E|y − y′| (ε → ∞), in units of the data; a lower tolerance costs many iterations for little, because
    the value is stationary in the potentials. Arguments and errors as in `sinkhorn`.
    Source: Feydy et al. 2019, eq. 3 and Thm 1. Chapter: what-wgans-are.
    """
    x, y, a, b = _laws(x, y, x_weights, y_weights)
    x, y, a, b = x[a > 0], y[b > 0], a[a > 0], b[b > 0]

    def value(p: Array, q: Array, p_weights: Array, q_weights: Array) -> float:
        _, f, g = _entropic(p_weights, q_weights, cdist(p, q), regularisation, max_iterations, tolerance)
        return float(p_weights @ f + q_weights @ g)

    return value(x, y, a, b) - 0.5 * value(x, x, a, a) - 0.5 * value(y, y, b, b)


def sliced_w1(
    x: Xs,
    y: Ys,
    rng: np.random.Generator,
    x_weights: XWeights = None,
    y_weights: YWeights = None,
    *,
    n_projections: int = 100,
) -> float:
    """Give the average of the 1-D W1 over random directions θ on the sphere, E_θ W1(θ·x, θ·y) ≤ W1.

    In units of the data; rng draws the n_projections ≥ 1 directions. Other arguments and errors as in `w1`.
    Source: Bonneel et al. 2015. Chapter: samples.
    """
    if not isinstance(rng, np.random.Generator):
        raise TypeError(f"rng must be a numpy.random.Generator, got {rng!r}")
    if n_projections < 1:
        raise ValueError(f"n_projections must be at least 1, got {n_projections}")
    import ot

    x, y, a, b = _laws(x, y, x_weights, y_weights)
    directions = rng.standard_normal((x.shape[1], n_projections))
    directions /= np.linalg.norm(directions, axis=0)
    return float(ot.sliced_wasserstein_distance(x, y, a, b, projections=directions, p=1))


def _couple(a: Array, b: Array, cost: Array) -> tuple[Array, Array]:
    """An optimal coupling and POT's potential on the y."""
    import ot

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # an early stop is raised below instead
        coupling, log = ot.emd(a, b, cost, numItermax=_MAX_PIVOTS, log=True)
    if log["warning"] is not None:
        raise RuntimeError(f"POT found no optimal plan for {len(a)} and {len(b)} samples: {log['warning']}")
    return coupling, log["v"]


def _certified(a: Array, b: Array, cost: Array, coupling: Array, potential: Array) -> Plan:
    """The plan with potentials made feasible everywhere; those of samples without weight are not to be trusted."""
    f = c_transform(potential[b > 0], cost[:, b > 0])
    g = c_transform(f[a > 0], cost[a > 0].T)
    f = c_transform(g, cost)
    shift = 0.5 * (a @ f - b @ g)
    f, g = f - shift, g + shift
    total = float((coupling * cost).sum())
    return Plan(total, coupling, f, g, total - float(a @ f + b @ g))


def _entropic(
    a: Array, b: Array, cost: Array, regularisation: float, max_iterations: int, tolerance: float
) -> tuple[Array, Array, Array]:
    """The logarithm of the entropic coupling and its potentials, for positive weights."""
    for name, value in (("regularisation", regularisation), ("tolerance", tolerance)):
        if not 0 < value < np.inf:
            raise ValueError(f"{name} must be positive and finite, got {value}")
    if max_iterations < 1:
        raise ValueError(f"max_iterations must be at least 1, got {max_iterations}")
    import ot

    _, log = ot.bregman.sinkhorn_log(
        a, b, cost, regularisation, numItermax=max_iterations, stopThr=tolerance, log=True, warn=False
    )
    log_coupling = log["log_u"][:, None] + log["log_v"] - cost / regularisation
    error = float(np.abs(np.exp(log_coupling).sum(0) - b).sum())
    if not error <= tolerance * np.sqrt(len(b)):
        raise RuntimeError(
            f"Sinkhorn's margins are off by {error:.2g} after {max_iterations} iterations at regularisation "
            f"{regularisation:g}: raise the regularisation, max_iterations or tolerance ({tolerance:g})"
        )
    f, g = log["log_u"] - np.log(a), log["log_v"] - np.log(b)
    return log_coupling, regularisation * f, regularisation * g


def _laws(x: Xs, y: Ys, x_weights: XWeights, y_weights: YWeights) -> tuple[Array, Array, Array, Array]:
    points_x, points_y = samples("x", x), samples("y", y)
    if points_x.shape[1] != points_y.shape[1]:
        raise ValueError(f"x and y must have one dimension d, got {points_x.shape[1]} and {points_y.shape[1]}")
    a, b = weights("x_weights", x_weights, len(points_x)), weights("y_weights", y_weights, len(points_y))
    return points_x, points_y, a, b
