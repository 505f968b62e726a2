"""A column of labels -> classes: text and whole numbers as they are, real numbers cut into classes where asked."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from sslbench.errors import DataError

MOST_LEVELS = 20  # distinct fractional values up to which numbers are classes


@dataclass(frozen=True)
class Classes:
    """codes: (n,) integers 0 .. classes-1; names of the classes; a note on how they were made, or nothing."""

    codes: np.ndarray
    names: tuple[str, ...]
    note: str = ""

    @property
    def counts(self) -> np.ndarray:
        return np.bincount(self.codes, minlength=len(self.names))

    @property
    def in_words(self) -> str:
        """The classes and their shares: "3 classes: a 50 %, b 30 %, c 20 %", the first eight of them."""
        shares = self.counts / len(self.codes)
        shown = ", ".join(f"{n} {s:.0%}" for n, s in list(zip(self.names, shares, strict=True))[:8])
        more = f" and {len(self.names) - 8} more" if len(self.names) > 8 else ""
        return f"{len(self.names)} classes: {shown.replace('%', ' %')}{more}"


def classes_of(column: pd.Series, bins: int = 0, real_bins: int = 0) -> Classes:
    """The classes of a column of text, whole numbers (0.0 and 1.0 too) or at most 20 fractional values.

    bins: numbers of more values than this are cut into so many classes of equal shares; real_bins: the same for real
    numbers only. Raises DataError for gaps, infinities, an id, one class only, and real numbers that are not cut.
    """
    name = column.name
    if len(column) == 0:
        raise DataError(f"the target {name!r} has no rows")
    if column.isna().any():
        raise DataError(
            f"the target {name!r} has {int(column.isna().sum())} missing values of {len(column)}; drop those rows "
            "first, or write a class of their own into them"
        )
    if not pd.api.types.is_numeric_dtype(column) or pd.api.types.is_bool_dtype(column):
        found = _named(column.astype(str))
    else:
        found = _of_numbers(name, column.to_numpy(), bins, real_bins)
    if len(found.names) < 2:
        raise DataError(f"the target {name!r} has one class only, {found.names[0]!r}; at least 2 are needed")
    if len(found.names) == len(column) > 1:
        raise DataError(f"every row has a value of its own in the target {name!r}: that is an id, not a class")
    return found


def _named(values) -> Classes:
    names, codes = np.unique(np.asarray(values), return_inverse=True)
    return Classes(codes, tuple(str(n) for n in names))


def _of_numbers(name: str, values: np.ndarray, bins: int, real_bins: int) -> Classes:
    if np.issubdtype(values.dtype, np.complexfloating):
        raise DataError(f"the target {name!r} holds complex numbers; classes are text or whole numbers")
    if not np.isfinite(values).all():
        raise DataError(f"the target {name!r} holds {int((~np.isfinite(values)).sum())} infinite values")
    distinct = np.unique(values)
    whole = bool((distinct == np.round(distinct)).all())
    real = not whole and len(distinct) > MOST_LEVELS
    if (bins and len(distinct) > bins) or (real and real_bins):
        return _cut(name, values, bins or real_bins)
    if real:
        raise DataError(
            f"the target {name!r} is real-valued ({len(distinct)} values from {distinct[0]:.4g} to {distinct[-1]:.4g}"
            "), and a task's labels are classes. Cut it into classes of equal shares: --bins 4 (in a card: the "
            "source's option bins = 4)"
        )
    return _named(values.astype(np.int64) if whole and np.abs(distinct).max() < 2**53 else values)


def _cut(name: str, values: np.ndarray, bins: int) -> Classes:
    """Numbers in classes of equal shares; values that occur often may leave fewer classes."""
    edges = np.quantile(values, np.arange(1, bins) / bins)
    codes = np.unique(np.searchsorted(edges, values, side="right"), return_inverse=True)[1]
    lows = [f"{values[codes == c].min():.4g} to {values[codes == c].max():.4g}" for c in range(codes.max() + 1)]
    return Classes(codes, tuple(lows), f"{name} is cut into {len(lows)} classes of about equal shares")
