"""A user's own two views as files: groups of columns of one table, or two tables (or arrays) with the same rows."""

from pathlib import Path

import numpy as np
import pandas as pd

from sslbench.data.own import target_name
from sslbench.data.streams import Raw
from sslbench.data.tables import labels_of, table_stream
from sslbench.errors import DataError
from sslbench.registry import SOURCES, nearest
from sslbench.tasks import Source


def read_frame(path: Path) -> pd.DataFrame:
    """A CSV, Parquet or NPY file as a frame; raises DataError that says what was found."""
    if not path.exists():
        raise DataError(f"there is no file at {path} (seen from {Path.cwd()})")
    try:
        if path.suffix in (".parquet", ".pq"):
            return pd.read_parquet(path)
        if path.suffix == ".npy":
            array = np.load(path, allow_pickle=False)
            return pd.DataFrame(array.reshape(len(array), -1)).rename(columns=lambda c: f"{path.stem}{c}")
        return pd.read_csv(path)
    except Exception as error:
        raise DataError(f"{path} could not be read as {path.suffix or 'CSV'}: {error}") from None


def names_of(text: str) -> list[str]:
    """Comma-separated names."""
    return [part.strip() for part in text.split(",") if part.strip()]


def chosen(frame: pd.DataFrame, columns: list[str], where: str) -> pd.DataFrame:
    """The named columns; raises DataError with the nearest name for one that is not there."""
    for column in columns:
        if column not in frame.columns:
            raise DataError(str(nearest("column", column, map(str, frame.columns), f"the head of {where}")))
    return frame[columns]


@SOURCES.register("columns")
def columns_source(source: Source) -> Raw:
    """Two groups of columns of one CSV or Parquet file.

    Options: first, second and targets = "column, column"; groups = a column whose rows stay together.
    """
    for option in ("first", "second", "targets"):
        if option not in source.options:
            raise DataError(f'source columns needs the option {option}, as in: options = {{ {option} = "a, b" }}')
    frame = read_frame(Path(source.name).expanduser())
    first, second, targets = (names_of(str(source.options[k])) for k in ("first", "second", "targets"))
    if twice := set(first) & set(second):
        raise DataError(f"columns {', '.join(sorted(twice))} are in both views; a view is a group of its own")
    streams = (
        table_stream(chosen(frame, first, source.name), "first"),
        table_stream(chosen(frame, second, source.name), "second"),
    )
    return _raw(source, frame, streams, targets)


@SOURCES.register("files")
def files_source(source: Source) -> Raw:
    """Two files with the same rows, named "first.csv | second.parquet" (CSV, Parquet or NPY).

    Options: targets = columns of either file, which are taken out of it, or one NPY file; groups = a column likewise.
    """
    paths = [Path(part.strip()).expanduser() for part in source.name.split("|")]
    if len(paths) != 2:
        raise DataError(f"source files needs two paths with | between them, got {source.name!r}")
    frames = [read_frame(path) for path in paths]
    if len(frames[0]) != len(frames[1]):
        raise DataError(
            f"{paths[0]} has {len(frames[0])} rows and {paths[1]} has {len(frames[1])}; row i of both must be one item"
        )
    targets, groups = str(source.options.get("targets", "")), names_of(str(source.options.get("groups", "")))
    if targets.endswith(".npy"):
        labels = read_frame(Path(targets).expanduser())
        if len(labels) != len(frames[0]):
            raise DataError(f"{targets} has {len(labels)} rows, the views have {len(frames[0])}")
        wanted = list(labels.columns)
    else:
        labels, wanted = pd.concat(frames, axis=1), names_of(targets)
        labels = labels.loc[:, ~labels.columns.duplicated()]
    out = [*wanted, *groups]
    streams = tuple(
        table_stream(f.drop(columns=[c for c in out if c in f.columns]), n)
        for f, n in zip(frames, ("first", "second"), strict=True)
    )
    return _raw(source, labels, streams, wanted)


def _raw(source: Source, frame: pd.DataFrame, streams: tuple, targets: list[str]) -> Raw:
    found = {target_name(str(t)): labels(frame[t]) for t in chosen(frame, targets, source.name)}
    names = names_of(str(source.options.get("groups", "")))
    groups = None
    if names:
        groups = np.unique(chosen(frame, names[:1], source.name)[names[0]].astype(str), return_inverse=True)[1]
    return Raw(streams, found, groups)


def labels(column: pd.Series) -> np.ndarray:
    """Classes of a column; a floating-point column of many values is binned into quarters."""
    from sslbench.information.prepared import BINS, is_regression

    if column.isna().any():
        return labels_of(column)  # its error says how many are missing
    values = column.to_numpy()
    if np.issubdtype(values.dtype, np.floating) and is_regression(values):
        return np.searchsorted(np.quantile(values, np.arange(1, BINS) / BINS), values, side="right")
    return labels_of(column)
