"""LatentWalk: its pictures against torch, its page against Python, its recording against the library, its hands."""

import base64

import numpy as np
import pytest
import torch
from test_widgets import JS, in_node
from torch import nn
from widget_pages import centre, drag, handle, phone, readings, settled, state, swipe, until

from wgan_lib import images, metrics, networks, runs, widgets
from wgan_lib.runs import Run

MATHS = "maths/generator.mjs"


def walked(seed: int = 1, **changes) -> Run:
    """An untrained generator of 4 × 4 pictures, in a run whose ninth training picture is a copy of g(0.5, −0.5)."""
    rng = np.random.default_rng(seed)
    fixed = {}
    for k, (out, fan_in) in enumerate(((7, 2), (5, 7), (16, 5))):
        fixed |= {f"weight {k}": rng.normal(size=(out, fan_in)), f"bias {k}": rng.normal(size=out)}
    halves = {name: array.astype(np.float16) for name, array in fixed.items()}
    pictures = rng.integers(0, 256, (30, 16), dtype=np.uint8)
    hidden = np.array([0.5, -0.5])
    for k in range(3):
        hidden = halves[f"weight {k}"].astype(float) @ hidden + halves[f"bias {k}"]
        hidden = np.maximum(hidden, 0) if k < 2 else 255 * (np.tanh(hidden) + 1) / 2
    pictures[8] = np.rint(hidden)
    distances = {f"{name} distance": rng.uniform(0.5, 2.0, 50) for name in ("unseen", "generated")}
    fixed = {**halves, "pictures": pictures, "labels": np.arange(30) % 10, **distances, **changes}
    kept = {name: array for name, array in fixed.items() if array is not None}
    return Run({"index": np.array([0])}, {"white": 255}, kept)


def torch_generator(run: Run) -> nn.Module:
    """The recorded generator as the library builds it."""
    weights = [run[f"weight {k}"] for k in range(3)]
    network = networks.mlp(2, *(len(weight) for weight in weights)).double()
    linear = [part for part in network.modules() if isinstance(part, nn.Linear)]
    with torch.no_grad():
        for k, (part, weight) in enumerate(zip(linear, weights, strict=True)):
            part.weight.copy_(torch.from_numpy(weight.copy()))
            part.bias.copy_(torch.from_numpy(run[f"bias {k}"].copy()))
    return nn.Sequential(network, nn.Tanh())


def test_the_picture_and_what_is_nearest_are_what_torch_finds():
    data, run = images.digits(), runs.load("latent-walk")
    latents = torch.from_numpy(np.random.default_rng(1).uniform(-1, 1, (20, 2)))
    with torch.no_grad():
        pictures = torch_generator(run)(latents)
    apart, nearest = (torch.cdist(pictures, data.points.flatten(1).double()) / 2).min(1)
    widget = widgets.LatentWalk()
    for k, z in enumerate(latents):
        widget.latent = z
        np.testing.assert_allclose(widget.picture.ravel(), (pictures[k] + 1) / 2, atol=1e-12)
        assert (widget.nearest, widget.digit) == (int(nearest[k]), int(data.labels[nearest[k]]))
        assert widget.distance == pytest.approx(float(apart[k]), abs=1e-9)
        assert widget.rank == pytest.approx(100 * np.mean(run["unseen distance"] < widget.distance), abs=0.2)


def test_the_recording_is_of_the_digits_and_its_numbers_are_what_the_library_finds_again():
    data, run = images.digits(), runs.load("latent-walk")
    np.testing.assert_array_equal(run["pictures"], data.pixels.flatten(1))
    np.testing.assert_array_equal(run["labels"], data.labels)
    unseen = torch.cdist(data.held_out.points.flatten(1), data.points.flatten(1)).min(1).values / 2
    np.testing.assert_allclose(run["unseen distance"], np.sort(unseen), atol=1e-5)
    generator = torch.Generator().manual_seed(3)
    with torch.no_grad():
        fresh = torch_generator(run)(2 * torch.rand(1000, 2, generator=generator).double() - 1)
    shares = metrics.class_shares(metrics.load_classifier("digits").look(fresh.float().view(-1, 1, 8, 8))[1], 10)
    np.testing.assert_allclose(shares, run["class shares"], atol=0.05)
    assert (run["class shares"] > 0.01).all()  # each of the ten is there
    apart = torch.cdist(fresh, data.points.flatten(1).double()).min(1).values / 2
    for share in (0.1, 0.5, 0.9):
        assert np.quantile(apart, share) == pytest.approx(np.quantile(run["generated distance"], share), rel=0.06)


