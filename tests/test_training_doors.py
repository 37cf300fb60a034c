"""What comes to the door of a training: data and devices in every form, odd networks, the caller's own surroundings."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from short_training import LAW
from torch import nn
from torch.utils.data import DataLoader, Dataset, TensorDataset

from wgan_lib import networks, training
from wgan_lib.constraints import GradientPenalty, LipschitzConstraint, Unconstrained
from wgan_lib.losses import WASSERSTEIN, AdversarialLoss
from wgan_lib.training import Adam, NormalLatent, OneDevice, train


def pair(out: int = 1) -> dict[str, nn.Module]:
    rng = torch.Generator().manual_seed(0)
    return {"generator": networks.mlp(2, 4, 2, rng=rng), "critic": networks.mlp(2, 4, out, rng=rng)}


def small(**changes: Any) -> Any:
    arguments = {
        "data": LAW, "loss": WASSERSTEIN, "constraint": GradientPenalty(1.0), "n_steps": 2, "critic_steps": 1,
        "batch_size": 4, "device": "cpu", "optimizer": Adam(1e-2), **pair(), **changes,
    }  # fmt: skip
    return train(**arguments)


def numbers(*modules: nn.Module) -> list[list[float]]:
    return [tensor.tolist() for module in modules for tensor in module.state_dict().values()]


POINTS = torch.arange(16.0).reshape(8, 2) / 16


@pytest.mark.parametrize("points", [POINTS.numpy(), POINTS.tolist(), None, "x"], ids=lambda p: type(p).__name__)
def test_data_in_memory_are_a_tensor(points: Any) -> None:
    with pytest.raises(TypeError, match=r"points are a .*: a tensor \(n, …\) is needed"):
        training.TensorData(points)


class Rows(Dataset):
    def __len__(self) -> int:
        return 8

    def __getitem__(self, i: int) -> torch.Tensor:
        return POINTS[i]


class Frame:
    """As pandas' DataFrame: it has a ``sample`` of its own, which means something else."""

    def sample(self, n: int, frac: float) -> None: ...

    def to_numpy(self) -> np.ndarray:
        return POINTS.numpy()


