"""Train the small classifier whose features and classes judge generated pictures.

Run: OMP_NUM_THREADS=1 python experiments/train_classifier.py digits (5 s on one core of a shared 2-core CPU). Writes
wgan_lib/recorded/digits-classifier.pt with its seed, accuracy, versions and a checksum; the held-out third is never
trained on. Also for mnist, fashion_mnist and cifar10, with --root and fewer --epochs; these are not shipped.
"""

import argparse
import io
import json
import time
from pathlib import Path

import torch
from torch.nn.functional import cross_entropy

from wgan_lib import files, images, runs
from wgan_lib.metrics import pictures

RECORDED = Path(runs.__file__).parent / "recorded"
SEED, BATCH_SIZE, LEARNING_RATE = 0, 64, 2e-3


def moved(batch: torch.Tensor, rng: torch.Generator) -> torch.Tensor:
    """Move each picture by at most one pixel in each direction; its rim, or black, comes in."""
    padded = torch.nn.functional.pad(batch, (1, 1, 1, 1), value=-1.0)
    height, width = batch.shape[2:]
    shifts = torch.randint(3, (len(batch), 2), generator=rng).tolist()
    cuts = [image[:, i : i + height, j : j + width] for image, (i, j) in zip(padded, shifts, strict=True)]
    return torch.stack(cuts)


def accuracy(classifier: pictures.Classifier, data: images.Images) -> float:
    return float((torch.from_numpy(classifier.look(data.points)[1]) == data.labels).double().mean())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", choices=["digits", "mnist", "fashion_mnist", "cifar10"])
    parser.add_argument("--root", default="data", help="where the data lie, in torchvision's layout")
    parser.add_argument("--epochs", type=int, default=60)
    parser.add_argument("--out", type=Path, default=RECORDED)
    options = parser.parse_args()
    data = images.digits() if options.data == "digits" else getattr(images, options.data)(options.root)
    torch.manual_seed(SEED)  # PyTorch's layers draw their weights from the global numbers
    torch.use_deterministic_algorithms(True)
    classifier = pictures.Classifier(tuple(data.pixels.shape[1:]), int(data.labels.max()) + 1)
    rng, begun = torch.Generator().manual_seed(SEED), time.process_time()
    n_batches = len(data) // BATCH_SIZE
    optimizer = torch.optim.Adam(classifier.parameters())
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, LEARNING_RATE, total_steps=options.epochs * n_batches)
    for epoch in range(options.epochs):
        for rows in torch.randperm(len(data), generator=rng)[: n_batches * BATCH_SIZE].split(BATCH_SIZE):
            batch = moved(data.pixels[rows].float() * (2 / data.white) - 1, rng)
            loss = cross_entropy(classifier(batch), data.labels[rows], label_smoothing=0.05)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
        print(f"epoch {epoch + 1}: held-out accuracy {accuracy(classifier, data.held_out):.4f}", flush=True)
    settings = {
        "data": repr(data),
        "image_shape": data.pixels.shape[1:],
        "n_classes": classifier.head.out_features,
        "seed": SEED,
        "epochs": options.epochs,
        "accuracy": accuracy(classifier, data.held_out),
        "training accuracy": accuracy(classifier, data),
        "CPU seconds": round(time.process_time() - begun, 1),
        "command": f"python experiments/train_classifier.py {options.data} --epochs {options.epochs}",
        **files.provenance(),
    }
    buffer = io.BytesIO()
    torch.save({"network": classifier.state_dict(), "settings": json.dumps(settings)}, buffer)
    path = options.out / f"{options.data}-classifier.pt"
    files.write_sealed(path, "checkpoint", buffer.getvalue())
    print(path, path.stat().st_size, settings)


if __name__ == "__main__":
    main()
