"""What is read of a run's representation: all streams jointly, each stream alone, and each pair of streams."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

import torch
from torch import Tensor

from sslbench.data.dataset import Dataset
from sslbench.data.splits import Split
from sslbench.data.streams import encoding_of
from sslbench.probes.base import Parts
from sslbench.probes.linear import normalise
from sslbench.training.networks import FUSED

ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")


@dataclass(frozen=True)
class Readout:
    """One thing that probes read. `name` is what a score says; `back` that of the other way of a pair."""

    kind: str  # joint, stream or pair
    name: str
    features: tuple[Parts, ...]
    back: str = ""


def parts_of(x: Tensor, rows: Parts | Split) -> Parts:
    """Train, val and test rows of something with a row for every item."""
    return Parts(*(x[torch.as_tensor(r, device=x.device)] for r in (rows.train, rows.val, rows.test)))


def joint(streams: list[Parts], fused: Parts | None) -> Parts:
    """The representation of whole items: fused if it is, or else all streams, each brought to one scale, side by side.

    A single stream is left as it is.
    """
    if len(streams) == 1:
        return streams[0]
    scaled = [normalise(*parts) for parts in streams]
    return fused or Parts(*(torch.cat(part, -1) for part in zip(*scaled, strict=True)))


def readouts_of(h: dict[str, Tensor], split: Split) -> list[Readout]:
    """The readouts of one run, joint first. h: stream name -> representation of every row, (n, rep_dim)."""
    parts = {name: parts_of(x, split) for name, x in h.items()}
    fused = parts.pop(FUSED, None)
    out = [Readout("joint", "joint", (joint(list(parts.values()), fused),))]
    if len(parts) > 1:
        out += [Readout("stream", name, (features,)) for name, features in parts.items()]
    return out + list(_pairs(list(parts.values())))


def _pairs(streams: list[Parts]) -> Iterator[Readout]:
    for i, k in combinations(range(len(streams)), 2):
        one, other = ordinal(i), ordinal(k)
        yield Readout("pair", f"{one}-{other}", (streams[i], streams[k]), f"{other}-{one}")


def ordinal(place: int) -> str:
    """The word for a stream's place, counted from 0."""
    return ORDINALS[place] if place < len(ORDINALS) else f"{place + 1}th"


def columns_of(dataset: Dataset, split: Split, device: torch.device) -> Parts | None:
    """The encoded source columns of all streams side by side, (rows, columns); None if a stream has images."""
    if set(dataset.kinds) != {"columns"}:
        return None
    train = torch.as_tensor(split.train, device=device)[None]
    encodings = [encoding_of(stream, train) for stream in dataset.streams]

    def encoded(rows) -> Tensor:
        index = torch.as_tensor(rows, device=device)[None]
        return torch.cat([e.encode(e.take(index))[0] for e in encodings], -1)

    return Parts(encoded(split.train), encoded(split.val), encoded(split.test))
