"""The code written out in chapter 1 is the library's computation."""

import numpy as np
import pytest
from chapter_code import chapter_function

from wgan_lib import divergences, runs


@pytest.mark.parametrize("shift", [0.0, 0.3, 2.0, 5.0])
def test_js_written_out_is_the_librarys(shift: float) -> None:
    js_on_grid = chapter_function("book/js-saturation.md", "js_on_grid")
    x = np.linspace(-10, 16, 2001)
    p, q = (np.exp(-((x - m) ** 2) / 2) / np.sqrt(2 * np.pi) for m in (0.0, shift))
    assert js_on_grid(p, q, x) == pytest.approx(divergences.js(p, q, x), abs=1e-10)
    assert js_on_grid(p, q, x) == pytest.approx(divergences.js_normals(0, 1, shift, 1), abs=1e-8)


def test_js_of_masses_breaks_the_triangle_that_its_root_keeps() -> None:
    js_masses = chapter_function("book/js-saturation.md", "js_masses")
    far, half = js_masses([1, 0], [0, 1]), js_masses([1, 0], [0.5, 0.5])
    assert far == pytest.approx(np.log(2))
    assert far > 2 * half
    assert far**0.5 < 2 * half**0.5


def test_the_recorded_gan_runs_hold_what_the_chapter_reads() -> None:
    run = runs.load("gan-troubles")
    assert run["ring minimax 1/modes"].shape[1] == len(run.meta["seed"]) >= 5
    assert np.isfinite(run["grid non-saturating 1/w1"]).all()
    assert (run["ring minimax 5/w1"][-1] > run["ring/null w1"].max()).all()
