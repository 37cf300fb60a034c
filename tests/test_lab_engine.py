"""The lab's engine and its reference in JavaScript: gradients equal to autograd's, steps to the library's own loop."""

import gzip
import importlib.util
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from lab_engine import (
    CONSTRAINTS,
    JS,
    LOSSES,
    NETS,
    Engine,
    committed,
    count,
    directions,
    flat,
    gradients,
    made,
    originals,
    penalty,
)
from test_widgets import in_node

from wgan_lib import diagnostics, losses, metrics, sampling, training, transport
from wgan_lib.constraints import GradientPenalty, WeightClipping
from wgan_lib.training import stream

BUILD = Path(__file__).parents[1] / "lab/build.py"
SIZES = {"generator": [3, 7, 9, 2], "critic": [2, 10, 5, 6, 1]}  # no multiples of four: the kernels' remainders run
BATCH = 13
CASES = [(loss, method) for loss in LOSSES for method in CONSTRAINTS]


@cache
def cases() -> list[dict[str, Any]]:
    """One batch of each loss with each constraint, and autograd's gradients in double precision."""
    found = []
    for k, (loss, method) in enumerate(CASES):
        rng = torch.Generator().manual_seed(k)
        constraint, adversarial = CONSTRAINTS[method], getattr(losses, loss)
        generator, critic = made(SIZES["generator"], 2 * k).double(), made(SIZES["critic"], 2 * k + 1).double()
        with torch.no_grad():  # scores far from 0 and slopes on both sides of 1
            for p in critic.parameters():
                p.mul_(2.0)
        constraint.attach(critic)
        real = torch.randn(BATCH, 2, generator=rng, dtype=torch.float32).double()
        latents = torch.randn(BATCH, 3, generator=rng, dtype=torch.float32).double()
        alpha_rng = torch.Generator().manual_seed(100 + k)
        alpha = torch.rand(BATCH, generator=torch.Generator().manual_seed(100 + k))
        weights = {"generator": flat(originals(generator)), "critic": flat(originals(critic))}
        first = directions(critic)
        with torch.no_grad():
            fake = generator(latents)
        value = adversarial.critic(critic(real), critic(fake)) + constraint.penalty(critic, real, fake, alpha_rng)
        value.backward()
        of_critic = gradients(critic)
        fake_scores = critic(generator(latents))
        with torch.no_grad():
            real_scores = critic(real) if adversarial.needs_real else None
        adversarial.generator(fake_scores, real_scores).backward()
        batch = {"real": real, "latents": latents, "alpha": alpha}
        expected = {"critic": of_critic.numpy(), "generator": gradients(generator).numpy()}
        found.append({**locals(), "batch": batch, "expected": expected})
    return found


def close(found: np.ndarray, expected: np.ndarray, relative: float) -> None:
    """The error as a whole, beside the gradient as a whole; and no single number far off."""
    assert np.linalg.norm(found - expected) <= relative * np.linalg.norm(expected)
    assert np.abs(found - expected).max() <= 3 * relative * np.abs(expected).max()


@pytest.mark.parametrize("case", range(len(CASES)), ids=["-".join(case) for case in CASES])
def test_the_engines_gradients_are_autograds(case: int) -> None:
    c = cases()[case]
    engine = Engine(SIZES, BATCH, c["method"] == "SN")
    for name in NETS:
        engine.load(name, c["weights"][name])
    engine.direct(c["first"])
    close(engine.critic_gradients(c["loss"], c["constraint"], c["batch"]), c["expected"]["critic"], 1e-5)
    close(engine.generator_gradients(c["loss"], c["batch"]["latents"]), c["expected"]["generator"], 1e-5)


def test_the_references_gradients_are_autograds() -> None:
    plain = lambda tensors: {name: t.flatten().tolist() for name, t in tensors.items()}  # noqa: E731
    given = [
        {"loss": c["loss"], "penalty": penalty(c["constraint"]), "spectral": c["method"] == "SN",
         "weights": plain(c["weights"]), "first": [t.tolist() for t in c["first"]], "batch": plain(c["batch"])}
        for c in cases()
    ]  # fmt: skip
    run = """v.cases.map((c) => {
      const e = m.referenceEngine({ ...v.sizes, slope: 0.2, batch: v.batch, spectral: c.spectral });
      for (const which of ["generator", "critic"]) e.numbers(which, "weights").set(c.weights[which]);
      e.directions().forEach((direction, k) => direction.set(c.first[k]));
      e.criticGradients(c, c.batch);
      e.generatorGradients(c, c.batch);
      return ["critic", "generator"].map((which) => Array.from(e.numbers(which, "gradient")));
    })"""
    for c, pair in zip(cases(), in_node(run, "lab/reference.mjs", cases=given, sizes=SIZES, batch=BATCH), strict=True):
        for name, found in zip(("critic", "generator"), pair, strict=True):
            close(np.array(found), c["expected"][name], 1e-10)


