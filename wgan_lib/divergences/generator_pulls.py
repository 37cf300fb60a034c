"""What three generator losses tell a generated sample, where both laws are normal."""

from typing import NamedTuple

import numpy as np
from scipy.special import expit

from wgan_lib.divergences.arguments import Numbers, Reals, log_ratio, normals
from wgan_lib.divergences.normals import js_normals_gradient, w1_normals_gradient


class Pulls(NamedTuple):
    """The arrows that three generator losses give to generated samples, −∂loss/∂x. Chapter: js-saturation.

    Minimax and non-saturating pulls are in nats per unit of the data, the Wasserstein pull is a pure number.
    """

    minimax: Reals
    non_saturating: Reals
    wasserstein: Reals


def pulls(x: Numbers, mean_p: Numbers, std_p: Numbers, mean_q: Numbers, std_q: Numbers) -> Pulls:
    """Give the pull −∂loss/∂x that a generated sample at x feels under the optimal discriminator or critic.

    With u = ln p/q and D* = p/(p + q): minimax, from ln(1 − D*), D* u′; non-saturating, from −ln D*, (1 − D*) u′;
    Wasserstein, from −f*, sign(T(x) − x), where T(x) = μp + σp/σq (x − μq) is the monotone map. x broadcasts with the
    parameters; errors as in `kl_normals`. Source: Goodfellow et al. 2014, §3; Arjovsky & Bottou 2017, Thm 2.5;
    Gulrajani et al. 2017, Prop. 1. Chapter: js-saturation.
    """
    mean_p, std_p, mean_q, std_q, x = normals(mean_p, std_p, mean_q, std_q, x=x)
    with np.errstate(over="ignore", invalid="ignore"):
        z_p, z_q = (x - mean_p) / std_p, (x - mean_q) / std_q
        u = 0.5 * (z_q - z_p) * (z_q + z_p) - log_ratio(std_p, std_q)
        slope = z_q / std_q - z_p / std_p
        felt = [np.where(share > 0, share * slope, 0.0)[()] for share in (expit(u), expit(-u))]
    direction = np.sign((mean_p - mean_q) + (std_p - std_q) * z_q)  # T(x) − x, exactly 0 where the laws agree
    return Pulls(felt[0], felt[1], direction[()])


def mean_pulls(mean_p: Numbers, std_p: Numbers, mean_q: Numbers, std_q: Numbers) -> Pulls:
    """Give the averages of `pulls` over the generated law, which are what the generator's shift feels.

    Minimax −2 ∂JS/∂μq, non-saturating (μp − μq)/σp² + 2 ∂JS/∂μq, Wasserstein −∂W1/∂μq. For unit normals a shift
    δ apart: 2 JS′(δ), which dies; δ − 2 JS′(δ), which grows; and 1. Errors as in `kl_normals`.
    Source: Arjovsky & Bottou 2017, Thm 2.5. Chapter: js-saturation.
    """
    mean_p, std_p, mean_q, std_q = normals(mean_p, std_p, mean_q, std_q)
    minimax = -2 * np.asarray(js_normals_gradient(mean_p, std_p, mean_q, std_q).mean_q)
    wasserstein = -np.asarray(w1_normals_gradient(mean_p, std_p, mean_q, std_q).mean_q)
    return Pulls(minimax[()], ((mean_p - mean_q) / std_p / std_p - minimax)[()], wasserstein[()])
