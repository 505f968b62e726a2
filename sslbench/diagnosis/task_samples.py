"""A task -> a few of its items with their views, as pictures, lines or cells of a table."""

import base64
import io
import re

import numpy as np
import torch

from sslbench.data.dataset import Dataset
from sslbench.data.streams import Stream, encoding_of
from sslbench.draws import Draw
from sslbench.records.facts import asked_of_data
from sslbench.records.samples import StreamSamples, TaskSamples
from sslbench.training.step import task_view

ITEMS = {"pictures": 6, "lines": 4, "cells": 3}  # how many fit a phone
MOST_COLUMNS = 12  # of a table that are shown
MOST_SIDE = 48  # pixels; larger pictures are brought to it
POOL = 4096  # train rows that views may draw from
SMALL = 1500  # bytes of pixels up to which a picture is stored without loss


def samples_of(dataset: Dataset) -> TaskSamples:
    """Items of several classes from the train rows of fold 0, and two views of each, or their aligned streams."""
    kinds = [_kind(stream) for stream in dataset.streams]
    rows = chosen_rows(dataset, min(ITEMS[kind] for kind in kinds))
    train = torch.as_tensor(dataset.split(0).train)[None]
    index = torch.as_tensor(rows)[None]
    streams = []
    for i, (stream, kind) in enumerate(zip(dataset.streams, kinds, strict=True)):
        encoding = encoding_of(stream, train[:, :POOL])
        item = encoding.take(index)
        versions, names = [item], (f"view {i + 1}",)
        if len(dataset.streams) == 1:
            views = task_view(dataset.task).pair(item, Draw([0]).of("samples"), encoding.take(train[:, :POOL]))
            versions, names = [item, *views], ("item", "view 1", "view 2")
        streams.append(_shown(stream, kind, names, [v[0].numpy() for v in versions]))
    labels = tuple("; ".join(f"{name} {y[row]}" for name, y in dataset.targets.items()) for row in rows)
    asked = asked_of_data(dataset.task.model_dump(mode="json"), views=True)
    return TaskSamples(of=asked, data=dataset.digest, labels=labels, streams=tuple(streams))


def chosen_rows(dataset: Dataset, count: int) -> np.ndarray:
    """Train rows of fold 0: the first of every class of the first target, then the second of each, and so on."""
    train = dataset.split(0).train
    labels = next(iter(dataset.targets.values()))[train]
    nth = np.zeros(len(labels), dtype=np.int64)  # how many rows of the same class come before
    for c in np.unique(labels):
        nth[labels == c] = np.arange((labels == c).sum())
    return train[np.lexsort((labels, nth))[:count]]


def _kind(stream: Stream) -> str:
    if stream.columns is None:
        return "pictures"
    unnamed = all(re.fullmatch(r"[a-z]\d+", name) for name in stream.columns.names)
    return "lines" if unnamed and not any(stream.columns.sizes) else "cells"


def _shown(stream: Stream, kind: str, names: tuple[str, ...], versions: list[np.ndarray]) -> StreamSamples:
    same = {"name": stream.name, "kind": kind, "versions": names}
    if kind == "pictures":
        return StreamSamples(**same, pictures=tuple(tuple(map(picture, v)) for v in versions))
    if kind == "lines":
        series = (tuple(tuple(_numbers(x.reshape(-1, stream.series).T)) for x in v) for v in versions)
        return StreamSamples(**same, lines=tuple(series))
    columns = stream.columns.names[:MOST_COLUMNS]
    cells = tuple(tuple(tuple(map(_word, x[:MOST_COLUMNS], stream.columns.sizes)) for x in v) for v in versions)
    return StreamSamples(**same, cells=cells, columns=columns, more_columns=len(stream.columns.names) - len(columns))


def _numbers(values: np.ndarray) -> list[tuple[float, ...]]:
    return [tuple(float(f"{x:.3g}") for x in row) for row in values]


def _word(value: float, size: int) -> str:
    """A cell in words: a number, the code of a category, or a dash for a gap."""
    return "–" if np.isnan(value) else f"category {value:.0f}" if size else f"{value:.4g}"


def picture(pixels: np.ndarray) -> str:
    """Pixels (channels, height, width) in [0, 1] as a data URI: small ones as PNG, others as JPEG.

    Grey or RGB; of another number of channels each is drawn beside the last, in grey.
    """
    from PIL import Image

    stored = np.round(np.clip(pixels, 0, 1) * 255).astype(np.uint8)
    flat = np.moveaxis(stored, 0, -1) if len(stored) == 3 else np.concatenate(stored, 1)
    image = Image.fromarray(flat)
    image.thumbnail((MOST_SIDE * max(1, flat.shape[1] // flat.shape[0]), MOST_SIDE))
    small, out = flat.size <= SMALL, io.BytesIO()
    image.save(out, "png" if small else "jpeg", **({"optimize": True} if small else {"quality": 75}))
    return f"data:image/{'png' if small else 'jpeg'};base64,{base64.b64encode(out.getvalue()).decode()}"
