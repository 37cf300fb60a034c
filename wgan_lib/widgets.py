"""Figures to take hold of: one anywidget class per widget, whose traits are its whole state.

Each widget's drawing is an ES module in `js/`; its readings, the read-only traits, are computed here by the library.
"""

import json
import re
from functools import cache
from importlib.resources import files
from math import isfinite
from typing import Any

import anywidget
import numpy as np
import traitlets as t
from scipy.spatial.distance import jensenshannon

from wgan_lib import divergences, segments, transport

_JS = files("wgan_lib") / "js"
_IMPORT = re.compile(r"""^(import\b[^"';]*)(["'])\./([\w.-]+\.mjs)\2""", re.MULTILINE)
_LOADER = r"""
const urls = {};
const add = (name, source) => {
  const text = source.replace(/\0(.+?)\0/g, (_, part) => urls[part]);
  urls[name] = URL.createObjectURL(new Blob([text], { type: "text/javascript" }));
};
"""


@cache
def joined(module: str) -> str:
    """Join a module of `js/` with all it imports, each once, into one ES module that exports its default.

    anywidget takes a single module. The parts become blob URLs in the browser, the imported before the importing
    (nested `data:` URLs work as well, but grow by a third at each level).

    Raises FileNotFoundError for a missing module, ValueError where modules import each other in a circle.
    Chapter: every one.
    """
    parts: dict[str, str] = {}
    _collect(module, (), parts)
    added = [f"add({json.dumps(name)}, {json.dumps(text, ensure_ascii=False)});" for name, text in parts.items()]
    return "\n".join([_LOADER, *added, f"export default (await import(urls[{json.dumps(module)}])).default;"])


def _collect(module: str, importers: tuple[str, ...], parts: dict[str, str]) -> None:
    if module in importers:
        raise ValueError(f"module {module!r} imports itself: {' → '.join((*importers, module))}")
    source = (_JS / module).read_text(encoding="utf-8")
    for found in _IMPORT.finditer(source):
        if found[3] not in parts:
            _collect(found[3], (*importers, module), parts)
    marked = _IMPORT.sub(lambda found: f'{found[1]}"\0{found[3]}\0"', source)
    parts[module] = f"{marked}//# sourceURL=wgan_lib/js/{module}\n"


@cache
def stylesheet() -> str:
    """Read the one style sheet of all widgets. Chapter: every one."""
    return (_JS / "widgets.css").read_text(encoding="utf-8")


class InvalidTrait(t.TraitError, ValueError):
    """A widget was given a value it cannot show; the message names the trait, the value and what would be right."""


def finite(widget: t.HasTraits, proposal: Any) -> float:
    """Accept a finite number only: a traitlets validator, which raises InvalidTrait. Chapter: every one."""
    if not isfinite(proposal.value):
        raise InvalidTrait(f"{proposal.trait.name} must be a finite number, not {proposal.value!r}")
    return float(proposal.value)


def positive(widget: t.HasTraits, proposal: Any) -> float:
    """Accept a finite number > 0 only: a traitlets validator, which raises InvalidTrait. Chapter: every one."""
    if not (isfinite(proposal.value) and proposal.value > 0):
        raise InvalidTrait(f"{proposal.trait.name} must be finite and > 0, not {proposal.value!r}")
    return float(proposal.value)


class BookWidget(anywidget.AnyWidget):
    """What all widgets share: the style sheet, the sentence above the figure, and no argument passed over in silence.

    `task` is that sentence. Raises TypeError for an argument that is no trait. Chapter: every one.
    """

    _css = stylesheet()
    task = t.Unicode("").tag(sync=True)

    def __init__(self, **traits: Any) -> None:
        unknown = sorted(name for name in traits if not self.has_trait(name))
        if unknown:
            own = sorted(set(self.trait_names()) - set(anywidget.AnyWidget.class_trait_names()))
            raise TypeError(f"{type(self).__name__} has no trait {', '.join(unknown)}; it has {', '.join(own)}")
        super().__init__(**traits)


class MoveGaussians(BookWidget):
    """Two normal laws to drag: JS, KL and W₁ with their slopes, and the pull of three losses on generated samples.

    P = N(mean_p, std_p²) is real, Q = N(mean_q, std_q²) generated. The read-only traits follow every change, from
    Python or from the page: `js` and `kl` = KL(P‖Q) in nats, `w1` in the units of x. `unit` ("nats", "bits") changes
    only what is shown; `compact` leaves out the curves and arrows.

    Raises InvalidTrait (a TraitError and a ValueError) unless the means are finite and the widths finite and > 0.
    Source: Goodfellow et al. (2014), section 4.1; Arjovsky & Bottou (2017), theorem 2.5; Arjovsky, Chintala & Bottou
    (2017), section 2. Chapter: js-saturation.
    """

    _esm = joined("move-gaussians.mjs")
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

    def __init__(
        self, mean_p: float = 0.0, std_p: float = 1.0, mean_q: float = 2.0, std_q: float = 1.0, **traits: Any
    ) -> None:
        super().__init__(mean_p=mean_p, std_p=std_p, mean_q=mean_q, std_q=std_q, **traits)
        self._measure()

    @t.observe("mean_p", "std_p", "mean_q", "std_q")
    def _measure(self, change: object = None) -> None:
        pair = (self.mean_p, self.std_p, self.mean_q, self.std_q)
        self.set_trait("js", float(divergences.js_normals(*pair)))
        self.set_trait("kl", float(divergences.kl_normals(*pair)))
        self.set_trait("w1", float(divergences.w1_normals(*pair)))


