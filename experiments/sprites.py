"""Record a WGAN-GP that learns 32 × 32 sprites: monsters and things of the game Dungeon Crawl Stone Soup, CC0.

The pictures are those of `releases/Nov-2015` of github.com/crawl/tiles, as a zip of that folder, which is an argument.
Taken are whole sprites: 32 × 32 pixels under `mon` and `item`, an eighth of their pixels opaque or more, without
pieces (tentacles, parts of demons) and marks (brands). They lie on black; a tenth is held out. DCGAN's networks with 48
channels for the generator and 32 for the critic, which sees each picture mirrored or not and moved by up to four pixels
(`networks.Augment`); GP with λ 10, one critic step a generator step as in progressive growing (Karras 2018), Adam
5e-4 for the critic and 3e-4 for the generator with betas (0, .9). One seed, no setting tried beside another. Shown are
the weights as they are: an average over a thousand steps is kept in the checkpoints, and trails a run of this length.
Judged at each mark by W1 of pixels to the held-out pictures, exact and sliced, beside training
pictures (the floor), a normal law with the training pictures' moments, and their mean alone; by the distance of
generated pictures to the nearest training picture beside that of held-out ones; and by the critic's mean score.

Shown in `full-models`. Run: OMP_NUM_THREADS=1 python experiments/sprites.py ZIP [--work FOLDER] (about ten minutes
of one core of a shared 2-core CPU). FOLDER keeps checkpoints: called again, it goes on. Writes
wgan_lib/recorded/sprites.npz at each mark.
"""

import argparse
import io
import json
import time
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn

from wgan_lib import files, images, networks, runs, training, transport
from wgan_lib.constraints import GradientPenalty
from wgan_lib.losses import WASSERSTEIN
from wgan_lib.training import Adam, NormalLatent, Recipe, stream

PATH = Path(__file__).parents[1] / "wgan_lib/recorded/sprites.npz"
SEED, BATCH, LATENT, WIDTHS, EMA = 7, 32, 64, (48, 32), 0.999  # widths of the generator and of the critic
MARKS, EVERY = (100, 400, 900, 1400, 2000, 3000), 100
SHOWN, SPLITS = 16, 8
KINDS, PIECES, OPAQUE = ("mon", "item"), ("tentacles", "panlord", "brands", "chunk_brands", "runes"), 1 / 8


def whole(content: bytes) -> bool:
    """Say whether a file is a sprite of 32 × 32 pixels that fills enough of them."""
    picture = Image.open(io.BytesIO(content))
    if picture.size != (32, 32):
        return False
    return bool((np.asarray(picture.convert("RGBA"))[..., 3] >= 128).mean() >= OPAQUE)


def unpacked(archive: Path, folder: Path) -> Path:
    """Put the sprites that are taken into a folder, by their names."""
    with zipfile.ZipFile(archive) as packed:
        for name in sorted(packed.namelist()):
            parts = name.split("/")[1:]
            if not name.endswith(".png") or parts[0] not in KINDS or set(parts) & set(PIECES):
                continue
            content, path = packed.read(name), folder.joinpath(*parts)
            if whole(content):
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content)
    return folder


def recipe(data: images.Images, n_steps: int) -> Recipe:
    """Networks, loss, penalty and optimisers."""
    rng = stream(SEED, "networks")
    generator = networks.dcgan_generator(32, 3, WIDTHS[0], LATENT, rng=rng)
    return Recipe(
        make_data=lambda: data,
        generator=generator,
        critic=nn.Sequential(networks.Augment("translation"), networks.dcgan_critic(32, 3, WIDTHS[1], rng=rng)),
        loss=WASSERSTEIN,
        constraint=GradientPenalty(10.0),
        latent=NormalLatent(LATENT),
        optimizer=Adam(5e-4, (0.0, 0.9)),
        generator_optimizer=Adam(3e-4, (0.0, 0.9)),
        n_steps=n_steps,
        critic_steps=1,
        batch_size=BATCH,
        seed=SEED,
        ema=EMA,
    )