class Noted:
    """A sampler that remembers what it gave."""

    def __init__(self, sampler: Any) -> None:
        self.sampler, self.given = sampler, []

    def sample(self, n: int, generator: torch.Generator) -> torch.Tensor:
        self.given.append(self.sampler.sample(n, generator))
        return self.given[-1]


@cache
def trained(method: str) -> dict[str, Any]:
    """A hundred critic steps and twenty of the generator in the library's own loop, with all that it drew."""
    sizes, n = {"generator": [2, 16, 16, 2], "critic": [2, 32, 32, 1]}, 64
    constraint = {"GP": GradientPenalty(1.0), "clipping": WeightClipping(0.1), "SN": CONSTRAINTS["SN"]}[method]
    optimizer = training.RMSProp(1e-3) if method == "clipping" else training.Adam(1e-3, (0.5, 0.9))
    generator, critic = made(sizes["generator"], 1), made(sizes["critic"], 2)
    data, latent = Noted(sampling.ring(8)), Noted(training.NormalLatent(2))
    before = {"generator": flat(originals(generator)), "critic": flat(originals(critic))}
    steps = training.train(
        data, generator, critic, losses.WASSERSTEIN, constraint, n_steps=20, critic_steps=5, batch_size=n, seed=3,
        optimizer=optimizer, latent=latent,
    )  # fmt: skip
    estimates = [step.w1_estimate for step in steps]
    del data.given[0], latent.given[0]  # a first look, before anything is trained
    rng = stream(3, "penalty")
    alphas = [torch.rand(n, generator=rng) for _ in data.given]
    after = {"generator": flat(originals(generator)).numpy(), "critic": flat(originals(critic)).numpy()}
    first = made(sizes["critic"], 2)
    constraint.attach(first)
    return {**locals(), "first": directions(first)}


@pytest.mark.parametrize("method", ["GP", "clipping", "SN"])
def test_a_hundred_steps_end_where_the_librarys_loop_does(method: str) -> None:
    t = trained(method)
    engine = Engine(t["sizes"], t["n"], method == "SN")
    for name in NETS:
        engine.load(name, t["before"][name])
    engine.direct(t["first"])
    latents, reals, alphas, step = iter(t["latent"].given), iter(t["data"].given), iter(t["alphas"]), 0

    def adam(name: str, k: int) -> None:
        if method == "clipping":
            engine.rmsprop(name, 1e-3)
        else:
            engine.adam(name, k, 1e-3, (0.5, 0.9))

    for k in range(20):
        for _ in range(5):
            step += 1
            batch = {"real": next(reals), "latents": next(latents), "alpha": next(alphas)}
            engine.critic_gradients("WASSERSTEIN", t["constraint"], batch)
            adam("critic", step)
            if method == "clipping":
                engine.call("clip", 0.1)
        assert engine.take("readings", 1)[0] == pytest.approx(t["estimates"][k], rel=1e-3, abs=1e-4)
        engine.generator_gradients("WASSERSTEIN", next(latents))
        adam("generator", k + 1)
    for name in NETS:
        moved = np.abs(t["after"][name] - t["before"][name].numpy()).max()
        assert np.abs(engine.numbers(name) - t["after"][name]).max() < 1e-3
        assert moved > 1e-2  # it has gone somewhere


def test_the_reference_walks_the_same_hundred_steps() -> None:
    t = trained("GP")
    batches = [
        {"real": r.flatten().tolist(), "alpha": a.tolist()} for r, a in zip(t["data"].given, t["alphas"], strict=True)
    ]
    run = """(() => {
      const t = m.makeTrainer(v.settings, "js");
      t.load(v.before);
      const latents = v.latents.values(), batches = v.batches.values();
      for (let k = 0; k < 20; k++) {
        for (let j = 0; j < 5; j++) t.criticStep({ ...batches.next().value, latents: latents.next().value });
        t.generatorStep({ latents: latents.next().value });
      }
      return [t.weights().generator, t.weights().critic].map((w) => Array.from(w));
    })()"""
    settings = {"generator": [16, 16], "critic": [32, 32], "weight": 1.0, "beta1": 0.5, "rate": 1e-3,
                "generator_rate": 1e-3, "batch": t["n"]}  # fmt: skip
    before = {name: weights.tolist() for name, weights in t["before"].items()}
    latents = [z.flatten().tolist() for z in t["latent"].given]
    found = in_node(run, "lab/trainer.mjs", settings=settings, before=before, latents=latents, batches=batches)
    for name, weights in zip(NETS, found, strict=True):
        assert np.abs(np.array(weights) - t["after"][name]).max() < 1e-3


