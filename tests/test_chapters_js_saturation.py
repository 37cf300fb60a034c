"""The code written out in chapter 1 is the library's computation."""

import re
from pathlib import Path

import numpy as np
import pytest
import torch
from chapter_code import chapter_function
from scipy.optimize import brentq
from scipy.spatial.distance import cdist
from torch.nn.functional import softplus

from wgan_lib import divergences, losses, networks, runs, transport

CHAPTER = "book/js-saturation.md"


@pytest.mark.parametrize("shift", [0.0, 0.3, 2.0, 5.0])
def test_js_written_out_is_the_librarys(shift: float) -> None:
    js_on_grid = chapter_function(CHAPTER, "js_on_grid")
    x = np.linspace(-10, 16, 2001)
    p, q = (np.exp(-((x - m) ** 2) / 2) / np.sqrt(2 * np.pi) for m in (0.0, shift))
    assert js_on_grid(p, q, x) == pytest.approx(divergences.js(p, q, x), abs=1e-10)
    assert js_on_grid(p, q, x) == pytest.approx(divergences.js_normals(0, 1, shift, 1), abs=1e-8)


def test_js_of_normals_is_nearly_at_its_ceiling_as_the_text_says() -> None:
    four, eight = (float(divergences.js_normals(0, 1, shift, 1)) for shift in (4, 8))
    assert 1 < eight / four < 1.1, "from 4 to 8 widths JS rises by less than a tenth"
    assert np.log(2) - 1e-4 < eight < np.log(2)
    assert divergences.w1_normals(0, 1, 8, 1) == pytest.approx(2 * divergences.w1_normals(0, 1, 4, 1))


def test_js_of_masses_breaks_the_triangle_that_its_root_keeps() -> None:
    js_masses = chapter_function(CHAPTER, "js_masses")
    far, half = js_masses([1, 0], [0, 1]), js_masses([1, 0], [0.5, 0.5])
    assert far == pytest.approx(np.log(2))
    assert far > 2 * half
    assert far**0.5 < 2 * half**0.5


def test_the_recorded_gan_runs_hold_what_the_chapter_reads() -> None:
    run = runs.load("gan-troubles")
    assert run["ring minimax 1/modes"].shape[1] == len(run.meta["seed"]) >= 5
    assert np.isfinite(run["grid non-saturating 1/w1"]).all()
    assert (run["ring minimax 5/w1"][-1] > run["ring/null w1"].max()).all()
    cosine = {
        name: np.median(run[f"ring {name}/cosine"][-5:]) for name in ("minimax 1", "minimax 5", "non-saturating 5")
    }
    assert cosine["minimax 5"] < 0.5 < 0.8 < min(cosine["minimax 1"], cosine["non-saturating 5"])
    lengths = run["ring minimax 5/gradient"]
    assert (lengths[-1] > lengths[0]).sum() > 4, "the ruined runs' gradients did not vanish"


def test_the_task_of_the_pulls_asks_for_the_true_shift() -> None:
    text = (Path(__file__).parents[1] / CHAPTER).read_text(encoding="utf-8")
    low, high = map(float, re.search(r"\{task\} <MoveGaussians#2> mean_q>=(\S+) and mean_q<=(\S+)", text).groups())  # type: ignore[union-attr]

    def pull(shift: float) -> float:
        return abs(float(divergences.mean_pulls(0, 1, shift, 1).minimax))

    assert low < brentq(lambda shift: pull(shift) - pull(1) / 100, 2, 12) < high


def test_the_estimate_of_js_is_the_losses_value() -> None:
    js_estimate = chapter_function(CHAPTER, "js_estimate", torch=torch, softplus=softplus, LN2=np.log(2))
    discriminator = networks.mlp(2, 8, 1, copies=3, rng=torch.Generator().manual_seed(0))
    real, fake = torch.randn(2, 3, 50, 2, generator=torch.Generator().manual_seed(1))
    value = -losses.MINIMAX.critic(discriminator(real), discriminator(fake)).item()  # summed over the copies
    assert js_estimate(discriminator, real, fake).sum() == pytest.approx(3 * np.log(2) + value / 2, rel=1e-5)


def test_the_way_home_is_the_slope_of_exact_w1() -> None:
    gradient = chapter_function(CHAPTER, "gradient", torch=torch)
    way_home = chapter_function(CHAPTER, "way_home", torch=torch, transport=transport, gradient=gradient)
    rng = torch.Generator().manual_seed(0)
    generator = networks.mlp(2, 4, 2, copies=2, rng=rng)
    noise, real = torch.randn(2, 40, 2, generator=rng), 2 * torch.randn(2, 40, 2, generator=rng)
    home = way_home(generator, noise, real)
    with torch.no_grad():
        before = [transport.w1(ours, theirs) for ours, theirs in zip(generator(noise), real, strict=True)]
        start = 0
        for parameter in generator.parameters():
            step = home[:, start : start + parameter[0].numel()].reshape(parameter.shape)
            parameter -= 1e-3 * step
            start += parameter[0].numel()
        after = [transport.w1(ours, theirs) for ours, theirs in zip(generator(noise), real, strict=True)]
    fallen = (np.array(before) - after) / 1e-3
    assert fallen == pytest.approx(home.square().sum(1).numpy(), rel=0.03)


def test_agreement_is_the_mean_cosine_of_different_batches() -> None:
    three_answers = chapter_function(CHAPTER, "three_answers", torch=torch)
    batches = torch.randn(5, 2, 7, generator=torch.Generator().manual_seed(0))
    length, agreement, home = (part.numpy() for part in three_answers(batches, batches[0]))
    for seed, gradients in enumerate(batches.numpy().transpose(1, 0, 2)):
        cosines = 1 - cdist(gradients, gradients, "cosine")
        assert agreement[seed] == pytest.approx(cosines[np.triu_indices(5, 1)].mean(), abs=1e-6)
        mean = gradients.mean(0)
        assert length[seed] == pytest.approx(np.linalg.norm(mean), rel=1e-5)
        assert home[seed] == pytest.approx(1 - cdist([mean], gradients[:1], "cosine")[0, 0], abs=1e-6)


def test_adam_walks_the_same_way_on_gradients_of_any_size() -> None:
    walk = chapter_function(CHAPTER, "walk", torch=torch)
    assert walk(1e-5) == pytest.approx(walk(1.0), rel=2e-3)
    assert np.abs(walk(1e-9)).max() < 0.5 * np.abs(walk(1.0)).max(), "near its epsilon Adam does slow down"


def test_turning_the_room_keeps_the_sheets_distances() -> None:
    """The real sheet and its copy are unit normals on a plane; the generated one stands one unit away."""
    sheets = chapter_function(CHAPTER, "sheets")
    for dim in (2, 3, 400):
        real, again, fake = sheets(dim, 20_000, np.random.default_rng(dim))
        assert real.shape[1] == min(dim, 5)
        for sheet in (real, again, fake):
            spread = np.linalg.svd(np.cov(sheet.T), compute_uv=False)
            assert spread[:2] == pytest.approx([1, 1], abs=0.05)
            assert spread[2:] == pytest.approx(0, abs=1e-12)
        assert np.linalg.norm(fake.mean(0)) == pytest.approx(1, abs=0.05)
