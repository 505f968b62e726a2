"""What the sources of a person's own data have in common: paths, lists of columns, the names of targets."""

import difflib
import re
from pathlib import Path

import numpy as np
import pandas as pd

from sslbench.errors import DataError

MOST_LISTED = 40  # columns that an error lists


def existing(name: str, what: str) -> Path:
    """The path, if it is there; raises DataError that says where it was looked for."""
    path = Path(name).expanduser()
    if not path.exists():
        near = difflib.get_close_matches(path.name, [f.name for f in path.parent.glob("*")], n=1)
        hint = f" Did you mean {path.parent / near[0]}?" if near else ""
        raise DataError(f"there is no {what} at {path} (seen from {Path.cwd()}).{hint}")
    return path


def names_of(text: str) -> list[str]:
    """Comma-separated names."""
    return [part.strip() for part in str(text).split(",") if part.strip()]


def listed(names) -> str:
    """The names of columns as an error lists them."""
    names = [str(n) for n in names]
    more = f" and {len(names) - MOST_LISTED} more" if len(names) > MOST_LISTED else ""
    return ", ".join(names[:MOST_LISTED]) + more


def chosen(frame: pd.DataFrame, columns: list[str], where: str) -> pd.DataFrame:
    """The named columns; raises DataError with the nearest name, and the list, for one that is not there."""
    for column in columns:
        if column in frame.columns:
            continue
        known = [str(c) for c in frame.columns]
        close = [c for c in known if c.strip().casefold() == column.strip().casefold()]
        close = close or difflib.get_close_matches(column, known, n=3)
        hint = f" Did you mean {' or '.join(map(repr, close))}?" if close else ""
        raise DataError(f"unknown column {column!r} in {where}.{hint} Its columns: {listed(known)}")
    return frame[columns]


def target_name(column: str) -> str:
    """A column's name as a task card spells targets: lower case, with hyphens; "target" where nothing is left of it."""
    return re.sub(r"[^a-z0-9]+", "-", str(column).lower()).strip("-") or "target"


def group_codes(column: pd.Series | np.ndarray) -> np.ndarray:
    """Which group each row belongs to, (n,) integers; raises DataError on gaps, which would be one group."""
    column = pd.Series(column)
    if column.isna().any():
        raise DataError(
            f"the group column {column.name!r} has {int(column.isna().sum())} gaps; name a group for every row"
        )
    return np.unique(column.astype(str), return_inverse=True)[1]
