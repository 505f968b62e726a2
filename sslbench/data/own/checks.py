"""What can make a person's data useless for a benchmark, found before anything is trained."""

import numpy as np

from sslbench.data.own.found import Own
from sslbench.data.splits import Split
from sslbench.errors import DataError


def check_sizes(own: Own, folds: int) -> None:
    """Raises DataError for a class of fewer rows than folds, or fewer groups than folds."""
    for target, classes in own.classes.items():
        if rare := [(n, c) for n, c in zip(classes.names, classes.counts.tolist(), strict=True) if c < folds]:
            shown = ", ".join(f"{n!r} {c}" for n, c in rare[:8]) + (
                f" and {len(rare) - 8} more" if len(rare) > 8 else ""
            )
            cut = " A number of many values can be cut into classes: --bins 4." if len(classes.names) > 20 else ""
            raise DataError(
                f"target {own.columns[target]!r}: {folds} folds need at least {folds} rows of every class, and these "
                f"have fewer: {shown}. Merge rare classes into one, or drop their rows.{cut}"
            )
    if own.raw.groups is not None and (count := len(np.unique(own.raw.groups))) < folds:
        raise DataError(
            f"{folds} folds need at least {folds} groups, got {count}; each group stays in one part of a split"
        )


def row_hashes(own: Own) -> np.ndarray:
    """A 64-bit number for every item, (n,), the same for exact copies: a random linear hash of all its values' bits."""
    rng, total = np.random.default_rng(0), np.zeros(own.raw.rows, dtype=np.uint64)
    for stream in own.raw.streams:
        values = stream.values.numpy().reshape(own.raw.rows, -1)
        bits = values if values.dtype == np.uint8 else values.view(np.uint32)
        for column, weight in zip(bits.T, rng.integers(1, 1 << 63, size=bits.shape[1], dtype=np.uint64), strict=True):
            total += (column.astype(np.uint64) + np.uint64(1)) * (weight | np.uint64(1))
    return total


def copies_note(own: Own, splits: tuple[Split, ...]) -> str:
    """How many test rows have an exact copy among the rows their fold learns from, in words; "" if none."""
    hashes = row_hashes(own)
    distinct = len(np.unique(hashes))
    if distinct == len(hashes):
        return ""
    leaked = sum(int(np.isin(hashes[s.test], hashes[np.concatenate([s.train, s.val])]).sum()) for s in splits)
    copies = f"{len(hashes) - distinct} of {len(hashes)} rows are exact copies of another row"
    if not leaked:
        return f"{copies}; none is both tested and learnt from in one fold"
    return (
        f"{copies}, and {leaked} test rows have a copy among the rows that their fold learns from: scores are too "
        "good. Drop the copies, or keep them together by a group"
    )