@pytest.mark.parametrize(
    "data",
    [POINTS, POINTS.numpy(), POINTS.numpy().astype(np.float64), POINTS.tolist(), tuple(map(tuple, POINTS.tolist())),
     np.asfortranarray(POINTS.numpy()), POINTS.numpy()[::-1][::-1], nn.Parameter(POINTS)],
    ids=["tensor", "float32", "float64", "list", "tuple", "Fortran", "strides", "parameter"],
)  # fmt: skip
def test_rows_of_numbers_train_alike_in_every_form(data: Any) -> None:
    assert list(small(data=data)) == list(small(data=POINTS))


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (Rows(), r"data is a Rows: pass a tensor \(n, …\)"),
        (TensorDataset(POINTS), r"data is a TensorDataset: pass a tensor"),
        (DataLoader(Rows()), r"data is a DataLoader: pass a tensor"),
        (Frame(), r"data is a Frame: pass torch.tensor\(data.to_numpy\(\), dtype=torch.float32\)"),
        (POINTS.numpy().astype(int), r"data has dtype int64: floating-point"),
        ([["a", "b"]] * 8, r"data has dtype <U1"),
        ([[0.0, 1.0], [2.0]], r"data is a list that is no table of numbers"),
        (np.ma.masked_greater(POINTS.numpy(), 0.5), "data is a masked array"),
        (POINTS.to("meta"), "data is a torch.strided tensor on meta"),
        (POINTS.to_sparse(), "data is a torch.sparse_coo tensor"),
        (POINTS.to(torch.complex64), "data has dtype torch.complex64"),
        (None, "data is a NoneType"),
        ("data.csv", "data is a str"),
        (Rows, "data is the class Rows"),
        (3.0, "data is a float"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_is_no_data_is_told_what_to_pass(data: Any, message: str) -> None:
    with pytest.raises((TypeError, ValueError), match=message):
        small(data=data)


class Gives:
    """A sampler, a loss, a penalty: something that gives what it is told to."""

    def __init__(self, give: Callable[..., Any]) -> None:
        self.sample = self.critic = self.generator = give


@pytest.mark.parametrize(
    ("name", "give", "message"),
    [
        ("data", lambda n, g: POINTS[:n].numpy(), "data.sample.* gave a ndarray"),
        ("data", lambda n, g: None, "data.sample.* gave a NoneType"),
        ("data", lambda n, g: POINTS[0], r"data.sample\(4, generator\) gave shape \(2,\)"),
        ("data", lambda n, g: POINTS[:n].int(), "data.sample gives torch.int32"),
        ("data", lambda n, g: POINTS[:n].to("meta"), "data.sample gives samples as a torch.strided tensor on meta"),
        ("data", lambda n, g: POINTS[:n, None], r"data are .* samples of shape \(1, 2\), the generator makes"),
        ("data", lambda n, g: POINTS[:n, 0], r"where data are .* samples of shape \(\)"),
        ("data", lambda n, g: torch.empty(1 << 62, 2), "batch_size is 4: data.sample.* failed"),
        ("data", lambda n: POINTS[:n], "data.sample.* failed: .*positional"),
        ("latent", lambda n, g: torch.full((n, 2), math.nan), "latent gives NaN"),
        ("latent", lambda n, g: torch.ones(n, 2).int(), "latent.sample gives torch.int32"),
    ],
)
def test_samplers_that_give_something_else_are_named(name: str, give: Callable[..., Any], message: str) -> None:
    with pytest.raises((TypeError, ValueError), match=message):
        small(**{name: Gives(give)})


@pytest.mark.parametrize(
    "device", ["cpu", "cpu:0", torch.device("cpu"), OneDevice(torch.device("cpu")), "auto"], ids=repr
)
def test_a_device_in_every_form(device: Any) -> None:
    assert list(small(device=device)) == list(small())


@pytest.mark.parametrize(
    "device",
    ["cuda", 0, 7, -1, 10**30, "cpu:x", "cpu:7", "meta", "tpu", "", None, True, 1.0, torch.device("meta"), b"cpu",
     ["cpu"]],
    ids=repr,
)  # fmt: skip
def test_what_is_no_device_here_gets_one_line(device: Any) -> None:
    with pytest.raises((TypeError, ValueError), match=r"^device is [^\n]*$"):
        small(device=device)


class Bent(nn.Module):
    """A network that does something odd to what it computes."""

    def __init__(self, bend: Callable[[torch.Tensor], Any], out: int) -> None:
        super().__init__()
        self.inner, self.bend = networks.mlp(2, 4, out), bend

    def forward(self, x: torch.Tensor) -> Any:
        return self.bend(self.inner(x))


def odd_networks(out: int) -> list[tuple[Any, str]]:
    nan = networks.mlp(2, 4, out)
    nn.init.constant_(nan[0].weight, math.nan)
    with torch.inference_mode():
        inference = networks.mlp(2, 4, out)
    return [
        (networks.mlp(2, 4, out).requires_grad_(False), "has no parameter that requires a gradient"),
        (nn.Sequential(nn.Linear(2, out, device="meta")), "is on the meta device"),
        (nn.Sequential(nn.LazyLinear(out)), "has a lazy parameter"),
        (nan, "holds NaN"),
        (inference, "was made inside torch.inference_mode"),
        (nn.Identity(), "has no parameter"),
        (networks.mlp, "it must be a torch.nn.Module"),
        (None, "it must be a torch.nn.Module"),
        (Bent(torch.Tensor.detach, out), "do not depend on its parameters"),
        (Bent(torch.zeros_like, out), "do not depend on its parameters"),
        (Bent(lambda y: y.to("meta"), out), "tensor on meta"),
        (Bent(lambda y: y.to_sparse(), out), "torch.sparse_coo tensor"),
        (Bent(lambda y: y.detach().numpy(), out), "gives"),
        (Bent(lambda y: y.numpy(), out), "refuses"),
        (Bent(lambda y: torch.complex(y, y), out), "complex64"),
        (Bent(lambda y: None, out), "gives"),
        (Bent(lambda y: y[:1], out), "of 2 latents|one number per sample"),
    ]


@pytest.mark.parametrize("case", range(len(odd_networks(1))))
@pytest.mark.parametrize("name", ["generator", "critic"])
def test_odd_networks_are_refused_by_name(name: str, case: int) -> None:
    network, message = odd_networks(2 if name == "generator" else 1)[case]
    with pytest.raises((TypeError, ValueError), match=rf"{name}.*({message})"):
        small(**{name: network}, latent=NormalLatent(2))


def test_a_critic_blind_to_its_input_is_refused() -> None:
    class Blind(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.bias = nn.Parameter(torch.zeros(()))

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.bias.expand(len(x))

    with pytest.raises(ValueError, match="critic gives scores that do not depend on the sample"):
        small(critic=Blind(), constraint=Unconstrained())


def test_layers_shared_by_both_networks_are_refused() -> None:
    shared = nn.Linear(2, 2)
    critic = nn.Sequential(shared, *networks.mlp(2, 4, 1))
    with pytest.raises(ValueError, match="generator and critic share weight, bias: each needs weights of its own"):
        small(generator=shared, critic=critic)


class Penalty(LipschitzConstraint):
    def __init__(self, value: Any) -> None:
        self.value = value

    def penalty(self, critic: Any, real: Any, fake: Any, rng: Any) -> Any:
        return self.value


@pytest.mark.parametrize("value", [None, 3, 1.0, "x", torch.ones(4), torch.tensor(1j)], ids=repr)
def test_a_loss_or_a_penalty_that_is_no_number_is_named(value: Any) -> None:
    with pytest.raises((TypeError, ValueError), match=r"^constraint.penalty gives"):
        list(small(constraint=Penalty(value)))
    for name in ("critic", "generator"):
        loss = WASSERSTEIN._replace(**{name: lambda *scores: value})
        with pytest.raises((TypeError, ValueError), match=rf"^loss.{name}\(.* gives"):
            small(loss=loss)


def test_a_loss_of_another_form_is_named() -> None:
    for loss, message in (
        (AdversarialLoss(lambda real: real.mean(), WASSERSTEIN.generator), r"loss.critic\(.*failed: .*positional"),
        (AdversarialLoss(WASSERSTEIN.critic, lambda fake, real=None: fake.mean().detach()), "loss.generator.*detach"),
        (AdversarialLoss(WASSERSTEIN.critic, 3), "loss is .*it must be a value of wgan_lib.losses"),  # type: ignore[arg-type]
        (AdversarialLoss, "loss is AdversarialLoss"),
        ("wasserstein", "loss is 'wasserstein'"),
    ):
        with pytest.raises((TypeError, ValueError), match=message):
            small(loss=loss)
    unnamed = AdversarialLoss(WASSERSTEIN.critic, WASSERSTEIN.generator, name=None)  # type: ignore[arg-type]
    assert len(list(small(loss=unnamed))) == 2
