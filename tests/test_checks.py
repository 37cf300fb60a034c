"""What is checked at the door: the right values go through in plain form, the others name their argument."""

import math

import numpy as np
import pytest
import torch
from no_double import on_device

from wgan_lib import (
    checks,
    constraints,
    diagnostics,
    divergences,
    figures,
    losses,
    metrics,
    networks,
    sampling,
    training,
    transport,
)


@pytest.mark.parametrize("value", [3, np.int64(3), np.uint8(3)])
def test_counts_of_any_make_come_out_plain(value):
    assert type(checks.whole("n", value)) is int
    assert checks.whole("n", value) == 3


@pytest.mark.parametrize("value", [0, -1, 3.0, np.float64(3), True, None, "3", math.nan, [3], np.array([1, 2])])
def test_what_is_no_count_is_named(value):
    with pytest.raises(ValueError, match=r"^n is .*: it must be a whole number, 1 or more$"):
        checks.whole("n", value)


@pytest.mark.parametrize(
    ("value", "told"),
    [(2**63, "9223372036854775808"), (2**16609, r"2\*\*16609 or more")],
    ids=["63 bits", "16609 bits"],
)
def test_a_count_beyond_all_counts_is_told_in_short(value, told):
    """Python refuses to print a number of more than 4,300 digits."""
    with pytest.raises(ValueError, match=f"^n is {told}: it must be a whole number, 1 to 9,223,372,036,854,775,807$"):
        checks.whole("n", value)


def rng() -> torch.Generator:
    return torch.Generator().manual_seed(0)


def trained(critic_steps=1, batch_size=4, **latent):
    return training.train(
        sampling.ring(8), networks.mlp(2, 4, 2), networks.mlp(2, 4, 1), losses.WASSERSTEIN, constraints.Unconstrained(),
        n_steps=1, critic_steps=critic_steps, batch_size=batch_size, device="cpu", **latent,
    )  # fmt: skip


X = np.ones((4, 2))
HUGE = {
    "sampling n": ("n", lambda v: sampling.ring(8).sample(v, rng())),
    "ring": ("k", sampling.ring),
    "circles": ("k", sampling.circles_and_centres),
    "radial": ("dim", sampling.radial_pair),
    "funnels": ("n_funnels( × dim)?", lambda v: sampling.min_funnels(2, v, 0)),
    "pair": ("n", lambda v: sampling.radial_pair(3).sample_pair(v, rng())),
    "latent": ("(n × )?size", lambda v: training.NormalLatent(v).sample(2, rng())),
    "mlp": ("(each of )?sizes", lambda v: networks.mlp(2, v, 1)),
    "Fourier": ("n( × d)?", lambda v: networks.FourierFeatures(2, v, 1.0, rng())),
    "dcgan side": ("side", networks.dcgan_critic),
    "dcgan width": ("width", lambda v: networks.dcgan_critic(16, 1, v)),
    "resnet latent": ("latent", lambda v: networks.resnet_generator(latent=v)),
    "sn widths": ("each of widths", lambda v: networks.sn_critic(1, (v,) * 7)),
    "classes": ("n_classes", lambda v: metrics.class_shares([0, 1], v)),
    "splits": ("splits", lambda v: metrics.w1_to_held_out(X, X, rng(), v)),
    "ceiling": ("n", lambda v: metrics.mode_coverage_ceiling(sampling.ring(8), v)),
    "convolution": ("size", lambda v: diagnostics.convolution_norm(np.ones((1, 1, 3, 3)), v)),
    "grid of slopes": ("n", lambda v: diagnostics.slope_on_grid(networks.mlp(2, 4, 1), [0, 0], [1, 1], v)),
    "slices": ("n_projections", lambda v: transport.sliced_w1(X, X, np.random.default_rng(0), n_projections=v)),
    "segments": ("n", lambda v: divergences.w1_segments(0.1, 1.0, v)),
    "ramp": ("n", figures.ramp),
    "columns": ("columns", lambda v: figures.image_grid(torch.rand(2, 1, 4, 4), v)),
    "iterations": ("n_power_iterations", constraints.SpectralNorm),
    "critic steps": ("critic_steps", lambda v: trained(critic_steps=v)),
    "critic steps by a function": (r"critic_steps\(0\)", lambda v: trained(critic_steps=lambda index: v)),
    "batch": ("batch_size", lambda v: trained(batch_size=v)),
    "recorded samples": ("n_samples", lambda v: training.record(trained(), n_samples=v)),
    "recorded grid": ("grid", lambda v: training.record(trained(), n_samples=4, grid=v)),
}