def test_exact_w1_modes_and_the_certified_bound_are_the_librarys() -> None:
    rng = torch.Generator().manual_seed(5)
    law, critic = sampling.ring(8, 1.4, 0.07), made([2, 16, 1], 3)
    run = """await (async () => {
      const { makeTrainer } = await import(v.trainer), { modesFound } = await import(v.laws);
      const t = makeTrainer({ critic: [16] }, "wasm");
      t.load({ ...t.weights(), critic: v.weights });
      return v.pairs.map(([x, y]) => {
        const [fx, fy] = [x, y].map((points) => t.critic(points).values);
        return [m.w1(x, y, 2), m.certified({ x, y, fx, fy, dims: 2 }), modesFound(y, t.law)];
      });
    })()"""
    pairs = [
        (law.sample(n, rng), spread * torch.randn(n, 2, generator=rng))
        for n, spread in ((1, 1.0), (256, 0.3), (300, 2.0))
    ]
    pairs.append((pairs[1][0], pairs[1][0].flip(0)))  # every price is a tie, W1 is 0
    values = {
        "pairs": [[x.flatten().tolist(), y.flatten().tolist()] for x, y in pairs],
        "weights": flat(originals(critic)).tolist(),
        **{name: (JS / f"{name}.mjs").as_uri() for name in ("trainer", "laws")},
    }
    for (x, y), (w1, certified, modes) in zip(pairs, in_node(run, "lab/measuring.mjs", **values), strict=True):
        assert w1 == pytest.approx(transport.w1(x, y), abs=1e-6)
        assert certified == pytest.approx(diagnostics.certified_lower_bound(critic, x, y), rel=1e-4, abs=1e-6)
        expected = metrics.mode_coverage(y, law)
        assert (modes["modes"], modes["of"]) == (expected.modes, 8)
        assert modes["quality"] == pytest.approx(expected.high_quality)


def test_the_committed_module_is_what_the_source_compiles_to() -> None:
    spec = importlib.util.spec_from_file_location("lab_build", BUILD)
    build = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(build)
    assert build.compiled() == committed()
    assert len(gzip.compress(committed(), 9)) <= 25_000


def test_both_engines_follow_one_seed_and_go_back_to_where_they_were() -> None:
    run = """["wasm", "js"].map((kind) => {
      const settings = { generator: [8], critic: [12, 8], batch: 32, constraint: v.method, seed: 4 };
      const t = m.makeTrainer(settings, kind), other = m.makeTrainer(settings, kind);
      for (let k = 0; k < 5; k++) t.round();
      const then = t.state();
      for (let k = 0; k < 5; k++) t.round();
      const after = t.weights();
      t.restore(then);
      for (let k = 0; k < 5; k++) t.round();
      for (let k = 0; k < 10; k++) other.round();
      return [after, t.weights(), other.weights()].map((w) => Array.from([...w.generator, ...w.critic]));
    })"""
    for method in ("GP", "SN"):
        wasm, js = (np.array(runs) for runs in in_node(run, "lab/trainer.mjs", method=method))
        for runs in (wasm, js):
            assert (runs[0] == runs[1]).all()  # scrubbed back and run again
            assert (runs[0] == runs[2]).all()  # another trainer with the same seed
        assert np.abs(wasm - js).max() < 1e-3
        assert count([2, 8, 2]) + count([2, 12, 8, 1]) == wasm.shape[1]


def test_a_trainer_refuses_what_its_engines_cannot_hold() -> None:
    wrong = [{"critic": [0]}, {"critic": [64] * 6}, {"generator": [200]}, {"loss": "HUBER"}, {"constraint": "SNN"},
             {"batch": 0}, {"rate": -1}, {"bound": 0}, {"law": "heart"}, {"law": "drawn"}, {"lambda": 3},
             {"beta2": 1}]  # fmt: skip
    run = "v.wrong.map((s) => { try { m.makeTrainer(s, 'js'); return ''; } catch (e) { return e.message; } })"
    said = in_node(run, "lab/trainer.mjs", wrong=wrong)
    for settings, words in zip(wrong, said, strict=True):
        (name,) = settings
        assert ("points" if settings == {"law": "drawn"} else name) in words
