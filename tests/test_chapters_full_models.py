"""The code written out in chapter full-models is the library's computation, and what its text says is so."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from chapter_code import chapter_function
from scipy import stats

from wgan_lib import images, metrics, presets, runs, training
from wgan_lib.constraints import GradientPenalty
from wgan_lib.losses import NON_SATURATING

CHAPTER = "book/full-models.md"
train = chapter_function(CHAPTER, "train", training=training)
weights = chapter_function(CHAPTER, "weights", torch=torch)
parts = chapter_function(CHAPTER, "parts")
paired = chapter_function(CHAPTER, "paired")
shapes = chapter_function(CHAPTER, "shapes")
sheet = chapter_function(CHAPTER, "sheet")
shuffled = chapter_function(CHAPTER, "shuffled", torch=torch)
interval = chapter_function(CHAPTER, "interval", stats=stats)
SPEED, MNIST, RESNETS = (runs.load(f"on-gpu-{piece}") for piece in ("speed", "mnist", "resnets"))
NETS = ("wgan-gp-mnist", "wgan-gp-dcgan64", "wgan-gp-resnet32-cifar10")


@pytest.mark.parametrize("name", ["wgan-gp-digits", "clipping-digits", "sn-digits", "r1"])
def test_the_twenty_lines_are_the_librarys_loop(name):
    def built() -> presets.Preset:
        if name != "r1":
            return presets.build(name, 3)
        r1 = GradientPenalty(0.5, target=0.0, at="reals")
        return replace(presets.build("wgan-gp-digits", 3), loss=NON_SATURATING, constraint=r1, critic_steps=1)

    ours, library, begun = built(), built(), weights(built())
    for _ in train(*parts(ours), 2, ours.critic_steps, 32):
        pass
    for _ in library.train(n_steps=2, ema=0.0, linear_decay=False, batch_size=32, device="cpu"):
        pass
    assert (weights(library) - begun).abs().max() > 1e-4
    torch.testing.assert_close(weights(ours), weights(library), rtol=0, atol=2e-5)


def test_the_published_shape_is_the_papers():
    preset = presets.build("wgan-gp-dcgan64")
    with torch.no_grad():
        down = shapes(preset.critic, torch.zeros(1, 3, 64, 64))
    assert [shape[0] for shape in down if shape] == [3, 64, 128, 256, 512, 1]
    assert down[-1] == ()


def test_the_interval_of_the_ratios_is_the_one_of_order_statistics():
    rng = np.random.default_rng(0)
    slow, fast = rng.uniform(1, 2, 73), rng.uniform(1, 2, 73)
    middle, low, high = paired(slow, fast)
    exact = stats.quantile_test(slow / fast, q=1, p=0.5).confidence_interval(0.95)
    ordered = np.sort(slow / fast)
    places = np.searchsorted(ordered, [low, exact.low, high, exact.high])
    assert abs(places[0] - places[1]) <= 1
    assert abs(places[2] - places[3]) <= 1
    assert low < middle == np.median(slow / fast) < high


def test_a_sheet_shows_the_pictures_in_order():
    pictures = np.arange(6)[:, None, None, None] * np.ones((1, 1, 2, 2))
    assert sheet(pictures).shape == (4, 6, 1)
    np.testing.assert_array_equal(sheet(pictures)[::2, ::2, 0], [[0, 1, 2], [3, 4, 5]])


def test_shuffling_keeps_each_pixels_law_and_no_picture():
    digits = images.digits().points
    broken = shuffled(digits, torch.Generator().manual_seed(0))
    torch.testing.assert_close(broken.sort(0).values, digits.sort(0).values, rtol=0, atol=0)
    assert (broken == digits).all((1, 2, 3)).sum() == 0


def test_what_the_text_says_of_the_speeds():
    ratio = {
        (net, way): paired(SPEED[f"{net}/eager fp32"], SPEED[f"{net}/{way}"])
        for net in NETS
        for way in ("bf16", "compiled", "channels_last", "CUDA graph", "all together")
    }
    for net in NETS:
        assert ratio[net, "bf16"][2] < 1 < 1.3 < ratio[net, "CUDA graph"][1]
        assert abs(ratio[net, "channels_last"][0] - 1) < 0.1
        assert 0.85 < ratio[net, "compiled"][0] < 1.1
        better = ratio[net, "all together"][0] > ratio[net, "CUDA graph"][0]
        assert better == (net != "wgan-gp-mnist")


def test_what_the_text_says_of_mnist_and_the_resnets():
    last = {name.split("/")[0]: MNIST[name][-1] for name in MNIST.fixed if name.endswith("/frechet")}
    floor = float(MNIST["wgan-gp-mnist/floor"])
    assert len(last) == 7
    assert all(value > 10 * floor for value in last.values())
    assert max(MNIST[f"{name}/seconds"][-1] for name in last) < 180
    small = MNIST["wgan-mlp28-mnist/frechet"]
    assert np.ptp(small) < 0.005 * small[0]
    assert "overwritten" in str(MNIST["sn-mnist/failed"])
    assert MNIST["sn-mnist/index"][-1] < 6000
    for name in ("wgan-gp-resnet32-cifar10", "sngan-resnet32-cifar10"):
        assert RESNETS[f"{name}/frechet"][-1] < 0.7 * RESNETS[f"{name}/frechet"][0]
        assert RESNETS[f"{name}/index"][-1] < 0.02 * presets.build(name, width=8).n_steps


def test_bf16_makes_a_staircase_of_the_penalty():
    """The steps near 1 that the text names, and where its figure opens."""
    slope = torch.linspace(0.98, 1.02, 81)
    rounded = slope.bfloat16().double().unique()
    assert set(rounded[rounded >= 1].diff().tolist()) == {1 / 128}
    assert set(rounded[rounded <= 1].diff().tolist()) == {1 / 256}
    assert slope[46].item() == pytest.approx(1.003)
    assert (slope[46].bfloat16() - 1) ** 2 == 0


def test_what_the_text_says_of_sharper_digits():
    fine = runs.load("digits-sharper")
    assert not fine.meta["commit"].endswith("-dirty")
    low, most = fine.meta["weights"][1], fine.meta["weights"][-1]

    def change(weight: float, key: str) -> tuple[float, float]:
        mean, half = interval(fine[f"weight {weight:g}/{key}"] - fine["weight 0/" + key])
        return mean - half, mean + half

    assert change(most, "contrast")[0] > 0
    assert change(most, "error")[0] > 0
    assert change(most, "read")[1] < 0
    assert change(most, "frechet")[0] < 0 < change(most, "frechet")[1]
    assert change(low, "contrast")[0] > 0
    assert change(low, "frechet")[1] < 0
    assert change(low, "error")[1] < 0.001


def test_what_the_text_says_of_the_digits():
    record = runs.load("digits-methods")
    assert not record.meta["commit"].endswith("-dirty")
    distance = {
        name.split("/")[0]: record[name] for name in record.fixed if name.endswith("classifier Fréchet distance")
    }
    assert all(values.shape == (5,) for values in distance.values())
    assert distance["WGAN-GP"].max() < 3 * record["WGAN-GP/floor"].mean()
    assert record["WGAN-GP/classes"].min() == 10
    scores = record["WGAN-GP/scores"][-5:]
    mean, half = interval((scores[:, 0] - scores[:, 1]).mean(0))
    assert mean - half > 0


def test_what_the_text_says_of_a_hundred_digits():
    few, more = runs.load("digits-parting"), runs.load("digits-augmented")
    assert not few.meta["commit"].endswith("-dirty")
    unseen = {name: few[f"{name}/scores"][:, 1] - few[f"{name}/scores"][:, 2] for name in ("wgan-gp", "clipping")}
    own = few["wgan-gp/scores"][:, 0] - few["wgan-gp/scores"][:, 2]
    assert np.ptp(own[10:].mean(1)) < 0.1 < 1 < own[-5:].mean()  # it stands still
    mean, half = interval(unseen["wgan-gp"][-5:].mean(0))
    assert mean + half < 0 < unseen["clipping"][-5:].mean(0).min()
    alone = more["the hundred alone"]
    for k in (0, 1):
        mean, half = interval(100 * (more["generated"] - alone)[:, k])
        assert mean + half < 0
        mean, half = interval(100 * (more["copies, shifted"] - alone)[:, k])
        assert mean - half > 0


def test_what_the_text_says_of_the_sprites():
    sprites = runs.load("sprites")
    assert not sprites.meta["commit"].endswith("-dirty")
    assert sprites["pictures"].shape[1:] == sprites["nearest"].shape == (16, 3, 32, 32)
    real, normal, grey = (sprites[f"beside/{name}"] for name in ("training pictures", "normal law", "mean picture"))
    exact = sprites["scores"][:, 0]
    assert max(grey[0], exact[0]) < real[0] < exact[1:].min()  # exact W1 prefers a blot to real sprites
    assert real[1] < normal[1] < sprites["scores"][-1, 1] < grey[1]  # sliced W1 does not, and the generator is behind
    assert (np.diff(sprites["scores"][:, 1]) < 0).all()
    assert sprites["scores"][-1, 2] > real[2]  # no copies


def test_what_the_text_says_of_mirrored_and_turned_digits():
    unseen, judge = images.digits().held_out, metrics.load_classifier("digits")
    truth = unseen.labels.numpy()

    def kept(*axes: int) -> np.ndarray:
        """How many of each digit are still read as what they are."""
        read = judge.look(unseen.points.flip(*axes))[1]
        return np.array([(read == truth)[truth == digit].mean() for digit in range(10)])

    mirrored, upside_down, half_a_turn = kept(-1), kept(-2), kept(-2, -1)
    assert mirrored[[0, 8]].min() > 0.85
    assert mirrored[[3, 5, 6, 7]].max() == 0
    assert mirrored[[4, 1]] == pytest.approx([2 / 3, 1 / 2], abs=0.05)
    assert upside_down[[0, 8]].min() > 0.9
    assert upside_down[[1, 3]].min() > 0.7
    assert half_a_turn[[0, 8]].min() > 0.9
    assert half_a_turn[[1, 2, 5]] == pytest.approx([1 / 2, 1 / 2, 2 / 3], abs=0.05)
    assert half_a_turn[4] > 0.75