@pytest.mark.parametrize("value", [2**62, 2**64])
@pytest.mark.parametrize("door", HUGE)
def test_sizes_beyond_all_memory_are_refused_by_name_at_once(door, value):
    name, call = HUGE[door]
    with pytest.raises(ValueError, match=rf"^{name} is .*(more than fits into memory|must be a whole number)"):
        call(value)


@pytest.mark.parametrize(
    "value", [2, 2.0, np.float32(2), np.int8(2), np.array(2), torch.tensor(2), torch.tensor(2.0, requires_grad=True)]
)
def test_numbers_of_any_make_come_out_plain(value):
    assert type(checks.number("bound", value, above=0)) is float
    assert checks.number("bound", value, above=0) == 2


@pytest.mark.parametrize(
    "value", [True, None, "2", [2.0], np.array([2.0]), torch.tensor([2.0]), torch.tensor(True), 1j]
)
def test_what_is_no_number_is_named(value):
    with pytest.raises(TypeError, match=r"(?s)^bound is .*: it must be a finite number above 0, below 5$"):
        checks.number("bound", value, above=0, below=5)


@pytest.mark.parametrize("value", [0, 5, -1.0, math.nan, math.inf, 10**400, np.float32("inf"), torch.tensor(math.nan)])
def test_numbers_out_of_bounds_are_named(value):
    with pytest.raises(ValueError, match=r"^bound is .*: it must be a finite number above 0, below 5$"):
        checks.number("bound", value, above=0, below=5)


@pytest.mark.parametrize("value", ["c", None, ["a"], np.array(["a", "b"]), 0])
def test_what_is_no_choice_is_named_with_the_choices(value):
    assert checks.one_of("at", np.str_("a"), ("a", "b")) == "a"
    with pytest.raises(ValueError, match=r"^at is .*: it must be one of 'a', 'b'$"):
        checks.one_of("at", value, ("a", "b"))


def test_the_nearest_names_come_first():
    assert "nearest are ring, rings" in checks.nearest("law", "rin", ["grid", "rings", "ring"])
    assert "nearest are grid, ring" in checks.nearest("law", "xyz", ["grid", "ring"])
    assert "nearest are none" in checks.nearest("law", "xyz", [])


@pytest.mark.parametrize(
    "value",
    [
        [[1, 2], [3, 4]],
        ((1.0, 2.0), (3.0, 4.0)),
        np.array([[1, 2], [3, 4]], np.float16),
        np.array([[1, 3], [2, 4]], np.uint8).T,
        torch.tensor([[1.0, 2], [3, 4]], requires_grad=True),
        torch.tensor([[1.0, 2], [3, 4]], dtype=torch.bfloat16),
        torch.tensor([[1, 3], [2, 4]]).T,
        on_device(torch.tensor([[1.0, 2], [3, 4]])),
    ],
)
def test_arrays_of_any_make_come_out_as_doubles(value):
    array = checks.reals("x", value)
    assert array.dtype == np.float64
    np.testing.assert_array_equal(array, [[1, 2], [3, 4]])


@pytest.mark.parametrize(
    "value",
    [
        "text",
        None,
        [None],
        [[1], [2, 3]],
        [1j],
        [True],
        np.array([{}]),
        torch.tensor([True]),
        torch.tensor([1j]),
        torch.zeros(2, device="meta"),
        torch.eye(2).to_sparse(),
        torch.nn.Linear(1, 1),
    ],
)
def test_what_holds_no_real_numbers_is_named(value):
    with pytest.raises(TypeError, match=r"^x must hold real numbers"):
        checks.reals("x", value)


@pytest.mark.parametrize("value", [math.nan, [1, math.inf], np.array([-math.inf]), torch.tensor([math.nan])])
def test_nan_and_inf_are_named(value):
    with pytest.raises(ValueError, match=r"^x must be finite, got (nan|inf|-inf)$"):
        checks.reals("x", value)


def test_counting_what_is_not_finite():
    for values in (np.array([1, np.nan, np.inf]), torch.tensor([1, math.nan, math.inf])):
        with pytest.raises(ValueError, match=r"^real holds 2 numbers that are NaN or infinite$"):
            checks.all_finite("real", values)
        checks.all_finite("real", values[:1])


def test_tensors_are_known_without_torch_and_networks_are_none():
    assert checks.is_tensor(torch.zeros(1))
    assert checks.is_tensor(torch.nn.Parameter(torch.zeros(1)))
    assert checks.is_tensor(on_device(torch.zeros(1)))
    assert not checks.is_tensor(torch.nn.Linear(1, 1))
    assert not checks.is_tensor(np.zeros(1))
