"""What the search of `constraint_by_loss` may choose from: pairs of constraint and loss, the box, its frozen draws."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from wgan_lib.constraints import (
    GradientPenalty,
    LipschitzConstraint,
    Orthonormal,
    SpectralNorm,
    Unconstrained,
    WeightClipping,
)
from wgan_lib.losses import HINGE, NON_SATURATING, RELATIVISTIC, WASSERSTEIN

BOX = Path(__file__).with_name("constraint_by_loss.json")
LOSSES = {
    "Wasserstein": WASSERSTEIN, "non-saturating": NON_SATURATING, "hinge": HINGE, "relativistic": RELATIVISTIC,
}  # fmt: skip
PAIRS = [
    *[(c, "Wasserstein") for c in ("none", "clipping", "GP", "one-sided GP", "SN", "orthonormal")],
    *[(c, "non-saturating") for c in ("none", "clipping", "GP", "one-sided GP", "R1", "R1 + R2", "SN", "orthonormal")],
    *[(c, "hinge") for c in ("GP", "SN")],
    *[(c, "relativistic") for c in ("GP", "R1 + R2")],
]
PAPERS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "Arjovsky 2017, Algorithm 1": ("clipping", "Wasserstein", {"number": 0.01, "critic steps": 5, "rmsprop": 5e-5}),
    "Gulrajani 2017, Algorithm 1": ("GP", "Wasserstein", {"number": 10.0, "critic steps": 5, "adam": (1e-4, 0.0, 0.9)}),
    "Miyato 2018, setting C": ("SN", "non-saturating", {"critic steps": 1, "adam": (2e-4, 0.5, 0.999)}),
    "Mescheder 2018, section 6": (
        "R1",
        "non-saturating",
        {"number": 10.0, "critic steps": 1, "adam": (1e-4, 0.0, 0.99)},
    ),
}


def frozen() -> dict[str, Any]:
    """The box and its draws, as committed."""
    return json.loads(BOX.read_text(encoding="utf-8"))


def draw_box() -> dict[str, Any]:
    """The box, and 24 points of it that no search has seen: columns as in "ranges"."""
    ranges = {
        "critic rate": [1e-4, 1e-2], "generator rate": [1e-4, 1e-2], "critic steps": [1, 6],
        "c": [0.01, 0.5], "lambda": [0.1, 100.0], "gamma": [0.1, 100.0],
    }  # fmt: skip
    u = np.random.default_rng(20261127).random((24, 4))
    return {"ranges": ranges, "draws": u.round(4).tolist()}


def settings(constraint: str, u: Sequence[float]) -> dict[str, Any]:
    """The numbers of one draw: u in [0, 1]^4 taken to the box by powers."""
    ranges = frozen()["ranges"]

    def at(name: str, t: float) -> float:
        low, high = ranges[name]
        return float(low * (high / low) ** t)

    own = {"clipping": "c", "GP": "lambda", "one-sided GP": "lambda", "R1": "gamma", "R1 + R2": "gamma"}
    found: dict[str, Any] = {
        "critic rate": at("critic rate", u[0]), "generator rate": at("generator rate", u[1]),
        "critic steps": int(at("critic steps", u[2])),
    }  # fmt: skip
    return found | ({"number": at(own[constraint], u[3])} if constraint in own else {})


def made(constraint: str, number: float | None) -> LipschitzConstraint:
    """The constraint of that name with its number."""
    if constraint in ("none", "SN", "orthonormal"):
        return {"none": Unconstrained, "SN": SpectralNorm, "orthonormal": Orthonormal}[constraint]()
    assert number is not None
    if constraint == "clipping":
        return WeightClipping(number)
    if constraint.endswith("GP"):
        return GradientPenalty(number, one_sided=constraint.startswith("one"))
    return GradientPenalty(number / 2, target=0.0, at="both" if constraint.endswith("R2") else "reals")


def shared(screened: Mapping[str, np.ndarray]) -> int:
    """How many draws all pairs have: the budget that all had alike."""
    return min((len(a) for name, a in screened.items() if name.endswith("/w1")), default=0)


def winner(screened: Mapping[str, np.ndarray], pair: str) -> int:
    """The draw of least mean W1 at the last mark; a draw that blew up on any seed comes last."""
    last = screened[f"{pair}/w1"][: shared(screened), -1].mean(-1)
    return int(np.nanargmin(last)) if np.isfinite(last).any() else 0
