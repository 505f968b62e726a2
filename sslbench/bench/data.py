"""Made-up data of the shapes that the measurements need; speed does not depend on what they show."""

import numpy as np
import torch

from sslbench.config import STANDARD, Protocol
from sslbench.data.dataset import Dataset
from sslbench.data.splits import Split
from sslbench.data.streams import Columns, Stream, encoding_of
from sslbench.draws import Draw
from sslbench.registry import METHODS
from sslbench.tasks import Budget, EncoderSpec, Task, find_task
from sslbench.training.networks import Networks
from sslbench.training.step import TrainStep


def image_task(encoder: EncoderSpec, batch: int, steps: int = 10_000) -> Task:
    """A task of 32-pixel colour photographs."""
    base = find_task("digits")
    views = base.views.model_copy(update={"generator": "photo", "options": {}})
    return base.model_copy(update={"encoder": encoder, "budget": Budget(steps=steps, batch=batch), "views": views})


def table_task(width: int, batch: int = 128, steps: int = 10_000) -> Task:
    """A task of a table of numbers."""
    encoder = EncoderSpec(name="mlp", rep_dim=width, options={"width": width})
    return find_task("wine").model_copy(update={"encoder": encoder, "budget": Budget(steps=steps, batch=batch)})


def made_up(task: Task, rows: int, columns: int = 0) -> Dataset:
    """Random images (3, 32, 32), or a table with this many columns, with two classes and a split."""
    g = torch.Generator().manual_seed(0)
    if columns:
        names = Columns.numbers(range(columns))
        stream = Stream("table", torch.randn(rows, columns, generator=g), names)
    else:
        stream = Stream("image", torch.randint(0, 256, (rows, 3, 32, 32), dtype=torch.uint8, generator=g))
    order = np.random.default_rng(0).permutation(rows)
    split = Split(order[: rows * 6 // 10], order[rows * 6 // 10 : rows * 8 // 10], order[rows * 8 // 10 :])
    labels = {task.targets[0].name: np.arange(rows) % 2}
    return Dataset(task, (stream,), labels, None, (split,), {}, "made up")


def training(
    method: str, dataset: Dataset, seeds: tuple[int, ...], device: str, protocol: Protocol = STANDARD
) -> tuple[TrainStep, torch.Tensor]:
    """The training program of some runs, ready to step, and their train rows (runs, rows)."""
    built = METHODS.get(method).build()
    dataset = dataset.to(device)
    train = torch.tensor(np.stack([dataset.split(s % dataset.folds).train for s in seeds]), device=device)
    encodings = [encoding_of(s, train) for s in dataset.streams]
    draw = Draw(seeds, device)
    nets = Networks(built, dataset.task, encodings, {}, draw.of("networks"), protocol).train()
    return TrainStep(built, nets, dataset.task, encodings, train, {}, draw.of("pretrain"), protocol), train


def learnable(rows: int, dim: int, classes: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Features (rows, dim) with a wide spectrum, and classes that overlap in them: neither easy nor hopeless."""
    rng = np.random.default_rng(seed)
    mixing = rng.normal(size=(dim, dim)) / dim**0.5 * np.exp(rng.normal(size=dim))
    centres, y = rng.normal(size=(classes, dim)) * 0.25, rng.integers(classes, size=rows)
    x = (centres[y] + rng.normal(size=(rows, dim))) @ mixing
    x -= x.mean(0)
    return (x / x.std()).astype(np.float32), y
