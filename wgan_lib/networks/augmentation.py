"""Differentiable augmentation: a critic sees pictures changed, real and generated alike, and learns none by heart."""

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor, nn

from wgan_lib import checks

CHANGES = ("colour", "translation", "cutout")


class Augment(nn.Module):
    """Change each picture at random before a critic scores it: ``nn.Sequential(Augment(), critic)``.

    Real pictures, generated ones and what a penalty looks at all pass through, so that the generator learns the
    pictures and not the changes, and gradients go back through them. ``colour``: brightness moves by up to ½,
    saturation grows by 0 to 2, contrast by ½ to 1½. ``translation``: up to an eighth of the side each way, black
    (−1) comes in. ``cutout``: a square of half the side turns grey (0). Each picture has its own numbers, from
    PyTorch's global ones, which a training keeps in its checkpoints. In eval mode nothing changes. A change of contrast
    by c multiplies slopes by c: a penalty holds the slope of change and critic together, not the critic's own.

    ``(batch, channels, height, width)``. Raises ValueError for changes that are none of ``CHANGES``. Below about 5,000
    pictures a critic overfits, and flips alone are not enough.
    Source: Zhao 2020, Differentiable augmentation for data-efficient GAN training, section 3. Chapter: full-models.
    """

    def __init__(self, changes: Sequence[str] = CHANGES) -> None:
        super().__init__()
        changes = (changes,) if isinstance(changes, str) else tuple(changes)
        self.changes = tuple(checks.one_of("each of changes", change, CHANGES) for change in changes)
        if not self.changes:
            raise ValueError(f"changes is empty: it must name some of {', '.join(CHANGES)}")

    def extra_repr(self) -> str:
        """Show the changes in ``repr``."""
        return ", ".join(self.changes)

    def forward(
        self, pictures: Float[Tensor, "batch channels height width"]
    ) -> Float[Tensor, "batch channels height width"]:
        """Return the changed pictures while training, else the pictures."""
        if self.training:
            for change in self.changes:
                pictures = {"colour": _coloured, "translation": _moved, "cutout": _cut}[change](pictures)
        return pictures


def _uniform(like: Tensor, low: float, high: float) -> Tensor:
    return torch.rand(len(like), 1, 1, 1, device=like.device, dtype=like.dtype) * (high - low) + low


def _coloured(x: Tensor) -> Tensor:
    x = x + _uniform(x, -0.5, 0.5)
    grey = x.mean(1, keepdim=True)
    x = (x - grey) * _uniform(x, 0, 2) + grey
    mean = x.mean((1, 2, 3), keepdim=True)
    return (x - mean) * _uniform(x, 0.5, 1.5) + mean


def _moved(x: Tensor) -> Tensor:
    """Move by whole pixels; the second derivative of indexing is there on every device, where a sampler's is not."""
    height, width = x.shape[2:]
    rows, columns = _shifted(x, height), _shifted(x, width)
    padded = nn.functional.pad(x, (1, 1, 1, 1), value=-1.0)
    batch = torch.arange(len(x), device=x.device)[:, None, None]
    return padded.permute(0, 2, 3, 1)[batch, rows[:, :, None], columns[:, None, :]].permute(0, 3, 1, 2)


def _shifted(x: Tensor, size: int) -> Tensor:
    """Return for each picture which padded row (or column) each of its own comes from; 0 and size + 1 are rims."""
    most = max(1, size // 8)
    shift = torch.randint(-most, most + 1, (len(x), 1), device=x.device)
    return (torch.arange(size, device=x.device) + shift + 1).clamp(0, size + 1)


def _cut(x: Tensor) -> Tensor:
    height, width = x.shape[2:]
    inside = []
    for size, axis in ((height, 2), (width, 3)):
        start = torch.randint(-(size // 4), size - size // 4 + 1, (len(x), 1, 1, 1), device=x.device)
        place = torch.arange(size, device=x.device).reshape([-1 if a == axis else 1 for a in range(4)])
        inside.append((place >= start) & (place < start + size // 2))
    return x * ~(inside[0] & inside[1])
