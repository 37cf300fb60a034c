"""How the surfaces of a run are packed for a page: js/maths/surfaces.mjs unpacks them."""

from typing import Any

import numpy as np
from jaxtyping import Float

from wgan_lib.runs import Run


def packed(run: Run, apart: Float[np.ndarray, "real fake"]) -> tuple[bytes, list[dict[str, Any]]]:
    """Give one run as bytes, and the numbers of each of its frames.

    `apart` holds the distances of real and generated points. The bytes: values in 10 bits, differenced along rows and
    columns, low bytes then high bytes; slopes in 6 bits; gradients in 16. Chapter: critic.
    """
    f_real, f_fake = run["scores_real"].astype(float), run["scores_fake"].astype(float)
    middle = (f_real.mean(1) + f_fake.mean(1)) / 2  # a critic's constant means nothing
    values = run["critic"].astype(float) - middle[:, None, None]
    slopes, arrows = run["slope"].astype(float), run["gradient_fake"].astype(float)
    low, high, steepest = values.min((1, 2)), values.max((1, 2)), slopes.max((1, 2))
    longest = np.abs(arrows).max((1, 2))
    share = lambda a, least, most: (a - least) / np.where(most > least, most - least, 1.0)  # noqa: E731
    column = (slice(None), None, None)
    whole = np.rint(1023 * share(values, low[column], high[column])).astype(np.int64)
    steps = np.diff(np.diff(whole, axis=2, prepend=0), axis=1, prepend=0) & 0xFFFF
    arrays = [
        (steps & 0xFF).astype(np.uint8),
        (steps >> 8).astype(np.uint8),
        np.rint(63 * share(slopes, 0.0, steepest[column])).astype(np.uint8),
        np.rint(32767 * share(arrows, 0.0, longest[column])).astype("<i2"),
    ]
    readings = []
    for k in range(len(run)):
        rise = np.abs(f_real[k][:, None] - f_fake[k])
        slope = float(np.divide(rise, apart, out=np.zeros_like(rise), where=rise > 0).max())
        gap = float(f_real[k].mean() - f_fake[k].mean())
        numbers = {"gap": gap, "slope": slope, "certified": abs(gap) / slope if slope > 0 else 0.0}
        readings.append({**numbers, "range": [float(a[k]) for a in (low, high, steepest, longest)]})
    return b"".join(array.tobytes() for array in arrays), readings
