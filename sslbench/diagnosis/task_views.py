"""A task's data -> the views that its assumption tests read, in every feature map."""

import numpy as np
import torch

from sslbench.assumptions.base import ViewData, streams_in_words
from sslbench.config import Protocol
from sslbench.data.dataset import Dataset
from sslbench.data.streams import encoding_of
from sslbench.diagnosis.feature_maps import maps_of, through_components
from sslbench.draws import Draw
from sslbench.training.step import task_view

MORE_VIEWS = 4  # further views of every item: unlabelled pairs, and neighbours
STRENGTHS = (0.25, 0.5, 1.0, 1.5, 2.0)  # times the card's, for the U-curve


def task_views(dataset: Dataset, protocol: Protocol) -> tuple[list[ViewData], str]:
    """What the assumption tests of a task read, in every feature map, and a note on how it was made.

    Aligned streams are the views themselves; one stream gives two views of every item from the card's generator, the
    item itself, further views, and views at other strengths. Normalised without labels, over all rows; wide views
    through principal components; many rows subsampled.
    """
    everything = torch.arange(dataset.rows)[None]
    encodings = [encoding_of(stream, everything) for stream in dataset.streams]
    rows = subsample(dataset.rows, protocol.assumption_rows)
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
    targets = {t: y[rows] for t, y in dataset.targets.items()}
    groups = None if dataset.groups is None else dataset.groups[rows]
    out = []
    for name, features in maps_of(dataset, shapes, protocol).items():
        with torch.no_grad():
            made = [[features(i, x) for i, x in group] for group in inputs]
        widths = [g[0].shape[1] for g in made]
        if name == "raw":
            notes += [
                f"view {k + 1} through {protocol.assumption_dim} of {w} principal components"
                for k, w in enumerate(widths)
                if w > protocol.assumption_dim
            ]
        found = through_components(made, protocol.assumption_dim)
        if aligned:
            out.append(ViewData(tuple(g[0] for g in found), targets, groups, map=name))
            continue
        (x1, x2, original, *more), further = found[0][: 3 + MORE_VIEWS], found[0][3 + MORE_VIEWS :]
        base = dataset.task.views.strength
        pairs = zip(further[::2], further[1::2], strict=True)
        strengths = {round(base * s, 4): pair for s, pair in zip(STRENGTHS, pairs, strict=True)}
        out.append(ViewData((x1, x2), targets, groups, original, np.stack(more), strengths, name))
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
