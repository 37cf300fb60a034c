"""Transport with entropy: Sinkhorn's plan and the divergence made of it."""

import numpy as np

from wgan_lib.checks import number, whole
from wgan_lib.transport.distances import Array, Xs, XWeights, Ys, YWeights, distances, laws, unit
from wgan_lib.transport.plans import Plan, certified


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
    x, y, a, b = laws(x, y, x_weights, y_weights)
    scale = unit(x, y)
    cost = distances(x / scale, y / scale)
    coupling = np.zeros_like(cost)
    kept_x, kept_y = a > 0, b > 0
    log_coupling, _, g = _entropic(
        a[kept_x], b[kept_y], cost[kept_x][:, kept_y], regularisation, scale, max_iterations, tolerance
    )
    coupling[np.ix_(kept_x, kept_y)] = np.exp(log_coupling)
    coupling *= np.minimum(1.0, a / np.where(kept_x, coupling.sum(1), 1.0))[:, None]
    coupling *= np.minimum(1.0, b / np.where(kept_y, coupling.sum(0), 1.0))
    missing_x, missing_y = a - coupling.sum(1), b - coupling.sum(0)
    if missing_y.sum() > 0:
        coupling += np.outer(missing_x, missing_y) / missing_y.sum()
    potential = np.zeros_like(b)
    potential[kept_y] = g
    return certified(a, b, cost, coupling, potential).scaled(scale)


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
    x, y, a, b = laws(x, y, x_weights, y_weights)
    scale = unit(x, y)
    x, y, a, b = x[a > 0] / scale, y[b > 0] / scale, a[a > 0], b[b > 0]

    def value(p: Array, q: Array, p_weights: Array, q_weights: Array) -> float:
        _, f, g = _entropic(p_weights, q_weights, distances(p, q), regularisation, scale, max_iterations, tolerance)
        return float(p_weights @ f + q_weights @ g)

    return scale * (value(x, y, a, b) - 0.5 * value(x, x, a, a) - 0.5 * value(y, y, b, b))


def _entropic(
    a: Array, b: Array, cost: Array, regularisation: float, scale: float, max_iterations: int, tolerance: float
) -> tuple[Array, Array, Array]:
    """The logarithm of the entropic coupling and its potentials, for positive weights, with the cost in ``scale``s."""
    told, tolerance = number("regularisation", regularisation, above=0.0), number("tolerance", tolerance, above=0.0)
    max_iterations, regularisation = whole("max_iterations", max_iterations), told / scale
    import ot

    _, log = ot.bregman.sinkhorn_log(
        a, b, cost, regularisation, numItermax=max_iterations, stopThr=tolerance, log=True, warn=False
    )
    log_coupling = log["log_u"][:, None] + log["log_v"] - cost / regularisation
    error = float(np.abs(np.exp(log_coupling).sum(0) - b).sum())
    if not error <= tolerance * np.sqrt(len(b)):
        raise RuntimeError(
            f"Sinkhorn's margins are off by {error:.2g} after {max_iterations} iterations at regularisation "
            f"{told:g}: raise the regularisation, max_iterations or tolerance ({tolerance:g})"
        )
    f, g = log["log_u"] - np.log(a), log["log_v"] - np.log(b)
    return log_coupling, regularisation * f, regularisation * g
