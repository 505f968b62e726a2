"""A task's data -> the views that its assumption tests read, in every feature map."""

from dataclasses import replace

import numpy as np
import torch

from sslbench.assumptions.base import ViewData, streams_in_words
from sslbench.assumptions.reduction import components_for, in_words, through_components
from sslbench.config import Protocol
from sslbench.data.dataset import Dataset
from sslbench.data.streams import encoding_of
from sslbench.diagnosis.feature_maps import maps_of
from sslbench.draws import Draw
from sslbench.training.step import task_view

MORE_VIEWS = 4  # further views of every item: unlabelled pairs, and neighbours
STRENGTHS = (0.25, 0.5, 1.0, 1.5, 2.0)  # times the card's, for the U-curve
ONE_ITEM = 3 + MORE_VIEWS + 2 * len(STRENGTHS)  # views of one stream that are held at once
LEAST_ROWS = 5000  # rows that are read whatever they cost, if there are so many
TARGET_ROWS = 40_000  # rows x targets x feature maps that take about three CPU minutes at 64 components
MOST_NUMBERS = 2.6e8  # numbers of all views together, about one GB


def rows_read(dataset: Dataset, protocol: Protocol) -> int:
    """How many rows the assumption tests of a task read: at most the protocol's, fewer where that costs too much.

    Costs grow with rows, targets, feature maps and streams, memory with the numbers of all views of the rows.
    """
    maps = min(protocol.assumption_maps, 2) if "image" in dataset.kinds else 1
    asked = len(dataset.targets) * maps * max(1, len(dataset.streams) / 2)
    held = 1 if len(dataset.streams) > 1 else ONE_ITEM
    numbers = held * sum(stream.values[0].numel() for stream in dataset.streams)
    affordable = max(LEAST_ROWS, min(int(TARGET_ROWS / asked), int(MOST_NUMBERS / numbers)))
    return min(dataset.rows, protocol.assumption_rows, affordable)


def task_views(dataset: Dataset, protocol: Protocol) -> tuple[list[ViewData], str]:
    """What the assumption tests of a task read, in every feature map, and a note on how it was made.

    Aligned streams are the views themselves; one stream gives two views of every item from the card's generator, the
    item itself, further views, and views at other strengths. Normalised without labels, over all rows; wide views
    through principal components, as many as the rows allow; many rows subsampled.
    """
    everything = torch.arange(dataset.rows)[None]
    encodings = [encoding_of(stream, everything) for stream in dataset.streams]
    rows = subsample(dataset.rows, rows_read(dataset, protocol))
    index = torch.as_tensor(rows)[None]
    raw = [e.take(index) for e in encodings]
    aligned = len(encodings) > 1
    if aligned:
        inputs = [[(i, e.encode(x))] for i, (e, x) in enumerate(zip(encodings, raw, strict=True))]
        notes = [f"the {streams_in_words(len(inputs))}"]
    else:
        inputs, notes = _corrupted(dataset, encodings[0], raw[0])
    if len(rows) < dataset.rows:
        notes.append(f"{len(rows)} of {dataset.rows} rows")
    shapes = [tuple(e.shape) for e in encodings]
    most = components_for(len(rows), max(2, len(encodings)), protocol.assumption_dim)
    targets = {t: y[rows] for t, y in dataset.targets.items()}
    groups = None if dataset.groups is None else dataset.groups[rows]
    out = []
    for name, features in maps_of(dataset, shapes, protocol).items():
        with torch.no_grad():
            made = [[features(i, x).numpy() for i, x in group] for group in inputs]
        found = [through_components(group, most, whole=3) for group in made]
        for k, (group, f) in enumerate(zip(made, found, strict=True)):
            if f.dropped:
                view = f"view {k + 1}" if aligned else "every view"
                notes.append(in_words(f"{name}: {view}", f.arrays[0].shape[1], group[0].shape[1], f.share))
        if aligned:
            read = {f"x{k + 1}": f for k, f in enumerate(found) if f.dropped}
            dropped, kept = {k: f.dropped[0] for k, f in read.items()}, {k: f.share for k, f in read.items()}
            views = tuple(f.arrays[0] for f in found)
            out.append(ViewData(views, targets, groups, map=name, dropped=dropped, kept=kept))
            continue
        (x1, x2, original, *more), further = found[0].arrays[: 3 + MORE_VIEWS], found[0].arrays[3 + MORE_VIEWS :]
        base = dataset.task.views.strength
        pairs = zip(further[::2], further[1::2], strict=True)
        strengths = {round(base * s, 4): pair for s, pair in zip(STRENGTHS, pairs, strict=True)}
        views = ViewData((x1, x2), targets, groups, original, np.stack(more), strengths, name)
        names = ("x1", "x2", "original") if found[0].dropped else ()
        dropped = dict(zip(names, found[0].dropped, strict=True))
        out.append(replace(views, dropped=dropped, kept=dict.fromkeys(names, found[0].share)))
    return out, "; ".join(notes)


def _corrupted(dataset: Dataset, encoding, raw: torch.Tensor) -> tuple[list[list[tuple[int, torch.Tensor]]], list[str]]:
    """Encoded inputs of one group: two views, the item, further views, and two views at every strength."""
    generator, draw = task_view(dataset.task), Draw([0]).of("assumption views")
    made = [*generator.pair(raw, draw, raw), raw]
    made += [generator(raw, draw.of(f"view {k + 3}"), raw) for k in range(MORE_VIEWS)]
    for s in STRENGTHS:
        other = type(generator)(**(vars(generator) | {"strength": generator.strength * s}))
        made += other.pair(raw, draw.of(f"strength {s:g}"), raw)
    note = f"one pair of {dataset.task.views.generator} views per item, strength {dataset.task.views.strength:g}"
    return [[(0, encoding.encode(x)) for x in made]], [note]


def subsample(rows: int, most: int) -> np.ndarray:
    """At most `most` of the rows, in order, the same every time."""
    if rows <= most:
        return np.arange(rows)
    return np.sort(np.random.default_rng(0).permutation(rows)[:most])
