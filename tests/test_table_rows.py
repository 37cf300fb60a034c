"""What a table is for: packs of rows, a generator's head, what rows are worth, and the preset that learns them."""

from pathlib import Path

import numpy as np
import pytest
import torch

from wgan_lib import metrics, networks, presets, tables
from wgan_lib.presets import judging


def test_packs_are_rows_and_their_penalty_is_one_number() -> None:
    data = tables.clinic(300)
    packed = tables.PackedRows(data, 4)
    batch = packed.sample(5, torch.Generator().manual_seed(0))
    assert batch.shape == (5, 4, data.width)
    assert torch.equal(batch.flatten(0, 1), data.draw(20, torch.Generator().manual_seed(0)))
    assert (repr(packed), len(packed)) == ("clinic(300, 0), 4 rows at a time", 240)
    preset = presets.for_table(data, 0, rows=4)
    fake = preset.generator(preset.latent.sample(3, torch.Generator().manual_seed(0)))
    assert fake.shape == (3, 4, data.width)
    assert preset.critic(fake).shape == (3,)
    with pytest.raises(ValueError, match="rows is 0"):
        tables.PackedRows(data, 0)


def test_the_head_gives_choices_that_sum_to_one() -> None:
    head = networks.MixedHead([(1, False), (3, True), (2, True)])
    x = torch.randn(4, 5, 6)
    out = head(x)
    assert torch.equal(out[..., 0], x[..., 0])
    for part in (out[..., 1:4], out[..., 4:]):
        torch.testing.assert_close(part.sum(-1), torch.ones(4, 5))
    with pytest.raises(ValueError, match="segments is empty"):
        networks.MixedHead([])


def test_bundled_tables_have_the_numbers_that_are_told() -> None:
    medical, made = tables.breast_cancer(), tables.clinic()
    assert (len(medical), len(medical.held_out), medical.width) == (456, 113, 32)
    assert not medical.left_out
    assert made.column("country") == tables.Constant("country", "here")
    assert sum(isinstance(column, tables.Category) for column in made.columns) == 6
    assert torch.equal(tables.clinic(50, 3).points, tables.clinic(50, 3).points)


def test_a_share_a_teacher_and_a_thief() -> None:
    assert metrics.share(0, 10) == pytest.approx((0, 0, 0.2775), abs=1e-3)  # fact 72: 0 of 10 allows 28 %
    rng = np.random.default_rng(0)
    x, others, strangers = rng.normal(size=(200, 3)), rng.normal(size=(150, 3)), rng.normal(size=(150, 3))
    labels, truth = x[:, 0] > 0, others[:, 0] > 0
    assert metrics.taught_by(x, labels, others, truth).low > 0.85
    blind = metrics.taught_by(x, rng.permutation(labels), others, truth)
    assert blind.low < 0.5 < blind.high + 0.15
    stolen = metrics.membership(x, strangers, x + rng.normal(0, 0.01, x.shape))
    assert stolen.low > 0.95
    fair = metrics.membership(x, strangers, rng.normal(size=(500, 3)))
    assert fair.low < 0.5 < fair.high
    assert metrics.closest(np.array([[0.0, 0.0], [3.0, 4.0]]), np.zeros((1, 2))).tolist() == [0, 5]
    with pytest.raises(ValueError, match="hits is 3"):
        metrics.share(3, 2)


def test_the_preset_trains_on_a_file_and_on_the_bundled_table(tmp_path: Path) -> None:
    path = tmp_path / "own.csv"
    path.write_text("x,kind\n" + "".join(f"{i / 7:.2f},{'abc'[i % 3]}\n" for i in range(60)))
    preset = presets.build("wgan-gp-table", root=path)
    assert repr(preset.data) == "read('own.csv'), 10 rows at a time"
    before = [p.clone() for p in preset.critic.parameters()]
    steps = list(preset.train(n_steps=2, batch_size=4, device="cpu"))
    assert all(np.isfinite(step.w1_estimate) for step in steps)
    assert all(not torch.equal(a, b) for a, b in zip(before, preset.critic.parameters(), strict=True) if a.ndim > 1)
    assert presets.build("wgan-gp-table").data.table.name == "breast_cancer()"


def test_a_sorted_table_is_judged_as_a_shuffled_one() -> None:
    """The first rows of a sorted table are one kind only: against them, any null is far off and any sample a thief."""
    numbers = np.random.default_rng(0).normal(0, 0.1, (400, 2)) + np.repeat([[0.0], [5.0]], 200, axis=0)
    table = tables.of({"x": numbers[:, 0], "y": numbers[:, 1], "kind": np.repeat(["low", "high"], 200)})
    preset = presets.for_table(table, 0)
    samples = tables.PackedRows(table, 10).sample(400, torch.Generator().manual_seed(1))
    _, found = judging.judge(preset, samples, torch.Generator().manual_seed(2))
    w1, null = found["W1 to held-out"]
    assert null < 2 * w1  # 1.33 against .43, when the table's first rows were its null
    _, found = judging.judge(preset, table.points[-1:].expand(40, 10, -1), torch.Generator().manual_seed(2))
    assert abs(found["membership, ½ if nothing leaks"][0] - 0.5) < 0.1  # .32, when its first rows were the members
