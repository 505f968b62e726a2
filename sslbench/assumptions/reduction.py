"""The reduction of wide views: principal components, as many as the rows allow, chosen without labels.

A reading needs about 60 rows for every column of all views together. What the components that are dropped may hold of
the label is bounded where a verdict could turn on it (`sslbench.information.dropped`), and widens its interval.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

ROWS_PER_COLUMN, FEWEST = 60, 4  # rows for every column of all views together; components of a view at least
LOOKED_AT = 512  # components of a view that are looked at in all, those dropped included


def components_for(rows: int, views: int, most: int) -> int:
    """How many components of each view are read: one for 60 rows per view, at least 4, at most `most`."""
    return max(FEWEST, min(most, rows // ROWS_PER_COLUMN // views))


class Components(NamedTuple):
    """Arrays through one basis, (n, kept) each; what was dropped of the first ones, with sd 1; share of variance kept.

    `dropped` is empty and `share` is 1 where nothing had to be dropped.
    """

    arrays: list[np.ndarray]
    dropped: list[np.ndarray]
    share: float


def through_components(arrays: Sequence[np.ndarray], most: int, whole: int = 1) -> Components:
    """Arrays (n, features) of one stream through its leading `most` principal components; as they are if narrower.

    The basis is fitted to the rows of the first `whole` arrays together: views of one stream must stay comparable.
    """
    if arrays[0].shape[1] <= most:
        return Components([np.asarray(x, dtype=np.float64) for x in arrays], [], 1.0)
    width, count = arrays[0].shape[1], sum(len(x) for x in arrays[:whole])
    mean = sum(x.sum(0, dtype=np.float64) for x in arrays[:whole]) / count
    gram = np.zeros((width, width))
    for x in arrays[:whole]:
        centred = x - mean
        gram += centred.T @ centred
    values, vectors = np.linalg.eigh(gram / count)
    values, axes = values[::-1].clip(0), vectors[:, ::-1]
    real = int((values > 1e-10 * values[0]).sum())
    most, last = min(most, real), min(LOOKED_AT, real)
    through = [(x - mean) @ axes[:, : last if i < whole else most] for i, x in enumerate(arrays)]
    scale = np.sqrt(values[most:last])
    dropped = [(x[:, most:] / scale).astype(np.float32) for x in through[:whole]] if last > most else []
    return Components([x[:, :most] for x in through], dropped, float(values[:most].sum() / values.sum()))


def in_words(name: str, read: int, columns: int, share: float) -> str:
    """One view's reduction as a note says it."""
    unseen = f", components beyond {LOOKED_AT} by nothing" if columns > LOOKED_AT else ""
    return f"{name} through {read} of {columns} principal components, {share:.0%} of its variance{unseen}"