def test_every_half_precision_number_is_read_as_numpy_reads_it():
    bits = np.arange(2**16, dtype="<u2")
    bits = bits[np.isfinite(bits.view(np.float16))]
    found = in_node("[...m.halves(v.bytes, 0, v.bytes.length / 2)]", MATHS, bytes=list(bits.tobytes()))
    np.testing.assert_array_equal(found, bits.view(np.float16).astype(float))


def test_the_page_computes_what_python_does():
    expression = """await (async () => {
      const { inflate } = await import(v.surfaces);
      const film = m.unpacked(await inflate(Uint8Array.from(atob(v.packed), (c) => c.charCodeAt(0))), v.form);
      return v.latents.map((z) => {
        const picture = m.generate(film.layers, z), { index, distance } = m.nearest(picture, film);
        return [index, distance, m.rank(v.unseen, distance), ...picture];
      });
    })()"""
    latents = np.random.default_rng(2).uniform(-1, 1, (40, 2)).tolist()
    for widget in (widgets.LatentWalk(), widgets.LatentWalk(walked())):
        sent = {"packed": base64.b64encode(widget.packed).decode(), "form": widget.form, "unseen": widget.unseen}
        surfaces = (JS / "maths/surfaces.mjs").as_uri()
        found = in_node(expression, MATHS, latents=latents, surfaces=surfaces, **sent)
        for z, values in zip(latents, found, strict=True):
            widget.latent = z
            assert values[0] == widget.nearest
            expected = [widget.distance, widget.rank, *widget.picture.ravel()]
            np.testing.assert_allclose(values[1:], expected, rtol=0, atol=2e-9)


def test_a_copy_has_rank_zero_and_its_original_is_found():
    widget = widgets.LatentWalk(walked(), latent=(0.5, -0.5))
    assert (widget.nearest, widget.digit, widget.rank) == (8, 8, 0.0)
    assert widget.distance < 16**0.5 / 2 / 255  # rounding to bytes
    widget.latent = (-0.9, 0.9)
    assert widget.rank > 0
    assert [sum(widget.shares[name]) for name in ("unseen", "generated")] == pytest.approx([1, 1])


def test_middles_are_those_of_the_cells():
    assert in_node("m.middles(2)", MATHS) == [[-0.5, 0.5], [0.5, 0.5], [-0.5, -0.5], [0.5, -0.5]]


def test_what_is_no_such_run_or_latent_is_refused_by_name():
    refused = {
        "lacks labels; it has bias 0": {"labels": None},
        r"layers give \[\] numbers": {"weight 0": None},
        r"layers give \[7, 5, 16\] numbers: the first must take 2": {"weight 0": np.ones((7, 3))},
        r"layer 1 has weights \(5, 7\) and biases \(4,\)": {"bias 1": np.ones(4)},
        r"layer 2 has weights \(16, 5\) and biases \(0,\)": {"bias 2": None},
        r"layer 0 .* finite numbers": {"weight 0": np.full((7, 2), 1e9)},  # beyond half precision
        r"pictures are uint8 \(30, 9\): bytes \(n, 16\)": {"pictures": np.zeros((30, 9), np.uint8)},
        r"pictures are float64": {"pictures": np.zeros((30, 16))},
        r"labels are \(4,\) for 30": {"labels": np.arange(4)},
        r"unseen distance is \(0,\)": {"unseen distance": np.zeros(0)},
    }
    for message, changes in refused.items():
        with pytest.raises(widgets.InvalidTrait, match=message):
            widgets.LatentWalk(walked(**changes))
    with pytest.raises(widgets.InvalidTrait, match="white None"):
        widgets.LatentWalk(Run({"index": np.array([0])}, {}, walked().fixed))
    with pytest.raises(FileNotFoundError, match="latent-walk"):
        widgets.LatentWalk("latent-wakl")
    for bad in ((0.0, 1.1), (0.0,), (0.0, 0.0, 0.0), (float("nan"), 0.0), "here"):
        with pytest.raises(widgets.InvalidTrait, match="latent"):
            widgets.LatentWalk(latent=bad)


