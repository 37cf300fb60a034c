"""The penalty's gradient written out on the lab's page is the library's, and its tasks can be done."""

import re
import sys

import numpy as np
import pytest
import torch
from chapter_code import ROOT, chapter_function
from lab_engine import made
from test_widgets import in_node

from wgan_lib import constraints, widgets

sys.path.insert(0, str(ROOT / "book/_ext"))
from moves import parse_task

CHAPTER = "book/lab.md"
TEXT = (ROOT / CHAPTER).read_text(encoding="utf-8")
penalty_gradient = chapter_function(CHAPTER, "penalty_gradient")
Clauses = tuple[tuple[str, str, float | str], ...]


def test_the_penaltys_gradient_by_hand_is_autograds() -> None:
    critic = made([3, 11, 7, 1], 4).double()
    x = torch.randn(40, 3, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    constraints.GradientPenalty(2.5, at="reals").penalty(critic, x, x, torch.Generator()).backward()
    layers = [layer for layer in critic if hasattr(layer, "weight")]
    numbers = [p.detach().numpy() for layer in layers for p in (layer.weight, layer.bias)]
    found = penalty_gradient(x.numpy(), *numbers[:4], numbers[4][0], weight=2.5)
    for mine, layer in zip(found, layers, strict=True):
        np.testing.assert_allclose(mine, layer.weight.grad.numpy().squeeze(), rtol=1e-10, atol=1e-13)


TASKS = [parse_task(found).clauses for found in re.findall(r"\{task\} (<WganLab> .*)", TEXT)]
HOLDS = {"<=": np.less_equal, ">=": np.greater_equal, "<": np.less, ">": np.greater, "==": np.equal}


def stage(number: int) -> tuple[dict[str, str], Clauses]:
    """What the first words of task `number` set, and what its condition asks for."""
    section = re.split(r"^### \d · .*$", TEXT, flags=re.MULTILINE)[number]
    traits = re.search(r"<WganLab ([^<>]*)>`", section)[1]
    return dict(re.findall(r"(\w+)=(\S+)", traits)), parse_task(re.search(r"\{task\} (.*)", section)[1]).clauses


def done(clauses: Clauses, chosen: dict, measured: dict) -> bool:
    """Whether all hold of what is chosen and of what was read; of one lab."""
    seen = {**chosen, "flipped": chosen["flipped"] == "true", **measured, "estimate": measured["gap"]}
    seen |= {"beside_w1": np.nan}
    return all(HOLDS[op](seen[name], value) for name, op, value in clauses)


# What the reader does after the stage is set, for each task; and how many generator steps it takes.
DONE = {
    1: ({}, 200), 2: ({"depth": 4, "bound": 0.02}, 80), 3: ({}, 120), 4: ({"weight": 0.4}, 60), 5: ({"weight": 5}, 120),
    6: ({}, 100), 7: ({}, 120), 8: ({}, 200),
}  # fmt: skip


@pytest.mark.slow
def test_every_task_can_be_done_as_its_words_set_the_stage() -> None:
    names = {"law", "loss", "constraint", "weight", "bound", "scale", "n_critic", "rate", "generator_rate", "seed"}
    runs = []
    for number, (change, rounds) in DONE.items():
        traits, clauses = stage(number)
        plain = lambda v: v if re.search(r"[a-zA-Z]", v) else float(v)  # noqa: E731
        chosen = {name: plain(v) for name, v in traits.items()} | change
        lab = widgets.WganLab(**{k: v for k, v in chosen.items() if k in names and not isinstance(v, float)})
        lab.law = chosen["law"]
        lab.width, lab.depth = int(chosen.get("width", 64)), int(chosen["depth"])
        settings = {k: int(v) if k in {"n_critic", "seed"} else v for k, v in chosen.items() if k in names}
        sizes = {name: size[1:-1] for name, size in lab.shapes.items()} | {"latent": lab.shapes["generator"][0]}
        rule = {"optimiser": "RMSProp" if chosen["constraint"] == "clipping" else "Adam"}
        settings |= sizes | rule | {"flipped": chosen["flipped"] == "true"}
        runs.append({"settings": settings, "rounds": rounds, "chosen": chosen, "clauses": clauses})
    run = """v.runs.map(({ settings, rounds }) => {
      const it = m.session(settings, "wasm");
      const measures = [{ ...it.measured, steps: 0 }];
      for (let k = 0; k < rounds; k++) {
        it.t.round();
        if (k % 20 === 19) measures.push({ ...it.measure(), steps: k + 1 });
      }
      return measures;
    })"""
    given = [{k: r[k] for k in ("settings", "rounds")} for r in runs]
    for number, r, measures in zip(DONE, runs, in_node(run, "lab/worker.mjs", runs=given), strict=True):
        was = [done(r["clauses"], r["chosen"], m) for m in measures]
        assert any(was), f"task {number} was not done: {measures[-1]}"
        assert not was[0], f"task {number} is done before anything happened"
        lasts = len(was) - was.index(True)  # not a moment that flies past: the reader looks when they look
        assert sum(was) >= 0.4 * lasts, f"task {number} held at {was}"
        others = [other for other in TASKS if other != r["clauses"]]
        assert not any(done(other, r["chosen"], m) for other in others for m in measures), f"{number} ticks another"


@pytest.mark.slow
def test_what_the_words_of_the_tasks_say_happens() -> None:
    clipped = {"constraint": "clipping", "optimiser": "RMSProp", "rate": 0.002, "generator_rate": 0.001, "seed": 0}
    deep = clipped | {"bound": 0.1, "critic": [64] * 4}
    trap = {"law": "line", "latent": 1, "generator": [], "critic": [], "weight": 2.0, "n_critic": 3, "seed": 0}
    trap |= {"rate": 0.002, "generator_rate": 0.001, "constraint": "GP"}
    gan = {"loss": "MINIMAX", "constraint": "none", "n_critic": 1, "rate": 0.0009, "generator_rate": 0.009}
    run = """v.runs.map(([settings, rounds, every]) => {
      const it = m.session(settings, "wasm");
      for (let k = 1; k <= rounds; k++) {
        it.t.round();
        if (k % every === 0) it.measure();
      }
      return it.history;
    })"""
    turned = {"flipped": True, "n_critic": 3, "rate": 0.002, "generator_rate": 0.001, "constraint": "GP", "seed": 0}
    runs = [(deep, 160, 40), (trap, 5000, 250), (turned, 120, 20)]
    runs += [(gan | {"seed": seed}, 1000, 500) for seed in range(3)]
    exploded, trapped, fled, *again = in_node(run, "lab/worker.mjs", runs=runs)
    assert exploded[-1]["gap"] > 1.5 * exploded[-1]["w1"]
    climbed = [h["gap"] for h in fled]
    assert climbed == sorted(climbed)  # "the raw estimate climbs"
    assert climbed[-1] > fled[-1]["w1"] > 4
    furthest = max(trapped, key=lambda h: h["w1"])
    assert furthest["w1"] == pytest.approx(4, abs=0.2)  # 2 λ
    assert trapped[-1]["w1"] < 3.5  # and it came back
    for early in trapped:
        if early["w1"] > 1 and early["step"] < 2000:  # the size of the wrong slope, once it has settled
            assert -early["gap"] / early["w1"] == pytest.approx(1 - early["w1"] / 4, abs=0.1)
    assert sum(history[-1]["modes"] >= 4 for history in again) >= 2  # both rates threefold: it often recovers


@pytest.mark.slow
def test_two_labs_do_what_their_words_say() -> None:
    section = TEXT.split("## Two labs, one change")[1].split("\n## ")[0]
    assert "beside=weight beside_number=10" in section
    assert "beside==weight and steps>=100 and w1<0.5 and beside_w1>0.8" in section
    trap = {"law": "line", "latent": 1, "generator": [], "critic": [], "weight": 2.0}
    pairs = [[{"seed": seed}, {"seed": seed, "weight": 10}] for seed in range(3)]
    pairs.append([trap, trap | {"constraint": "one-sided GP"}])
    run = """v.pairs.map(([settings, beside]) => {
      const said = [], answer = m.answering((message) => said.push(message)), want = { reach: 2.5, layers: [] };
      const ask = (call, rest) => answer({ id: 0, call, want, ...rest });
      ask("make", { settings, beside, kind: "wasm" });
      ask("rounds", { n: 150 });
      return [said[0], said[1]].flatMap((f) => [f.measured, f.beside.measured]);
    })"""
    *rings, line = in_node(run, "lab/worker.mjs", pairs=pairs)
    for start, beside_start, end, beside in rings:
        assert start["w1"] == beside_start["w1"]
        assert end["w1"] < 0.5
        assert beside["w1"] > 0.8
    start, _, trapped, free = line
    assert start["gap"] < 0
    assert trapped["gap"] < -0.5
    assert free["gap"] > 0  # it has turned round
    assert free["w1"] < trapped["w1"]
