"""What a critic's numbers prove: measured slopes, exact bounds, certified lower bounds, gradients by layer, curves.

A measured slope is a *lower* bound on the Lipschitz constant, a product of norms an *upper* one; both are in units of
score per unit of data. Nothing here changes the critic. Samples are tensors, numpy arrays or lists; they are taken in
the precision and to the device of the critic's parameters.
"""

from wgan_lib.diagnostics.bounds import convolution_norm, lipschitz_bound
from wgan_lib.diagnostics.curves import SIGNS, CurveSigns, EarlyStopping, Meaning, curve_signs
from wgan_lib.diagnostics.layers import gradient_norm_by_layer, share_at_bound
from wgan_lib.diagnostics.slopes import (
    certified_lower_bound,
    gradient_norms,
    lipschitz_on_pairs,
    slope_at_interpolates,
    slope_on_grid,
)

__all__ = [
    "SIGNS",
    "CurveSigns",
    "EarlyStopping",
    "Meaning",
    "certified_lower_bound",
    "convolution_norm",
    "curve_signs",
    "gradient_norm_by_layer",
    "gradient_norms",
    "lipschitz_bound",
    "lipschitz_on_pairs",
    "share_at_bound",
    "slope_at_interpolates",
    "slope_on_grid",
]
