"""What a trained preset is worth: each score of its samples beside the score of the law itself."""

import math
from io import BytesIO

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn.functional import pad

from wgan_lib import diagnostics, metrics
from wgan_lib.images import Images
from wgan_lib.presets.preset import Preset
from wgan_lib.sampling import Law

Rows = dict[str, tuple[float, float]]


def judge(preset: Preset, samples: Float[Tensor, "n ..."], rng: torch.Generator) -> tuple[str, Rows]:
    """Return a note on how it was done, and rows (score of the samples, score of the law itself or NaN).

    Points of the plane are judged by modes and exact W1, pictures by the classifier of their data set. Raises
    ValueError for data that are neither, FileNotFoundError without a classifier. Chapter: full-models.
    """
    if isinstance(preset.data, Law):
        return _points(samples, preset.data, preset.critic, rng)
    if isinstance(preset.data, Images) and preset.data.held_out is not None:
        return _pictures(samples, preset.data.held_out, rng)
    raise ValueError(f"{preset.name} learns {preset.data}: only laws of the plane and pictures are judged here")


def _points(samples: Tensor, law: Law, critic: nn.Module, rng: torch.Generator) -> tuple[str, Rows]:
    few = samples[:1000]
    found, ceiling = metrics.mode_coverage(samples, law), metrics.mode_coverage_ceiling(law, len(samples))
    held_out = metrics.w1_to_held_out(few, law, rng)
    certified = diagnostics.certified_lower_bound(critic, law.sample(len(few), rng), few)
    return f"W1 on {len(few)}", {
        "modes": (found.modes, ceiling.modes),
        "high quality": (found.high_quality, ceiling.high_quality),
        "reverse KL, nats": (found.reverse_kl, ceiling.reverse_kl),
        "W1 to held-out": (held_out.w1, held_out.null),
        "W1 that the critic certifies": (certified, math.nan),
    }


def _pictures(samples: Tensor, held_out: Images, rng: torch.Generator) -> tuple[str, Rows]:
    classifier = metrics.load_classifier(held_out.name.partition("(")[0])
    n = min(len(samples), len(held_out) // 2, 1000)
    found = metrics.scores(samples, held_out.points, classifier, rng, n=n)
    shares = metrics.class_shares(classifier.look(samples)[1], classifier.head.out_features)
    told = f"{n} at a time judged by a classifier right on {classifier.settings['accuracy']:.1%}"
    in_classes = " ".join(f"{100 * share:.0f}" for share in shares)
    return f"{told}\nper cent in each class: {in_classes}", {k: (v.value, v.floor) for k, v in found.items()}


def sheet(samples: Float[Tensor, "n ..."]) -> bytes | None:
    """Return 64 of the pictures as a PNG, None if the samples are no pictures. Chapter: full-models."""
    if samples.ndim != 4:
        return None
    from wgan_lib import figures  # and matplotlib with it

    buffer = BytesIO()
    figures.image_grid(pad(samples[:64], (1, 1, 1, 1), value=1.0).numpy()).savefig(buffer, format="png", dpi=150)
    return buffer.getvalue()
