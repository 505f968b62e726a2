"""Feature maps: what the assumption tests read of images.

An assumption about pixels is tested in several maps, as predictive models see little in raw pixels; maps that
contradict one another decide nothing. No map is trained: a map that a ranked method trained would decide about it.
"""

import math
from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d, conv2d

from sslbench.config import Protocol
from sslbench.data.dataset import Dataset

FILTERS, GRID = 48, 2  # of each of two layers of random filters; cells that the last is averaged over, per side

Map = Callable[[int, Tensor], Tensor]  # (stream, encoded inputs (1, n, ...)) -> (n, features)


def flat(stream: int, x: Tensor) -> Tensor:
    """The encoded input itself."""
    return x[0].flatten(1)


def random_convolution(shapes: list[tuple[int, ...]], seed: int = 0) -> Map:
    """Two layers of fixed random 3 x 3 filters with ReLU, averaged over a grid, beside those of the first layer.

    Streams that are no images stay flat.
    """
    generator = torch.Generator().manual_seed(seed)
    filters = []
    for shape in shapes:
        if len(shape) != 3:
            filters.append(None)
            continue
        one = torch.randn(FILTERS, shape[0], 3, 3, generator=generator) / math.sqrt(9 * shape[0])
        two = torch.randn(FILTERS, FILTERS, 3, 3, generator=generator) / math.sqrt(9 * FILTERS)
        filters.append((one, two))

    def features(stream: int, x: Tensor) -> Tensor:
        if filters[stream] is None:
            return flat(stream, x)
        out = []
        for images in x[0].split(1024):
            layers = [conv2d(images, filters[stream][0], padding=1).relu()]
            layers.append(conv2d(layers[0], filters[stream][1], padding=1).relu())
            size = [max(1, s // GRID) for s in images.shape[-2:]]
            out.append(torch.cat([avg_pool2d(h, size).flatten(1) for h in layers], 1))
        return torch.cat(out)

    return features


def maps_of(dataset: Dataset, shapes: list[tuple[int, ...]], protocol: Protocol) -> dict[str, Map]:
    """The maps that a task's assumptions are tested in: raw alone where no stream is an image."""
    every: dict[str, Callable[[], Map]] = {"raw": lambda: flat}
    if any(kind == "image" for kind in dataset.kinds):
        every["convolution"] = lambda: random_convolution(shapes)
    return {name: make() for name, make in list(every.items())[: protocol.assumption_maps]}
