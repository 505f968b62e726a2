"""Whether our faster loop learns as much as lightly's: the same encoder, head, loss, batch and steps on CIFAR-10,
then one linear probe for both. Needs the extra `parity` and the shared test data. Prints one JSON object.

python tests/benchmarks/equal_accuracy.py [steps] [seeds]
"""

import io
import json
import os
import sys
import tarfile
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from sslbench.bench.cases import CONV, _stepper
from sslbench.bench.data import image_task, training
from sslbench.bench.lightly_loop import loop_of_lightly
from sslbench.config import STANDARD, protocol_named
from sslbench.data.dataset import Dataset
from sslbench.data.splits import Split
from sslbench.data.streams import Stream
from sslbench.probes.linear import linear_fit

DATA = Path(os.environ.get("SSLBENCH_TEST_DATA", Path(__file__).resolve().parents[3] / "shared" / "data"))
TRAIN, HELD, BATCH = 5000, 2000, 128


def cifar(per_class: int, part: str) -> tuple[torch.Tensor, np.ndarray]:
    """uint8 images (n, 3, 32, 32) and labels, the first `per_class` of every class."""
    pixels, labels, seen = [], [], {}
    with tarfile.open(DATA / "cifar10-jpeg.tar.xz") as tar:
        for member in tar:
            parts = Path(member.name).parts
            if len(parts) < 3 or parts[-3] != part or not member.isfile() or seen.get(parts[-2], 0) == per_class:
                continue
            seen[parts[-2]] = seen.get(parts[-2], 0) + 1
            image = Image.open(io.BytesIO(tar.extractfile(member).read())).convert("RGB")
            pixels.append(np.asarray(image).transpose(2, 0, 1))
            labels.append(parts[-2])
    return torch.tensor(np.stack(pixels)), np.unique(labels, return_inverse=True)[1]


def accuracy(encode, pixels: torch.Tensor, labels: np.ndarray) -> float:
    """Test accuracy of a linear probe on what `encode` gives for normalised images."""
    with torch.no_grad():
        h = torch.cat([encode(part) for part in pixels.split(500)])
    order = np.random.default_rng(0).permutation(len(labels))
    train, test = order[: -HELD // 2], order[-HELD // 2 :]
    fit = linear_fit(h[train], labels[train], 10, STANDARD)
    return float((fit.log_probabilities(h[test]).argmax(1) == labels[test]).mean())


def main() -> None:
    steps, seeds = (int(v) for v in (sys.argv[1:] + ["400", "3"][len(sys.argv) - 1 :]))
    torch.set_num_threads(1)
    pixels, labels = cifar(TRAIN // 10, "train")
    held, held_labels = cifar((HELD + 5000) // 10, "test")
    task = image_task(CONV, BATCH, steps)
    split = Split(np.arange(len(pixels)), np.arange(0), np.arange(0))
    dataset = Dataset(task, (Stream("image", pixels),), {task.targets[0].name: labels}, None, (split,), {}, "cifar")
    mean = (pixels.float() / 255).mean((0, 2, 3))[:, None, None]
    sd = (pixels.float() / 255).std((0, 2, 3))[:, None, None]
    found: dict[str, list[float]] = {"ours float32": [], "ours bfloat16": [], "lightly float32": [], "untrained": []}
    for seed in range(seeds):
        for name, named in (("float32", STANDARD), ("bfloat16", protocol_named("standard-bf16"))):
            program, rows = training("simclr", dataset, (seed,), "cpu", named)
            run = _stepper(program, rows, BATCH)
            encode = lambda x, program=program: program.nets.encode(0, program.encodings[0].encode(x[None] / 255))[0]  # noqa: E731
            program.nets.eval()
            if name == "float32":
                found["untrained"].append(accuracy(encode, held, held_labels))
            program.nets.train()
            run(steps)
            program.nets.eval()
            found[f"ours {name}"].append(accuracy(encode, held, held_labels))
        torch.manual_seed(seed)
        run, backbone = loop_of_lightly("conv", 128, STANDARD.projector_dim, BATCH, "simclr", pixels, "cpu", steps)
        run(steps)
        backbone.eval()
        found["lightly float32"].append(accuracy(lambda x, net=backbone: net((x / 255 - mean) / sd), held, held_labels))
        print(seed, {k: v[-1] for k, v in found.items()}, file=sys.stderr, flush=True)
    facts = {"steps": steps, "batch": BATCH, "train_images": len(pixels), "test_images": HELD // 2, "method": "simclr"}
    print(json.dumps(facts | {"accuracy": found, "mean": {k: round(float(np.mean(v)), 4) for k, v in found.items()}}))


if __name__ == "__main__":
    main()
