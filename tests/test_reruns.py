"""`--quick` reruns of two experiments agree with what was recorded, and a training that stops early does not."""

import importlib
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent.parent / "experiments"))

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(("script", "steps"), [("gradient_penalty", 1500), ("spectral_slack", 1500)])
def test_fresh_seeds_end_inside_the_recorded_interval(script: str, steps: int) -> None:
    module = importlib.import_module(script)
    assert module.quick(steps)
    assert not module.quick(steps // 10)
