"""What holds for every test: no accelerators, and types and shapes checked at each call into the library."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import hypothesis
import jaxtyping
import pytest

os.environ["CUDA_VISIBLE_DEVICES"] = ""  # results are held against the CPU, bit by bit; test_devices.py sees them all

jaxtyping.install_import_hook("wgan_lib", "shape_checks.checked")
hypothesis.settings.register_profile("any machine", deadline=None)  # a busy machine is no fault of the library
hypothesis.settings.load_profile("any machine")
_raises = pytest.raises


@contextmanager
def unchecked() -> Iterator[None]:
    """Let wrong values through to the library, whose own refusal a test is about."""
    before = jaxtyping.config.jaxtyping_disable
    jaxtyping.config.update("jaxtyping_disable", True)
    try:
        yield
    finally:
        jaxtyping.config.update("jaxtyping_disable", before)


@contextmanager
def _raises_unchecked(*expected: Any, **wanted: Any) -> Iterator[Any]:
    with unchecked(), _raises(*expected, **wanted) as caught:
        yield caught


def pytest_configure() -> None:
    """Have every `with pytest.raises` see what the library says to bad values, and not what the type checker says."""
    pytest.raises = _raises_unchecked  # type: ignore[assignment]


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave measures to `make soak`, which asks for them by `-m soak`."""
    if "soak" not in (config.option.markexpr or ""):
        measures = [item for item in items if item.get_closest_marker("soak")]
        items[:] = [item for item in items if item not in measures]
        config.hook.pytest_deselected(items=measures)


@pytest.fixture
def shapes_unchecked() -> Iterator[None]:
    """For a test that compiles a network: torch's compiler cannot trace the checks."""
    with unchecked():
        yield


@pytest.fixture(autouse=True)
def _signals_as_in_a_terminal() -> Iterator[None]:
    """Background jobs and some CI ignore SIGINT, nohup SIGHUP, here and in every process started from here."""
    usual = {signal.SIGINT: signal.default_int_handler}
    usual |= {
        getattr(signal, name): signal.SIG_DFL
        for name in ("SIGHUP", "SIGTERM", "SIGUSR1", "SIGUSR2")
        if hasattr(signal, name)
    }
    before = {number: signal.signal(number, handler) for number, handler in usual.items()}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


pytest_plugins = ["nursery", "widget_pages"]  # the browser and its pages, loaded once the checks above are in place