def ink(page, nth: int) -> list[float]:
    """The darkest colour of a canvas: that of the digits on it."""
    return (
        page.locator("canvas")
        .nth(nth)
        .evaluate("""c => {
      const d = c.getContext("2d").getImageData(0, 60, c.width, c.height - 60).data; let best = [255, 255, 255];
      for (let i = 0; i < d.length; i += 4) if (d[i + 3] === 255 && d[i] + d[i + 1] + d[i + 2] <
        best[0] + best[1] + best[2]) best = [d[i], d[i + 1], d[i + 2]];
      return best; }""")
    )


def agrees(now: dict) -> None:
    """The page's numbers are Python's, at the page's latent."""
    widget = widgets.LatentWalk(latent=now["latent"])
    for name in ("distance", "rank", "digit", "nearest"):
        assert now[name] == pytest.approx(getattr(widget, name), abs=1e-9), name


@pytest.mark.browser
def test_the_hand_walks_and_every_way_to_flip_flips(open_page):
    page = open_page(widgets.LatentWalk(), reduced_motion="reduce")
    plots = [page.locator(".me-plot").nth(k).bounding_box() for k in range(2)]
    z = handle(page, "latent numbers")
    until(lambda: agrees(settled(page)))
    side = plots[0]["height"] - 22
    corner = (plots[0]["x"], plots[0]["y"] + 22)
    drag(page, (corner[0] + side / 4, corner[1] + side / 4), (side / 2, side / 2))
    now = settled(page)
    assert now["latent"] == pytest.approx([0.5, -0.5], abs=0.03)
    agrees(now)
    z.press("ArrowLeft")
    z.press("Shift+ArrowUp")
    assert settled(page)["latent"] == pytest.approx([now["latent"][0] - 0.05, now["latent"][1] + 0.5])
    agrees(settled(page))
    assert readings(page)["digit"] == f"a {state(page)['digit']}"
    orange = [ink(page, k) for k in range(2)]
    assert all(red > blue for red, _, blue in orange)
    ways = (
        lambda: z.press("Enter"),
        lambda: z.press("f"),
        lambda: page.mouse.click(plots[1]["x"] + 50, plots[1]["y"] + 60),
        lambda: page.get_by_role("button", name="Flip to").click(),
    )
    for k, flip in enumerate(ways):
        flip()
        assert settled(page)["flipped"] is (k % 2 == 0)
        assert page.locator("[aria-live]").inner_text().startswith(f"Shown: {('nearest', 'generated')[k % 2]}")
        blue = [ink(page, n) for n in range(2)]
        assert all((b > r) is (k % 2 == 0) for r, _, b in blue)
    assert page.locator('[data-trait="flipped"]').get_attribute("aria-pressed") == "false"


@pytest.mark.browser
def test_a_finger_walks_on_a_phone_and_a_flip_turns_in_a_third_of_a_second(open_page):
    page = phone(open_page, widgets.LatentWalk())
    before = state(page)["latent"]
    x, y = centre(handle(page, "latent numbers"))
    swipe(page, x, y, -30, 40)
    now = settled(page)["latent"]
    assert now[0] < before[0] - 0.2
    assert now[1] < before[1] - 0.2
    page.get_by_role("button", name="Flip to").click()
    until(lambda: blue_now(page))
    page.get_by_role("button", name="Reset").click()
    assert settled(page)["latent"] == before


def blue_now(page) -> None:
    red, _, blue = ink(page, 1)
    assert blue > red
