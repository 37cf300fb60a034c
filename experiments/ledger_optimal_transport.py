"""What the chapter on transport reproduces: duality, corners that match, and Sinkhorn's bias."""

import numpy as np
from ledger import Entry

from wgan_lib import transport


def entries() -> list[Entry]:
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((24, 2)), rng.standard_normal((24, 2)) + 1
    best = transport.plan(x, y)
    gap = abs(float(best.duality_gap))
    one_partner = int((best.coupling > 1e-9).sum(1).max())
    blurred = transport.sinkhorn(x, x, 1.0)
    cost = float((blurred.coupling * np.linalg.norm(x[:, None] - x[None], axis=-1)).sum())
    debiased = abs(float(transport.sinkhorn_divergence(x, x, 1.0)))
    setting = "24 normal points a side, in the plane"
    return [
        Entry(claim="the cheapest plan costs what the best prices earn", source="kantorovich1942translocation",
              where="theorem", setting=setting, published="a difference of 0", ours=round(gap, 9), agrees=gap < 1e-9),
        Entry(claim="between equal numbers of points a cheapest plan is a matching", source="birkhoff1946tres",
              where="theorem", setting=setting, published="one partner each", ours=one_partner, unit="partner at most",
              agrees=one_partner == 1),
        Entry(claim="with entropy a cloud is at a distance from itself", source="feydy2019interpolating",
              where="section 1", setting=setting + ", ε = 1", published="above 0",
              ours=round(cost, 3), unit="cost of the plan", agrees=cost > 0.1),
        Entry(claim="the Sinkhorn divergence of a cloud to itself is zero", source="feydy2019interpolating",
              where="theorem 1", setting=setting + ", ε = 1", published="0",
              ours=round(debiased, 6), agrees=debiased < 1e-6),
    ]  # fmt: skip
