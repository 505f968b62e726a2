"""A CSV or Parquet file as a frame: small files at once, large ones in chunks, none that memory cannot hold."""

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from pandas.api.types import union_categoricals

from sslbench.data.own.options import existing
from sslbench.data.own.sniff import Form, form_of
from sslbench.errors import DataError

AT_ONCE = 1 << 26  # bytes of a CSV file up to which it is read in one piece
CHUNK = 1 << 25  # bytes of a larger one that are read at a time
GROWTH = {".csv": 2.0, ".parquet": 6.0}  # most memory that reading takes, per byte on disk


@dataclass(frozen=True)
class Read:
    """A frame, and what a person should know about how it was read."""

    frame: pd.DataFrame
    notes: tuple[str, ...] = ()


def read_table(name: str | Path) -> Read:
    """A CSV file (any separator, UTF-8, UTF-16 or Windows-1252) or a Parquet file.

    Raises DataError for what is missing, empty, not readable, or larger than memory.
    """
    path = existing(str(name), "CSV or Parquet file")
    if path.is_dir():
        raise DataError(f"{path} is a folder; a table is a CSV or Parquet file")
    parquet = path.suffix.lower() in (".parquet", ".pq")
    check_memory(path, GROWTH[".parquet" if parquet else ".csv"])
    try:
        form = None if parquet else form_of(path)
        frame = pd.read_parquet(path) if form is None else _read_csv(path, form)
    except DataError:
        raise
    except Exception as error:
        raise DataError(
            f"{path} could not be read as {'Parquet' if parquet else 'CSV'}: {str(error).strip()}"
        ) from None
    frame.columns = [str(c).strip() for c in frame.columns]
    if twice := sorted(set(frame.columns[frame.columns.duplicated()])):
        raise DataError(f"{path} has more than one column called {', '.join(map(repr, twice))}; rename all but one")
    if len(frame) == 0:
        raise DataError(f"{path} has column names and no rows")
    for column in frame.columns:
        first = frame[column].dropna().head(1)
        if len(first) and isinstance(first.iloc[0], list | dict | set | tuple | np.ndarray):
            raise DataError(f"{path}: column {column!r} holds a {type(first.iloc[0]).__name__} per row, not one value")
    return Read(frame, form.notes if form else ())


def check_memory(path: Path, growth: float, free: float | None = None) -> None:
    """Raises DataError if reading a file takes more memory than is free; growth: bytes taken per byte on disk."""
    size, free = path.stat().st_size, free_memory() if free is None else free
    if size * growth > free:
        raise DataError(
            f"{path} has {size / 1e9:.1f} GB, reading it takes up to {size * growth / 1e9:.1f} GB, and "
            f"{free / 1e9:.1f} GB of memory are free; keep the columns and rows that you need, or use a larger machine"
        )


def free_memory() -> float:
    """Bytes of memory that are free on this machine; infinity where it does not say."""
    try:
        with open("/proc/meminfo") as lines:
            return next(int(line.split()[1]) * 1024.0 for line in lines if line.startswith("MemAvailable"))
    except (OSError, StopIteration):
        return math.inf


def _read_csv(path: Path, form: Form, at_once: int = AT_ONCE, chunk: int = CHUNK) -> pd.DataFrame:
    how = {"sep": form.separator, "decimal": form.decimal, "encoding": form.encoding, "low_memory": False}
    if path.stat().st_size <= at_once:
        return _no_index(path, pd.read_csv(path, **how), form)
    with open(path, "rb") as file:
        head = file.read(1 << 20)
    rows = max(1000, round(chunk / (len(head) / max(1, head.count(b"\n")))))
    pieces: list[pd.DataFrame] = []
    for piece in pd.read_csv(path, **how, chunksize=rows):
        pieces.append(pd.DataFrame({c: _smaller(piece[c]) for c in piece.columns}))
    mixed = [c for c in pieces[0].columns if len({p[c].dtype.kind == "O" for p in pieces if p[c].notna().any()}) > 1]
    if mixed:  # text in some chunks and numbers in others: text, as it stands in the file
        texts = pd.read_csv(path, **how, chunksize=rows, usecols=mixed, dtype=str)
        for piece, text in zip(pieces, texts, strict=True):
            for column in mixed:
                piece[column] = _smaller(text[column])
    return _no_index(path, pd.DataFrame({c: _joined([p.pop(c) for p in pieces]) for c in pieces[0].columns}), form)


def _no_index(path: Path, frame: pd.DataFrame, form: Form) -> pd.DataFrame:
    """The frame; raises DataError where lines have more values than names, which pandas takes for an index."""
    if not isinstance(frame.index, pd.RangeIndex):
        raise DataError(
            f"{path}: its lines have more values than its first line has names ({len(frame.columns)}), separated by "
            f"{form.separator!r}"
        )
    return frame


def _smaller(column: pd.Series) -> pd.Series:
    """The column in less memory: text as categories, fractional numbers as float32, what a task keeps of them."""
    if column.dtype.kind == "f" and column.notna().any() and not (column.dropna() % 1 == 0).all():
        return column.astype(np.float32)
    return column if column.dtype.kind in "fiub" else column.astype("category")


def _joined(parts: list[pd.Series]) -> pd.Series:
    """The pieces of a column as one; categories in sorted order."""
    if not isinstance(parts[0].dtype, pd.CategoricalDtype) and not any(p.dtype == "category" for p in parts):
        return pd.concat(parts, ignore_index=True)
    texts = [p if isinstance(p.dtype, pd.CategoricalDtype) else p.astype(object).astype(str) for p in parts]
    kept = [pd.Categorical(t.where(p.notna())) for t, p in zip(texts, parts, strict=True)]
    kept = [k.set_categories(k.categories.astype(object)) for k in kept]
    return pd.Series(union_categoricals(kept, sort_categories=True))
