"""A person's two or more aligned views: groups of columns of one table, or files with the same rows."""

from pathlib import Path

import numpy as np
import pandas as pd

from sslbench.data.own.arrays import array_stream, read_array
from sslbench.data.own.options import chosen, existing, listed, names_of, target_name
from sslbench.data.own.reading import read_table
from sslbench.data.own.table import Own, raw_of, targets_of
from sslbench.data.streams import Raw, Stream
from sslbench.data.tables import table_stream
from sslbench.errors import DataError
from sslbench.registry import SOURCES
from sslbench.tasks import Source

LABEL_FILES = (".npy", ".csv", ".parquet", ".pq")
ORDER = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth")


def stream_names(count: int) -> list[str]:
    """Names of streams that have none: first, second, ..., eighth, and then stream-9."""
    return [ORDER[k] if k < len(ORDER) else f"stream-{k + 1}" for k in range(count)]


def read_columns(source: Source) -> Own:
    """Groups of columns of one table as streams; raises DataError."""
    options, where = source.options, source.name
    older = f"{options.get('first', '')} | {options.get('second', '')}"  # how two views were written before three
    sides = str(options.get("views", older)).split("|")
    groups_of_columns = [names_of(side) for side in sides]
    targets = names_of(options.get("targets", ""))
    if len(sides) < 2 or not all(groups_of_columns):
        raise DataError(
            'source columns needs two groups of columns or more, as in: options = { views = "a, b | c, d" }'
        )
    read = read_table(where)
    if not targets:
        raise DataError(
            f"source columns needs the option targets. The columns of {where}: {listed(read.frame.columns)}"
        )
    every = [c for side in groups_of_columns for c in side]
    if twice := sorted({c for c in every if every.count(c) > 1}):
        raise DataError(f"columns {', '.join(twice)} are in both views; a view is a group of its own")
    groups = names_of(options.get("groups", ""))
    if inside := sorted({*targets, *groups} & set(every)):
        raise DataError(f"columns {', '.join(inside)} are a target or the groups, and stand in a view as well")
    streams = tuple(
        table_stream(chosen(read.frame, side, where), name)
        for side, name in zip(groups_of_columns, stream_names(len(sides)), strict=True)
    )
    classes, columns = targets_of(source, read.frame, targets, where)
    return Own(raw_of(streams, classes, read.frame, groups, where), classes, columns, read.notes)


def read_files(source: Source) -> Own:
    """Files with the same rows as streams, named "a.npy | b.csv"; raises DataError."""
    paths = [Path(part.strip()).expanduser() for part in source.name.split("|") if part.strip()]
    if len(paths) < 2:
        raise DataError(f"source files needs two or more paths with | between them, got {source.name!r}")
    names = _names(paths)
    targets, groups = str(source.options.get("targets", "")), str(source.options.get("groups", ""))
    parts, notes = [], []
    for path in paths:
        if path.suffix.lower() == ".npy":
            parts.append(read_array(path))
        else:
            read = read_table(path)
            parts.append(read.frame)
            notes += read.notes
    rows = {str(p): len(part) if np.ndim(part) else 0 for p, part in zip(paths, parts, strict=True)}
    frames = [part for part in parts if isinstance(part, pd.DataFrame)]
    labels, wanted = _labels(targets, frames)
    kept, group = _labels(groups, frames)
    rows |= {name: len(frame) for name, frame in ((targets, labels), (groups, kept)) if _are_files(name)}
    if len(set(rows.values())) > 1:
        counts = ", ".join(f"{path} has {n} rows" for path, n in rows.items())
        raise DataError(f"row i of every file must be one item; {counts}")
    out = {*wanted, *group}
    streams = tuple(_stream(part, name, str(path), out) for part, name, path in zip(parts, names, paths, strict=True))
    classes, columns = targets_of(source, labels, wanted, targets or "the files")
    raw = raw_of(streams, classes, kept, group, groups)
    return Own(raw, classes, columns, tuple(notes))


def _names(paths: list[Path]) -> list[str]:
    """The streams' names: those of the files where they differ, else first, second, ..."""
    names = [target_name(path.stem) for path in paths]
    taken = {"joint", "fused", "target"}
    return names if len(set(names)) == len(names) and not taken & set(names) else stream_names(len(paths))


def _stream(part: np.ndarray | pd.DataFrame, name: str, where: str, out: set[str]) -> Stream:
    if isinstance(part, np.ndarray):
        return array_stream(part, name, where)
    inputs = part.drop(columns=[c for c in part.columns if c in out])
    if not len(inputs.columns):
        raise DataError(f"{where} has no column left beside {listed(out)}")
    return table_stream(inputs, name)


def _labels(named: str, frames: list[pd.DataFrame]) -> tuple[pd.DataFrame, list[str]]:
    """Labels or groups, and their columns: of files of their own, or of the views' tables."""
    if _are_files(named):
        found = [_label_file(part) for part in names_of(named)]
        if len({len(f) for f in found}) > 1:
            raise DataError(f"the files of labels differ in rows: {named} have {', '.join(str(len(f)) for f in found)}")
        frame = pd.concat(found, axis=1)
        return frame, list(frame.columns)
    together = pd.concat([f.reset_index(drop=True) for f in frames], axis=1) if frames else pd.DataFrame()
    if names_of(named) and not frames:
        raise DataError(f"arrays have no columns, so {named!r} must be a file of labels, one per row: y.npy")
    return together.loc[:, ~together.columns.duplicated()], names_of(named)


def _are_files(named: str) -> bool:
    """Whether labels are named as files, not as columns."""
    return bool(named) and all(Path(part).suffix.lower() in LABEL_FILES for part in names_of(named))


def _label_file(name: str) -> pd.DataFrame:
    """One or several columns of labels, one row per item."""
    path = existing(name, "file of labels")
    if path.suffix.lower() != ".npy":
        return read_table(path).frame
    values = read_array(path)
    if values.ndim == 0 or values.ndim > 2 or values.size == 0:
        raise DataError(f"{path} must hold one label per row, (n,), or one column per target; got shape {values.shape}")
    if values.ndim == 1 or values.shape[1] == 1:
        return pd.DataFrame({path.stem: values.ravel()})
    return pd.DataFrame(values, columns=[f"{path.stem}{k}" for k in range(values.shape[1])])


@SOURCES.register("columns")
def columns_source(source: Source) -> Raw:
    """Groups of columns of one CSV or Parquet file.

    Options: views = "a, b | c, d" (or first and second), targets = "column, column"; groups = a column whose rows stay
    together; bins = classes that a numeric target is cut into. Raises DataError.
    """
    return read_columns(source).raw


@SOURCES.register("files")
def files_source(source: Source) -> Raw:
    """Two or more files with the same rows, named "first.csv | second.parquet | third.npy".

    Options: targets = columns of the tables, which are taken out of them, or files of labels (NPY, CSV, Parquet);
    groups = a column or a file likewise; bins. Raises DataError.
    """
    return read_files(source).raw
