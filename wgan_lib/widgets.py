"""Figures to take hold of: one anywidget class per widget, whose traits are its whole state.

Each widget's drawing is an ES module in `js/`. anywidget takes one module per widget, so the modules are joined here; nothing is bundled.
"""

import base64
import re
from functools import cache
from importlib.resources import files
from math import isfinite
from typing import Any

import anywidget
import traitlets as t

from wgan_lib import divergences

_JS = files("wgan_lib") / "js"
_IMPORT = re.compile(r"""^(import\b[^"';]*)(["'])\./([\w.-]+\.mjs)\2""", re.MULTILINE)


class InvalidTrait(t.TraitError, ValueError):
    """A widget was given a value it cannot show; the message names the trait, the value and what would be right."""


@cache
def joined(module: str) -> str:
    """Source of an ES module of `js/` with its relative imports, and theirs, replaced by `data:` URLs.

    Equal modules get equal URLs, so the browser evaluates the kit once however many modules import it.

    Raises:
        FileNotFoundError: no such module.
        ValueError: the modules import each other in a circle.
    """
    return _joined(module, ())


def _joined(module: str, importers: tuple[str, ...]) -> str:
    if module in importers:
        raise ValueError(f"module {module!r} imports itself: {' → '.join((*importers, module))}")
    source = (_JS / module).read_text(encoding="utf-8")

    def data_url(found: re.Match[str]) -> str:
        inner = _joined(found[3], (*importers, module)).encode()
        return f'{found[1]}"data:text/javascript;base64,{base64.b64encode(inner).decode()}"'

    return _IMPORT.sub(data_url, source)


@cache
def stylesheet() -> str:
    """The one style sheet of all widgets."""
    return (_JS / "widgets.css").read_text(encoding="utf-8")


def finite(widget: t.HasTraits, proposal: Any) -> float:
    """Validator: a finite number."""
    if not isfinite(proposal.value):
        raise InvalidTrait(f"{proposal.trait.name} must be a finite number, not {proposal.value!r}")
    return float(proposal.value)


def positive(widget: t.HasTraits, proposal: Any) -> float:
    """Validator: a finite number above zero."""
    if not (isfinite(proposal.value) and proposal.value > 0):
        raise InvalidTrait(f"{proposal.trait.name} must be finite and > 0, not {proposal.value!r}")
    return float(proposal.value)


class MoveGaussians(anywidget.AnyWidget):
    """Two normal laws to drag: their JS, KL and W₁, the slopes, and the pull that three losses give to generated samples.

    P = N(mean_p, std_p²) is real, Q = N(mean_q, std_q²) generated. The read-only traits `js` and `kl` = KL(P‖Q) are in nats, `w1` is in the units
    of x; they follow every change from either side. `unit` ("nats" or "bits") only changes what is shown; `compact` leaves out curves and
    arrows; `task` is the sentence above the figure.

    Raises:
        InvalidTrait: a mean is not finite, or a width is not finite and > 0 (a ValueError as well as a TraitError).

    Source: Arjovsky, Chintala & Bottou (2017), section 2; Arjovsky & Bottou (2017), theorem 2.5; Goodfellow et al. (2014), section 4.1.
    Chapter: js-saturation.
    """

    _esm = joined("move-gaussians.mjs")
    _css = stylesheet()
    mean_p = t.Float(0.0).tag(sync=True)
    std_p = t.Float(1.0).tag(sync=True)
    mean_q = t.Float(2.0).tag(sync=True)
    std_q = t.Float(1.0).tag(sync=True)
    unit = t.Enum(("nats", "bits"), "nats").tag(sync=True)
    compact = t.Bool(False).tag(sync=True)
    task = t.Unicode("Drag the orange bell away from the blue one. Which distance stops noticing?").tag(sync=True)
    js = t.Float(read_only=True).tag(sync=True)
    kl = t.Float(read_only=True).tag(sync=True)
    w1 = t.Float(read_only=True).tag(sync=True)

    _finite = t.validate("mean_p", "mean_q")(finite)
    _positive = t.validate("std_p", "std_q")(positive)

    def __init__(self, mean_p: float = 0.0, std_p: float = 1.0, mean_q: float = 2.0, std_q: float = 1.0, **traits: Any) -> None:
        super().__init__(mean_p=mean_p, std_p=std_p, mean_q=mean_q, std_q=std_q, **traits)
        self._measure()

    @t.observe("mean_p", "std_p", "mean_q", "std_q")
    def _measure(self, change: object = None) -> None:
        pair = (self.mean_p, self.std_p, self.mean_q, self.std_q)
        self.set_trait("js", float(divergences.js_normals(*pair)))
        self.set_trait("kl", float(divergences.kl_normals(*pair)))
        self.set_trait("w1", float(divergences.w1_normals(*pair)))
