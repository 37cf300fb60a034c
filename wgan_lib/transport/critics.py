"""The optimal critic of two clouds: prices that are fair and pay for the cheapest plan, on all of space."""

from typing import Literal

import numpy as np
from jaxtyping import Bool, Float
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from wgan_lib.checks import one_of
from wgan_lib.transport.cones import Cones, OptimalCritic
from wgan_lib.transport.distances import Array, Xs, XWeights, Ys, YWeights, distances, laws
from wgan_lib.transport.plans import plan


def optimal_critic(
    x: Xs,
    y: Ys,
    x_weights: XWeights = None,
    y_weights: YWeights = None,
    *,
    tips: Literal["x", "y", "both"] = "x",
    prices: Literal["corner", "middle"] = "corner",
) -> OptimalCritic:
    """Give a 1-Lipschitz f with E f(x) − E f(y) = W1: the discrete potentials extended to all of space.

    tips "x": max over i of f(xᵢ) − |z − xᵢ|, without tips at the y, where a generator takes its gradient; "y": min over
    j of f(yⱼ) + |z − yⱼ|; "both": their average. All agree along transport rays and differ elsewhere: f* is not unique.

    prices "corner" takes f from the solver, a corner of all that are optimal: a y that is tight with several x sits on
    a kink, and there are many such pairs. "middle" takes the mean of the shortest ways f(z) from every point as a start
    through the rules f(x) − f(y) ≤ |x − y|, with equality where the plan moves mass. Each is optimal, and in their mean
    only those rules are tight that always are, so that at almost every y the gradient is the plan's arrow.

    Other arguments and errors as in `w1`. Source: McShane 1934; Gulrajani et al. 2017, Prop. 1; Ahuja et al. 1993,
    chapter 9, on potentials as shortest ways. Chapter: kantorovich-rubinstein.
    """
    one_of("tips", tips, ("x", "y", "both"))
    one_of("prices", prices, ("corner", "middle"))
    best = plan(x, y, x_weights, y_weights)
    x, y, a, b = laws(x, y, x_weights, y_weights)
    used = np.ix_(a > 0, b > 0)
    x, y, a, b, f, g = x[a > 0], y[b > 0], a[a > 0], b[b > 0], best.potential_x[a > 0], best.potential_y[b > 0]
    if prices == "middle":
        f, g = _middle(distances(x, y), best.coupling[used] > 1e-9 * np.minimum.outer(a, b), f, g)
        shift = 0.5 * (a @ f - b @ g)
        f, g = f - shift, g + shift
    downward, upward = Cones(x, f, upward=False), Cones(y, -g, upward=True)
    return OptimalCritic({"x": (downward,), "y": (upward,), "both": (downward, upward)}[tips])


def _middle(
    cost: Float[np.ndarray, "n m"], used: Bool[np.ndarray, "n m"], f: Float[np.ndarray, "n"], g: Float[np.ndarray, "m"]
) -> tuple[Array, Array]:
    """The mean over all starts of the shortest ways through the rules, as potentials.

    Measured by how far each rule is from being tight under the solver's prices, no way is negative: Dijkstra's search
    will do, and rounding makes no way around a circle pay.
    """
    n, m = cost.shape
    slack = np.maximum(cost - f[:, None] - g, 0.0)
    slack[used] = 0.0
    i, j = np.nonzero(used)
    rows = np.concatenate([np.repeat(n + np.arange(m), n), i])  # from each y to all x, from each x to its partners
    columns = np.concatenate([np.tile(np.arange(n), m), n + j])
    ways = csr_array((np.concatenate([slack.T.ravel(), np.zeros(len(i))]), (rows, columns)), shape=(n + m, n + m))
    mean = dijkstra(ways).mean(axis=0)
    return f + mean[:n], g - mean[n:]
