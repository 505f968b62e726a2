"""A user's own data: a table (CSV or Parquet), or two or more aligned arrays (npz)."""

import re
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from sslbench.data.streams import Columns, Raw, Stream
from sslbench.data.tables import labels_of, table_stream
from sslbench.errors import DataError
from sslbench.registry import SOURCES, nearest
from sslbench.tasks import Source


def _existing(source: Source, what: str) -> Path:
    path = Path(source.name).expanduser()
    if not path.exists():
        raise DataError(f"source {source.kind}: there is no {what} at {path} (seen from {Path.cwd()})")
    return path


def _option(source: Source, name: str, example: str) -> str:
    if name not in source.options:
        raise DataError(f'source {source.kind} needs the option {name}, as in: options = {{ {name} = "{example}" }}')
    return str(source.options[name])


def _split(names: str) -> list[str]:
    return [part.strip() for part in names.split(",") if part.strip()]


def target_name(column: str) -> str:
    """A column's name as a task card spells targets: lower case, with hyphens."""
    return re.sub(r"[^a-z0-9]+", "-", column.lower()).strip("-")


@SOURCES.register("table")
def table_source(source: Source) -> Raw:
    """A CSV or Parquet file; options: targets = "column, column", and drop = columns to leave out (ids, dates).

    Numbers stay numbers, other columns become categories, gaps stay gaps. Raises DataError.
    """
    path = _existing(source, "CSV or Parquet file")
    targets = _split(_option(source, "targets", "my-label"))
    try:
        frame = pd.read_parquet(path) if path.suffix in (".parquet", ".pq") else pd.read_csv(path)
    except Exception as error:
        raise DataError(f"{path} could not be read as {path.suffix or 'CSV'}: {error}") from None
    for column in [*targets, *_split(str(source.options.get("drop", "")))]:
        if column not in frame.columns:
            raise DataError(str(nearest("column", column, map(str, frame.columns), f"the head of {path}")))
    inputs = frame.drop(columns=[*targets, *_split(str(source.options.get("drop", "")))])
    return Raw((table_stream(inputs),), {target_name(t): labels_of(frame[t]) for t in targets})


@SOURCES.register("pair")
def pair_source(source: Source) -> Raw:
    """An npz file with aligned arrays x1, x2 and perhaps x3, ...; one array of classes per target.

    x1, ...: (n, dim) numbers, or (n, channels, height, width) uint8 images; an array "groups" (n,) keeps rows together.
    Raises DataError.
    """
    path = _existing(source, "npz file")
    try:
        arrays = dict(np.load(path, allow_pickle=False))
    except Exception as error:
        raise DataError(f"{path} could not be read as npz without pickled objects: {error}") from None
    if missing := {"x1", "x2"} - set(arrays):
        raise DataError(
            f"{path} has no array {' and no array '.join(sorted(missing))}; it has {', '.join(arrays) or 'none'}"
        )
    names = ["x1", "x2"]
    while (name := f"x{len(names) + 1}") in arrays and arrays[name].ndim > 1:  # one value per row is a target
        names.append(name)
    streams = tuple(_stream(arrays.pop(name), name, path) for name in names)
    groups = arrays.pop("groups", None)
    groups = None if groups is None else np.unique(groups, return_inverse=True)[1]
    return Raw(streams, {target_name(k): labels_of(pd.Series(v, name=k)) for k, v in arrays.items()}, groups)


def _stream(values: np.ndarray, name: str, path: Path) -> Stream:
    if values.ndim == 4 and values.dtype == np.uint8:
        return Stream(name, torch.tensor(values))
    if values.ndim == 2 and np.issubdtype(values.dtype, np.number) and np.isfinite(values).all():
        return Stream(name, torch.tensor(values.astype(np.float32)), Columns.numbers(range(values.shape[1])))
    raise DataError(
        f"{path}: {name} must be (n, dim) finite numbers or (n, channels, height, width) uint8, "
        f"got shape {values.shape} of {values.dtype}"
    )
