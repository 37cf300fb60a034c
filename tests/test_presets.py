"""Presets: every one builds, trains, repeats, and says where it comes from."""

import dataclasses
from pathlib import Path

import pytest
import torch
from small_presets import small
from torch import nn

from wgan_lib import diagnostics, images, metrics, presets, training
from wgan_lib.constraints import GradientPenalty, WeightClipping
from wgan_lib.losses import NON_SATURATING, RELATIVISTIC, WASSERSTEIN
from wgan_lib.training import Adam, NormalLatent, RMSProp, TensorData, stream


def test_the_names_of_the_comparison_are_there() -> None:
    methods = ("wgan-gp", "clipping", "sn", "orthonormal", "r1", "r3gan", "gan", "algorithm1")
    planar = {f"{method}-{law}" for method in methods for law in ("ring8", "grid25")}
    digits = {f"{method}-digits" for method in ("wgan-gp", "clipping", "sn")}
    mnist = {f"{method}-mnist" for method in ("wgan-gp", "clipping", "sn", "r1", "gan", "r3gan", "wgan-mlp28")}
    fashion = {f"{method}-fashion" for method in ("wgan-gp", "clipping", "sn", "r1", "gan")}
    stacked = {f"{method}-stacked-{data}" for method in ("wgan-gp", "r3gan") for data in ("digits", "mnist")}
    cifar10 = {"wgan-gp-resnet32", "sngan-cnn32", "sngan-resnet32", "r3gan"}
    large = {"wgan-dcgan64", "wgan-gp-dcgan64", *(f"{networks}-cifar10" for networks in cifar10)}
    assert planar | digits | mnist | fashion | stacked | large | {"wgan-gp-table"} == set(presets.names())


@pytest.mark.parametrize("name", presets.names())
def test_every_preset_builds_trains_and_names_its_source(name: str) -> None:
    preset = small(name)
    (step,) = preset.train(n_steps=1, device="cpu")
    assert step.settings["constraint"] == repr(preset.constraint)
    assert preset.name == name
    assert preset.ours == "not yet run" or any(digit in preset.ours for digit in "0123456789")
    assert any(year in preset.source for year in ("2014", "2017", "2018", "2019", "2024"))
    assert preset.published
    if name.endswith(("ring8", "grid25")):
        assert metrics.mode_coverage_ceiling(preset.data).modes > 7  # type: ignore[arg-type]


def test_a_preset_is_what_it_says() -> None:
    letter = presets.build("algorithm1-grid25")
    assert (letter.constraint, letter.optimizer) == (WeightClipping(0.01), RMSProp(5e-5))
    assert (letter.critic_steps, letter.batch_size, letter.loss) == (5, 64, WASSERSTEIN)
    assert presets.build("r1-ring8").constraint == GradientPenalty(1.0, target=0.0, at="reals")
    modern, before = presets.build("r3gan-grid25"), presets.build("r1-grid25")
    assert (modern.loss, modern.constraint) == (RELATIVISTIC, GradientPenalty(1.0, target=0.0, at="both"))
    told = {"name", "source", "loss", "constraint", "generator", "critic"}
    same = [f.name for f in dataclasses.fields(modern) if f.name not in told]
    assert all(getattr(modern, name) == getattr(before, name) for name in same)
    assert presets.build("gan-ring8").loss is NON_SATURATING
    with pytest.raises(dataclasses.FrozenInstanceError):
        letter.batch_size = 3  # type: ignore[misc]


def test_the_published_models_are_what_the_papers_say() -> None:
    first, penalised = (presets.build(name) for name in ("wgan-dcgan64", "wgan-gp-dcgan64"))
    assert (first.constraint, first.optimizer, first.critic_steps(0), first.critic_steps(30)) == (
        WeightClipping(0.01), RMSProp(5e-5), 100, 5,
    )  # fmt: skip
    channels = [layer.in_channels for layer in penalised.critic if isinstance(layer, nn.Conv2d)]  # type: ignore[union-attr]
    assert channels == [3, 64, 128, 256, 512]
    kinds = {type(layer) for layer in penalised.critic.modules()}
    assert not kinds & {nn.BatchNorm2d, nn.Sigmoid}
    assert (penalised.constraint, penalised.optimizer) == (GradientPenalty(10.0), Adam(1e-4, (0.0, 0.9)))
    resnet, sn = (presets.build(f"{name}-resnet32-cifar10") for name in ("wgan-gp", "sngan"))
    assert (resnet.batch_size, resnet.generator_batch, resnet.n_steps, sn.n_steps) == (64, 128, 100_000, 50_000)
    small_critic = presets.build("wgan-mlp28-mnist").critic
    assert [(layer.in_features, layer.out_features) for layer in small_critic if isinstance(layer, nn.Linear)] == [  # type: ignore[union-attr]
        (784, 256), (256, 1),
    ]  # fmt: skip


