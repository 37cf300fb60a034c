"""Figures to take hold of: one anywidget class per widget, whose traits are its whole state.

Each widget's drawing is an ES module in `js/`; its readings, the read-only traits, are computed here by the library.
"""

from wgan_lib.widgets.book_widget import BookWidget, InvalidTrait
from wgan_lib.widgets.budget import BudgetSlider
from wgan_lib.widgets.clipping import BoxSlope, ClippingDepth
from wgan_lib.widgets.clouds import NullHeaps, RecordedClouds, Repaint, Slice
from wgan_lib.widgets.critic import ExactAndLearned
from wgan_lib.widgets.curves import Curves, Line
from wgan_lib.widgets.diagnose import Diagnose
from wgan_lib.widgets.divergence import AmbientDimension, MoveGaussians, ParallelLines
from wgan_lib.widgets.duality import LipschitzCones, TwoSides
from wgan_lib.widgets.lab import WganLab
from wgan_lib.widgets.latent import LatentWalk
from wgan_lib.widgets.layers import PowerIteration, TwoEllipses, TwoUnits
from wgan_lib.widgets.line import FlatSpot, PlanTable, Uncross
from wgan_lib.widgets.penalty import Interpolates, PairsInPlane
from wgan_lib.widgets.plans import LoopPush, SinkhornBlur
from wgan_lib.widgets.player import RunPlayer
from wgan_lib.widgets.prices import CTransform, LoadSlack
from wgan_lib.widgets.quality import ErrorQuality
from wgan_lib.widgets.settling import ConstantPull, DiracPlane
from wgan_lib.widgets.transport import SandPiles, TransportPlan
from wgan_lib.widgets.trap import TwoSidedTrap

__all__ = [
    "AmbientDimension",
    "BookWidget",
    "BoxSlope",
    "BudgetSlider",
    "CTransform",
    "ClippingDepth",
    "ConstantPull",
    "Curves",
    "Diagnose",
    "DiracPlane",
    "ErrorQuality",
    "ExactAndLearned",
    "FlatSpot",
    "Interpolates",
    "InvalidTrait",
    "LatentWalk",
    "Line",
    "LipschitzCones",
    "LoadSlack",
    "LoopPush",
    "MoveGaussians",
    "NullHeaps",
    "PairsInPlane",
    "ParallelLines",
    "PlanTable",
    "PowerIteration",
    "RecordedClouds",
    "Repaint",
    "RunPlayer",
    "SandPiles",
    "SinkhornBlur",
    "Slice",
    "TransportPlan",
    "TwoEllipses",
    "TwoSidedTrap",
    "TwoSides",
    "TwoUnits",
    "Uncross",
    "WganLab",
]
