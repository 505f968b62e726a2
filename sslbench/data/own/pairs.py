"""A person's two or more aligned views: groups of columns of one table, or files with the same rows."""

from pathlib import Path

import numpy as np
import pandas as pd

from sslbench.data.own.arrays import array_stream, read_array
from sslbench.data.own.found import Own, raw_of, targets_of
from sslbench.data.own.label_files import are_files, check_rows, labels_in
from sslbench.data.own.options import chosen, listed, names_of, target_name
from sslbench.data.own.reading import read_table
from sslbench.data.streams import Raw, Stream
from sslbench.data.tables import table_stream
from sslbench.errors import DataError
from sslbench.registry import SOURCES
from sslbench.tasks import Source

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
    labels, wanted = labels_in(targets, frames)
    kept, group = labels_in(groups, frames)
    rows |= {name: len(frame) for name, frame in ((targets, labels), (groups, kept)) if are_files(name)}
    check_rows(rows)
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
