"""Curves of a computation or a recorded run, to read off by hand. Chapters: most."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import traitlets as t

from wgan_lib import checks
from wgan_lib.widgets.book_widget import BookWidget, InvalidTrait, Whole, data, joined, reading


@dataclass(frozen=True)
class Line:
    """One number against x: its `label`, its `values` of shape (x,) or (settings, x), NaN where there is none.

    `colour` is a class of the kit ("critic", "js", "real", "generated", "non-saturating", "ink", "muted"); `dashed` is
    for what is known beforehand, such as a bound. Chapters: most.
    """

    label: str
    values: Any
    colour: str = "ink"
    dashed: bool = False


class Curves(BookWidget):
    """Curves that were computed or recorded, of one setting of a parameter at a time, read at a place along x.

    `place` and `chosen` are indices into x and the settings. `panels` maps a title to lines by the names of their
    readings; the handle sits on the first line of the first panel. All settings of a line stand faintly behind it.

    Args:
        x: increasing numbers, at least two.
        panels: a picture for each title.
        x_label, x_name: what x is, in full for the axis and short for the number.
        setting, settings: the parameter's name and its values in words; none if there is one only.
        log_x: a logarithmic axis; log_y: titles of the panels that have one.

    Raises:
        InvalidTrait: numbers or shapes are not as described; an index is not there.

    Chapters: most.
    """

    _esm = joined("widgets/curves.mjs")
    place = Whole(0)
    chosen = Whole(0)
    task = t.Unicode("Drag the dot along the curve.").tag(sync=True)
    x, settings, panels, axis = data(), data(), data(), data()

    def __init__(
        self,
        x: Any,
        panels: Mapping[str, Mapping[str, Line]],
        x_label: str,
        x_name: str,
        *,
        setting: str = "",
        settings: Sequence[str] = ("",),
        log_x: bool = False,
        log_y: Sequence[str] = (),
        **traits: Any,
    ) -> None:
        at = checks.reals("x", x)
        if at.ndim != 1 or len(at) < 2 or (np.diff(at) <= 0).any() or (log_x and at[0] <= 0):
            raise InvalidTrait(f"x must hold at least two increasing numbers{' > 0' * log_x}, not {x!r}")
        self.hold(x=_short(at), settings=list(settings))
        axis = {"label": x_label, "name": x_name, "setting": setting, "log": log_x, "ticks": None}
        if log_x:
            axis["ticks"] = _short(at) if len(at) <= 7 else _round_numbers(at[0], at[-1])
        self.hold(axis=axis, panels=[self._panel(title, lines, title in log_y) for title, lines in panels.items()])
        count = 1 + sum(len(lines) for lines in panels.values())
        rows = -(-count // (2 if count == 4 else 3))  # of numbers, on a phone
        self._sizes = (283 + 33 * rows + 44 * (len(settings) > 1), 372)
        super().__init__(**traits)

    @reading("place")
    def at(self) -> float:
        """The x where the dot stands."""
        return float(self.x[self.place])

    def _panel(self, title: str, lines: Mapping[str, Line], log: bool) -> dict[str, Any]:
        shown, all_values = [], []
        for name, line in lines.items():
            values = np.atleast_2d(np.asarray(line.values, dtype=float))
            if values.shape not in {(1, len(self.x)), (len(self.settings), len(self.x))} or np.isinf(values).any():
                raise InvalidTrait(
                    f"{name} must have shape ({len(self.x)},) or ({len(self.settings)}, {len(self.x)}) and no "
                    f"infinity, not {np.shape(line.values)}"
                )
            all_values.append(values[np.isfinite(values)])
            rows = [[None if np.isnan(v) else float(f"{v:.5g}") for v in row] for row in values]
            shown.append({"reading": name, "label": line.label, "colour": line.colour, "dashed": line.dashed})
            shown[-1]["values"] = rows
        low, high = np.concatenate(all_values).min(), np.concatenate(all_values).max()
        if log and low <= 0:
            raise InvalidTrait(f"{title!r} has a logarithmic axis, and values down to {low:.3g}")
        room = 0.06 * (high - min(0.0, low))
        ends = [low / 1.25, high * 1.25] if log else [min(0.0, low - room), high + room]
        ticks = _round_numbers(*ends) if log else None
        return {"title": title, "lines": shown, "y": _short(ends), "log": log, "ticks": ticks}

    def reaches(self) -> dict[str, Any]:
        """Give the ranges of `place` and `chosen`."""
        chosen = {"chosen": [0, len(self.settings) - 1, 1]} if len(self.settings) > 1 else {}
        return {"place": [0, len(self.x) - 1, 1], **chosen}

    @t.validate("place", "chosen")
    def _an_index(self, proposal: t.Bunch) -> int:
        name, values = proposal.trait.name, self.x if proposal.trait.name == "place" else self.settings
        if not 0 <= proposal.value < len(values):
            raise InvalidTrait(f"{name} must be 0 to {len(values) - 1}, not {proposal.value!r}")
        return int(proposal.value)


def _short(values: Any) -> list[float]:
    return [float(f"{v:.5g}") for v in values]


def _round_numbers(low: float, high: float) -> list[float]:
    """Ticks of a logarithmic axis: 1, 2 and 5 times powers of ten, or the powers alone where these are many."""
    powers = np.arange(np.floor(np.log10(low)), np.ceil(np.log10(high)) + 1)
    for factors in ((1, 2, 5), (1, 3), (1,)):
        found = [float(f"{m * 10**e:.5g}") for e in powers for m in factors if low <= m * 10**e <= high]
        if len(found) <= 6:
            return found
    return found[:: -(-len(found) // 6)]