def test_renamed_presets_go_on(tmp_path: Path) -> None:
    """The settings of an older folder name them, and its checkpoints know 64 latents a generator step."""
    assert not {"wgan-gp-cifar10", "sn-cifar10"} & set(presets.names())
    noise = TensorData(torch.rand(8, 3, 32, 32, generator=torch.Generator().manual_seed(0)))
    for n_steps in (1, 2):
        older = presets.build("sn-cifar10", width=4)
        given = {name: getattr(older, name) for name in ("generator", "critic", "loss", "constraint", "optimizer")}
        settings = {"linear_decay": False, "latent": NormalLatent(128), "critic_steps": 1, "checkpoint_dir": tmp_path}
        if n_steps == 1:  # as the preset of before called it
            list(training.train(noise, **given, **settings, n_steps=1, batch_size=4, device="cpu"))
        else:
            (step,) = older.train(**settings, data=noise, n_steps=2, batch_size=4, device="cpu", resume=True)
    assert step.index == 1


def test_a_width_makes_convolutions_narrower_and_is_refused_elsewhere() -> None:
    narrow = presets.build("sngan-cnn32-cifar10", width=2)
    assert [layer.out_channels for layer in narrow.critic if isinstance(layer, nn.Conv2d)] == [2, 4, 4, 8, 8, 16, 16]  # type: ignore[union-attr]
    with pytest.raises(ValueError, match="width is 8: sn-ring8 has no convolutions"):
        presets.build("sn-ring8", width=8)


def test_the_seed_draws_the_networks_and_nothing_else_does() -> None:
    def weights(seed: int) -> torch.Tensor:
        preset = presets.build("wgan-gp-ring8", seed)
        return torch.cat([t.flatten() for m in (preset.generator, preset.critic) for t in m.state_dict().values()])

    torch.manual_seed(1)
    first = weights(3)
    torch.manual_seed(2)
    assert torch.equal(first, weights(3))
    assert not torch.equal(first, weights(4))


def test_changes_come_on_top_of_the_preset() -> None:
    steps = presets.build("sn-ring8").train(n_steps=2, seed=5, batch_size=32)
    settings = next(steps).settings
    assert (settings["n_steps"], settings["seed"], settings["batch_size"]) == (2, 5, 32)
    assert settings["linear_decay"] is True
    with pytest.raises(TypeError, match="learning_rate"):
        presets.build("sn-ring8").train(learning_rate=1.0)


def test_an_unknown_name_is_told_the_nearest() -> None:
    with pytest.raises(ValueError, match=r"no preset is named 'wgan-gp-ring9'; the nearest are wgan-gp-ring8"):
        presets.build("wgan-gp-ring9")
    with pytest.raises(ValueError, match=r"'zzzz'; the nearest are wgan-gp-ring8, .*gan-grid25"):
        presets.build("zzzz")


def test_several_seeds_build_networks_side_by_side() -> None:
    together = presets.build("wgan-gp-ring8", seed=[3, 4])
    *_, step = together.train(seed=[3, 4], n_steps=2, batch_size=16)
    for k, seed in enumerate((3, 4)):
        *_, alone = presets.build("wgan-gp-ring8", seed).train(seed=seed, n_steps=2, batch_size=16)
        assert step.w1_estimate[k] == pytest.approx(alone.w1_estimate, abs=1e-4)  # type: ignore[index]


@pytest.mark.parametrize("name", ["sn-ring8", "orthonormal-ring8"])
def test_bounded_critics_are_one_lipschitz_after_training(name: str) -> None:
    preset = presets.build(name)
    *_, step = preset.train(n_steps=20, batch_size=64)
    layers = nn.Sequential(step.critic[0], *step.critic[1])  # type: ignore[index, misc]
    points = preset.data.sample(200, stream(0, "evaluation"))
    bound = diagnostics.lipschitz_bound(layers)
    assert bound == pytest.approx(1.0, abs=0.25 if name == "sn-ring8" else 1e-4)  # one power iteration lags behind
    assert diagnostics.lipschitz_on_pairs(step.critic, points, 1.3 * points) <= bound * (1 + 1e-5)


@pytest.mark.slow
def test_wgan_gp_finds_the_whole_ring() -> None:
    preset = presets.build("wgan-gp-ring8")
    run = training.record(preset.train(n_steps=700), every=350, n_samples=2500)
    found = metrics.mode_coverage(torch.tensor(run["samples"][-1]), preset.data)  # type: ignore[arg-type]
    assert found.modes == 8
    assert found.high_quality > 0.25


def test_pictures_are_looked_for_only_when_they_are_needed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(images, "fetch", lambda source, root, **_: (_ for _ in ()).throw(FileNotFoundError(root)))
    preset = presets.build("wgan-gp-resnet32-cifar10", root=tmp_path)
    assert sum(p.numel() for p in preset.critic.parameters()) == 1_053_825
    with pytest.raises(FileNotFoundError, match=str(tmp_path)):
        preset.train(n_steps=1)


def test_convolutions_refuse_several_seeds() -> None:
    with pytest.raises(ValueError, match="has no batched form"):
        presets.build("sn-mnist", seed=[0, 1])