class Judge:
    """What pictures are held to; distances in units of the pixels, each from −1 to 1."""

    def __init__(self, data: images.Images) -> None:
        assert data.held_out is not None
        self.training = data.points.flatten(1).double().numpy()
        self.held_out = data.held_out.points.flatten(1).double().numpy()

    def __call__(self, pictures: np.ndarray) -> list[float]:
        """Exact W1 at as many pictures as are held out, sliced W1 of all, mean distance to the nearest of training."""
        rng, n = np.random.default_rng(SEED), len(self.held_out)
        draws = [pictures[rng.permutation(len(pictures))[:n]] for _ in range(SPLITS)]
        exact = np.mean([transport.w1(draw, self.held_out) for draw in draws])
        sliced = transport.sliced_w1(pictures, self.held_out, rng, n_projections=400)
        return [float(exact), sliced, float(self.nearest(pictures[:n])[0].mean())]

    def nearest(self, pictures: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Distance to the nearest training picture, and which it is."""
        apart = torch.cdist(torch.from_numpy(pictures), torch.from_numpy(self.training))
        found = apart.min(1)
        return found.values.numpy(), found.indices.numpy()

    def beside(self) -> dict[str, list[float]]:
        """The same of what is no generator: training pictures, a normal law of their moments, their mean."""
        rng, x = np.random.default_rng(SEED + 1), self.training
        mean = x.mean(0)
        normal = mean + rng.normal(size=(len(x), len(x))) @ (x - mean) / np.sqrt(len(x))
        found = {
            "training pictures": self(x),
            "normal law": self(normal.clip(-1, 1)),
            "mean picture": self(np.tile(mean, (len(x), 1))),
        }
        found["training pictures"][2] = float(self.nearest(self.held_out)[0].mean())  # as far as unseen real ones are
        return found


def looked(critic: nn.Module, data: images.Images, made: Tensor) -> list[float]:
    """The critic's mean score of training and held-out pictures less that of generated ones; nothing is moved."""
    assert data.held_out is not None
    n = len(data.held_out)
    with networks.evaluating(critic):
        fake, own, unseen = (float(critic(x).mean()) for x in (made[:n], data.thinned(n), data.held_out.points))
    return [own - fake, unseen - fake]


def generated(generator: nn.Module, latents: Tensor) -> Tensor:
    """Pictures by the weights as they are."""
    with networks.evaluating(generator):
        return torch.cat([generator(part) for part in latents.split(200)])


def recorded(work: Path, judge: Judge, meta: dict[str, Any]) -> runs.Run:
    """Put together what the folder holds of the marks and of the curve."""
    marks = [k for k in MARKS if (work / f"mark-{k}.npz").exists()]
    kept = [np.load(work / f"mark-{k}.npz") for k in marks]
    frames = {name: np.stack([one[name] for one in kept]) for name in ("pictures", "scores")}
    last = kept[-1]["pictures"].reshape(SHOWN, -1).astype(np.float64)
    distance, rows = judge.nearest(last)
    as_bytes = np.rint(127.5 * (judge.training[rows] + 1)).astype(np.uint8).reshape(SHOWN, 3, 32, 32)
    fixed = {"nearest": as_bytes, "nearest distance": distance, "curve": np.array(read_curve(work))}
    fixed |= {f"beside/{name}": np.array(values) for name, values in judge.beside().items()}
    return runs.Run({"index": np.array(marks), **frames}, meta | {"n_steps": marks[-1]}, fixed)


def read_curve(work: Path, before: int | None = None) -> list[list[float]]:
    """Rows of the curve: step, W1 estimate, penalty and CPU seconds so far; those up to a step."""
    path = work / "curve.jsonl"
    rows = [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
    return [row for row in rows if before is None or row[0] <= before]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("archive", type=Path, help="a zip of releases/Nov-2015 of github.com/crawl/tiles")
    parser.add_argument("--work", type=Path, default=Path("sprites"), help="pictures and checkpoints (sprites)")
    parser.add_argument("--steps", type=int, default=MARKS[-1], help=f"generator steps ({MARKS[-1]})")
    parser.add_argument("--out", type=Path, default=PATH)
    options = parser.parse_args()
    torch.set_num_threads(1)
    told, work = files.provenance(), options.work
    data = images.folder(unpacked(options.archive, work / "pictures"), 32, 3, "black", flips=True)
    judge, latents = Judge(data), NormalLatent(LATENT).sample(len(data), stream(SEED, "evaluation"))
    meta = {
        **told, "command": "python experiments/sprites.py ZIP", "seed": SEED, "preset": None, "device": "cpu",
        "pictures": len(data), "held out": len(judge.held_out), "widths": list(WIDTHS), "batch_size": BATCH,
        "measures": ["W1", "sliced W1", "nearest", "score of training", "score of held out"],
        "curve": ["step", "w1", "penalty", "CPU seconds"],
    }  # fmt: skip
    print(len(data), "to train on,", len(judge.held_out), "held out", flush=True)
    folder, window = work / "checkpoints", []
    begun = time.process_time() - max((row[-1] for row in read_curve(work)), default=0.0)  # of earlier calls too
    trained = recipe(data, options.steps)
    steps = training.follow(
        trained, device="cpu", checkpoint_dir=folder, checkpoint_every=EVERY,
        resume=training.begun(folder),
    )  # fmt: skip
    for step in steps:
        done = step.index + 1
        window.append((step.w1_estimate, step.penalty))
        if done % EVERY == 0:
            numbers = [*np.mean(window, 0).tolist(), time.process_time() - begun]
            rows = [*read_curve(work, done - 1), [done, *numbers]]
            (work / "curve.jsonl").write_text("\n".join(map(json.dumps, rows)) + "\n")
            print(np.round(rows[-1], 3), flush=True)
            window = []
        if done in MARKS:
            made = generated(trained.generator, latents)
            np.savez(
                work / f"mark-{done}.npz",
                pictures=made[:SHOWN].numpy(),
                scores=np.array([*judge(made.flatten(1).double().numpy()), *looked(step.critic, data, made)]),
            )
            run = recorded(work, judge, meta | {"CPU seconds": round(time.process_time() - begun)})
            path = run.save(options.out, bits={"pictures": 5})
            print(path, path.stat().st_size // 1000, "kB", run["scores"][-1].round(3), flush=True)


if __name__ == "__main__":
    main()
