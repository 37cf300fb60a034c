"""The cheapest plan between two clouds, exactly, with prices that prove it; and W1 by slices."""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from jaxtyping import Float, Num

from wgan_lib.checks import fitting, reals, shortly, whole
from wgan_lib.transport.distances import Array, Xs, XWeights, Ys, YWeights, distances, laws, unit

_MAX_PIVOTS = 10**7  # POT's default of 10^5 stops short of the optimum at a few thousand samples
_GAP = 1e-9  # of the largest distance: beyond it a plan does not count as the cheapest


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

    def scaled(self, scale: float) -> "Plan":
        """Return the plan in another unit, ``scale`` of which make one of this. Chapter: optimal-transport."""
        prices = {"potential_x": scale * self.potential_x, "potential_y": scale * self.potential_y}
        return replace(self, cost=scale * self.cost, duality_gap=scale * self.duality_gap, **prices)


def w1(x: Xs, y: Ys, x_weights: XWeights = None, y_weights: YWeights = None) -> float:
    """Give W1 = min over couplings of E|x − y|, exactly, in units of the data.

    x (n,) or (n, d), y (m,) or (m, d), weights (n,) and (m,), ≥ 0, summing to 1. In 1-D ∫ |F − G| by scipy, in R^d the
    linear programme by POT's network simplex. Raises ValueError for empty samples, NaN, inf, unequal dimensions or bad
    weights, TypeError for what is not real numbers, RuntimeError if the solver stops early.
    Source: Villani 2003, Thm 2.18 and its remarks; Bonneel et al. 2011. Chapter: optimal-transport.
    """
    x, y, a, b = laws(x, y, x_weights, y_weights)
    if x.shape[1] == 1:
        from scipy.stats import wasserstein_distance

        return float(wasserstein_distance(x[:, 0], y[:, 0], a, b))
    return _cheapest(x, y, a, b).cost


def plan(x: Xs, y: Ys, x_weights: XWeights = None, y_weights: YWeights = None) -> Plan:
    """Give an optimal `Plan`: the cheapest coupling and dual potentials that prove it. Arguments and errors as `w1`.

    POT's potentials are repaired by c-transforms, which never lowers the dual value; the free constant is fixed by
    E f = E g = W1/2. Neither coupling nor potentials are unique. Source: Peyré & Cuturi 2019, chapter 3.
    Chapter: optimal-transport.
    """
    return _cheapest(*laws(x, y, x_weights, y_weights))


def c_transform(
    potential: Num[Any, "m"] | Sequence[Any], cost: Num[Any, "n m"] | Sequence[Any]
) -> Float[np.ndarray, "n"]:
    """Give the largest f with f(xᵢ) + g(yⱼ) ≤ cᵢⱼ for a given g: f(xᵢ) = min over j of cᵢⱼ − g(yⱼ).

    potential (m,) and cost (n, m) share their units. Raises ValueError for shapes that do not fit, NaN or inf.
    Source: Villani 2003, chapter 2; Mallasto et al. 2019 estimate W1 by it. Chapter: kantorovich-rubinstein.
    """
    cost, potential = reals("cost", cost), reals("potential", potential)
    if cost.ndim != 2 or 0 in cost.shape or potential.shape != cost.shape[1:]:
        raise ValueError(f"cost must be (n, m) and potential (m,), got shapes {cost.shape} and {potential.shape}")
    return (cost - potential).min(axis=1)


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
        raise TypeError(f"rng must be a numpy.random.Generator, got {shortly(rng)}")
    n_projections = whole("n_projections", n_projections)
    import ot

    x, y, a, b = laws(x, y, x_weights, y_weights)
    with fitting("n_projections", n_projections):
        directions = rng.standard_normal((x.shape[1], n_projections))
    directions /= np.linalg.norm(directions, axis=0)
    return float(ot.sliced_wasserstein_distance(x, y, a, b, projections=directions, p=1))


def _cheapest(x: Array, y: Array, a: Array, b: Array) -> Plan:
    # POT's simplex takes differences below an absolute 2e-15 for none: it works in a unit of about the clouds' extent.
    scale = unit(x, y)
    cost = distances(x / scale, y / scale)
    coupling, potential = _couple(a, b, cost)
    best = certified(a, b, cost, coupling, potential)
    if best.duality_gap > _GAP * cost.max():
        raise RuntimeError(
            f"POT found no optimal plan for {len(a)} and {len(b)} samples: {scale * best.cost:g} may be "
            f"{scale * best.duality_gap:.1g} above the least cost"
        )
    return best.scaled(scale)


def _couple(a: Array, b: Array, cost: Array) -> tuple[Array, Array]:
    """An optimal coupling and POT's potential on the y."""
    import ot

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # an early stop is raised below instead
        coupling, log = ot.emd(a, b, cost, numItermax=_MAX_PIVOTS, log=True)
    if log["warning"] is not None:
        raise RuntimeError(f"POT found no optimal plan for {len(a)} and {len(b)} samples: {log['warning']}")
    return coupling, log["v"]


def certified(a: Array, b: Array, cost: Array, coupling: Array, potential: Array) -> Plan:
    """Give the plan with potentials made feasible everywhere; those of samples without weight are not to be trusted.

    Chapter: optimal-transport.
    """
    f = c_transform(potential[b > 0], cost[:, b > 0])
    g = c_transform(f[a > 0], cost[a > 0].T)
    f = c_transform(g, cost)
    shift = 0.5 * (a @ f - b @ g)
    f, g = f - shift, g + shift
    total = float((coupling * cost).sum())
    return Plan(total, coupling, f, g, total - float(a @ f + b @ g))