class ParallelLines(BookWidget):
    """Two segments in the plane, P upright at 0, Q at `theta`, to drag apart, `tilt` (degrees) and blur (`noise`, σ).

    Without noise JS is exactly ln 2 for all (theta, tilt) ≠ (0, 0), crossing or not. The read-only traits `js` and
    `kl` = KL(P‖Q) in nats and `tv` hold with the noise; `w1`, in lengths of the segments, is that of the segments
    themselves: the noise leaves |theta| as it is where tilt = 0 and can only lower it elsewhere.

    Raises:
        InvalidTrait: theta is outside [−1, 1], tilt outside [−90, 90], or noise neither 0 nor in [0.01, 0.5].

    Source: Arjovsky, Chintala & Bottou (2017), example 1; Arjovsky & Bottou (2017), section 3. Chapter: js-saturation.
    """

    _esm = joined("parallel-lines.mjs")
    theta = t.Float(0.6).tag(sync=True)
    tilt = t.Float(0.0).tag(sync=True)
    noise = t.Float(0.0).tag(sync=True)
    task = t.Unicode(
        "Drag the orange segment away: which distance knows how far it is? "
        "Then tilt it through the blue one, and add noise."
    ).tag(sync=True)
    js = t.Float(read_only=True).tag(sync=True)
    kl = t.Float(read_only=True)  # stays here: JSON knows no infinity
    tv = t.Float(read_only=True).tag(sync=True)
    w1 = t.Float(read_only=True).tag(sync=True)

    def __init__(self, theta: float = 0.6, tilt: float = 0.0, noise: float = 0.0, **traits: Any) -> None:
        super().__init__(theta=theta, tilt=tilt, noise=noise, **traits)
        self._measure()

    @t.validate("theta", "tilt", "noise")
    def _in_reach(self, proposal: Any) -> float:
        name, value = proposal.trait.name, finite(self, proposal)
        low, high = {"theta": (-1.0, 1.0), "tilt": (-90.0, 90.0), "noise": (0.01, 0.5)}[name]
        if not (low <= value <= high or (name == "noise" and value == 0)):
            raise InvalidTrait(f"{name} must be {'0 or ' if name == 'noise' else ''}in [{low}, {high}], not {value!r}")
        return value

    @t.observe("theta", "tilt", "noise")
    def _measure(self, change: object = None) -> None:
        for name, value in segments.segment_divergences(self.theta, self.tilt, self.noise)._asdict().items():
            self.set_trait(name, value)
        self.set_trait("w1", segments.w1_segments(self.theta, self.tilt))


class SandPiles(BookWidget):
    """A pile of sand (`generated`, Q) and a hole (`real`, P) to draw bar by bar, and the work of filling it.

    Heights ≥ 0, at least two, as many for P as for Q; both are scaled to mass one, all of it at the middles 0, 1, 2, …
    of the bars. `area` reads W₁ as "columns" ∫|F − G| dx or "rows" ∫|F⁻¹ − G⁻¹| du; `plan` moves the sand by the
    "cheapest" (monotone) or the "reversed" coupling; `moved` says how far, from 0 to 1. Read-only: `w1` in units of
    one bar, `js` in nats.

    Raises:
        InvalidTrait: a height is negative or not finite, all are zero, or the numbers of bars differ.
        TraitError: moved is outside [0, 1], or area or plan is none of its choices.

    Source: Villani (2003), theorem 2.18; Monge (1781) for the pile and the hole. Chapter: wasserstein-1d.
    """

    _esm = joined("sand-piles.mjs")
    real = t.List(t.Float(), [2.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0, 3.0, 5.0, 4.0, 2.0, 1.0]).tag(sync=True)
    generated = t.List(t.Float(), [0.0, 1.0, 3.0, 5.0, 6.0, 4.0, 2.0, 0.0, 0.0, 0.0, 0.0, 0.0]).tag(sync=True)
    area = t.Enum(("columns", "rows"), "columns").tag(sync=True)
    plan = t.Enum(("cheapest", "reversed"), "cheapest").tag(sync=True)
    moved = t.Float(0.0, min=0.0, max=1.0).tag(sync=True)
    task = t.Unicode(
        "Draw the pile above the ground and the hole below it, then move the sand. "
        "The work it takes is the area between F and G."
    ).tag(sync=True)
    js = t.Float(read_only=True).tag(sync=True)
    w1 = t.Float(read_only=True).tag(sync=True)

    def __init__(self, **traits: Any) -> None:
        super().__init__(**traits)
        if len(self.real) != len(self.generated):
            raise InvalidTrait(
                f"real and generated must have equal lengths, not {len(self.real)} and {len(self.generated)}"
            )
        self._bars = len(self.real)
        self._measure()

    @t.validate("real", "generated")
    def _heights(self, proposal: Any) -> list[float]:
        name, heights = proposal.trait.name, np.asarray(proposal.value, dtype=float)
        if len(heights) < 2 or len(heights) != getattr(self, "_bars", len(heights)):
            wanted = f"{self._bars}, as at the start" if hasattr(self, "_bars") else "at least 2"
            raise InvalidTrait(f"{name} must have {wanted}, not {len(heights)} heights")
        if not (np.isfinite(heights).all() and (heights >= 0).all() and heights.sum() > 0):
            raise InvalidTrait(f"{name} must hold finite heights ≥ 0, not all zero, not {proposal.value!r}")
        return list(proposal.value)

    @t.observe("real", "generated")
    def _measure(self, change: object = None) -> None:
        if not hasattr(self, "_bars"):
            return  # both laws are not there yet
        p, q = (np.array(heights) / sum(heights) for heights in (self.real, self.generated))
        places = np.arange(self._bars, dtype=float)
        self.set_trait("w1", transport.w1(places, places, p, q))
        self.set_trait("js", float(jensenshannon(p, q) ** 2))
