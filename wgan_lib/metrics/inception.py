"""FID and the Inception score, under these names only where their own network is at hand."""

from pathlib import Path
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

WEIGHTS = "weights-inception-2015-12-05-6726825d.pth"
"""The file of torch-fidelity's Inception network, a port of the one that published scores were made with."""


def why_not() -> str | None:
    """Return what is missing for FID and the Inception score, None where both can be had without the network.

    Chapter: full-models.
    """
    try:
        import torch_fidelity  # noqa: F401
    except ImportError:
        return "FID and the Inception score need the package torch-fidelity (pip install torch-fidelity)"
    place = Path(torch.hub.get_dir()) / "checkpoints" / WEIGHTS
    return None if place.exists() else f"FID and the Inception score need Inception's weights: put {WEIGHTS} at {place}"


def inception_scores(
    generated: Float[Tensor, "n channels height width"], real: Float[Tensor, "m channels height width"]
) -> dict[str, float]:
    """Return "FID" of pictures in [−1, 1] against real ones, and their "Inception score", by torch-fidelity.

    Grey pictures count as three equal channels. Published scores use 50,000 of each; with fewer FID is larger. Raises
    RuntimeError that says what is missing. Source: Heusel 2017; Salimans 2016. Chapter: full-models.
    """
    if missing := why_not():
        raise RuntimeError(missing)
    import torch_fidelity

    given = {f"input{i}": _Bytes(pictures) for i, pictures in ((1, generated), (2, real))}
    found: dict[str, Any] = torch_fidelity.calculate_metrics(
        **given, fid=True, isc=True, cuda=torch.cuda.is_available(), verbose=False, isc_splits=10
    )
    return {
        "FID": float(found["frechet_inception_distance"]),
        "Inception score": float(found["inception_score_mean"]),
    }


class _Bytes(torch.utils.data.Dataset[Tensor]):
    """Pictures as torch-fidelity wants them: bytes, three channels."""

    def __init__(self, pictures: Tensor) -> None:
        self.pictures = pictures

    def __len__(self) -> int:
        return len(self.pictures)

    def __getitem__(self, i: int) -> Tensor:
        one = ((self.pictures[i].clamp(-1, 1) + 1) * 127.5).round().byte()
        return one.expand(3, *one.shape[1:]).contiguous()
