"""Any OpenML classification task: the table in the client's cache, or fetched to it, and the official folds."""

import os
import sys
import tempfile
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import openml
import pandas as pd
from pyarrow import ArrowException
from pyarrow.parquet import read_metadata

from sslbench.data.id_columns import id_columns
from sslbench.data.openml.cache import Folder, held, root
from sslbench.data.openml.descriptions import DataDescription, read_data, read_folds, read_task, whole
from sslbench.data.streams import Raw
from sslbench.data.tables import labels_of, table_stream
from sslbench.errors import DataError

TABLE = "sslbench.parquet"  # the parsed ARFF, so that later loads take a hundredth of the time


@dataclass(frozen=True)
class Table:
    """A task's inputs, its target and the test rows of its official folds; notes: what a reader of the card must know.

    frame: (n, columns) without the target and without the columns that name rows.
    """

    frame: pd.DataFrame
    target: pd.Series
    folds: tuple[np.ndarray, ...]
    notes: tuple[str, ...]


def load_raw(task: str, keep: str = "") -> Raw:
    """A task as a source gives it: one stream of columns, the target `class`, the official folds; raises DataError."""
    table = load_table(task, keep)
    return Raw((table_stream(table.frame),), {"class": labels_of(table.target)}, folds=table.folds, notes=table.notes)


def load_table(task: str, keep: str = "") -> Table:
    """The table of an OpenML task, columns that name rows left out but for those in `keep`; raises DataError."""
    try:
        with held("tasks", task) as folder:
            about = folder.file("task.xml", f"{openml.config.server}/task/{task}", read_task)
            if about.other:
                raise DataError(f"it is of the type {about.other}, and only Supervised Classification is run")
            frame, data = _data(about.data)
            read = partial(read_folds, rows=len(frame))
            folds = folder.file("datasplits.arff", about.splits, read)
    except DataError as error:
        raise DataError(
            f"OpenML task {task} could not be loaded: {error}. The first use needs the internet; later ones the "
            f"client's cache at {root()}, of which nothing was deleted"
        ) from None
    if about.target not in frame.columns:
        raise DataError(
            f"OpenML task {task}: its target {about.target!r} is no column; it has {', '.join(frame.columns)}"
        )
    target, inputs = frame[about.target], frame.drop(columns=about.target)
    kept = {name.strip() for name in keep.split(",")}
    reasons = {c: r for c, r in (id_columns(inputs) | _named(data, inputs)).items() if c not in kept}
    said = data.licence or "not stated"
    notes = (f"Data set {data.name}, version {data.version or '1'}; licence on OpenML: {said}.",)
    notes += tuple(f"Column {column} is left out: {reason}." for column, reason in reasons.items())
    return Table(inputs.drop(columns=list(reasons)), target, folds, notes)


def _named(data: DataDescription, inputs: pd.DataFrame) -> dict[str, str]:
    """The columns that OpenML itself leaves out."""
    parts = [part.strip() for name in data.ignored for part in (name, *name.split(","))]  # some name several at once
    said = dict.fromkeys(parts, "OpenML ignores it") | {data.row_id: "OpenML's row number"}
    return {column: reason for column, reason in said.items() if column in inputs.columns}


def _data(number: str) -> tuple[pd.DataFrame, DataDescription]:
    """All columns of a data set, and its description."""
    with held("datasets", number) as folder:
        about = folder.file("description.xml", f"{openml.config.server}/data/{number}", read_data)
        file = folder.path / "dataset.arff"
        parquet = folder.path / f"dataset_{number}.pq"  # what a client may keep in its place
        if not file.is_file() and folder.here(parquet.name, read_metadata):
            return _parsed(folder, about, parquet), about
        folder.file(file.name, about.url, partial(whole, md5=about.md5), resume=bool(about.md5))
        return _parsed(folder, about, file), about


def _parsed(folder: Folder, about: DataDescription, file: Path) -> pd.DataFrame:
    """The frame of a data file: as it was parsed before, or parsed by the client now."""
    if folder.intact(TABLE):
        return pd.read_parquet(folder.path / TABLE)
    try:
        frame = _parse(about, file)
    except Exception as error:  # the client's parser knows no error of its own
        raise DataError(f"{file} could not be read as a table: {type(error).__name__}: {error}") from None
    try:
        temporary = folder.path / f".{TABLE}.tmp"
        frame.to_parquet(temporary)
        os.replace(temporary, folder.path / TABLE)
        folder.remember(TABLE)
    except (OSError, ArrowException) as error:
        print(f"{folder.path / TABLE} cannot be written, so the next load parses again: {error}", file=sys.stderr)
    return frame


def _parse(about: DataDescription, file: Path) -> pd.DataFrame:
    """All columns as the client reads them, categories as words in their declared order.

    It reads in a folder of its own: beside its file it would trust, and leave, a pickle.
    """
    with tempfile.TemporaryDirectory() as alone:
        link = Path(alone) / file.name
        link.symlink_to(file.absolute())
        data = openml.datasets.OpenMLDataset(about.name, None, data_format=about.form, data_file=str(link))
        frame = data.get_data(include_row_id=True, include_ignore_attribute=True)[0]
    for column in frame.columns:
        if isinstance(frame[column].dtype, pd.SparseDtype):
            frame[column] = frame[column].sparse.to_dense()
        elif isinstance(frame[column].dtype, pd.CategoricalDtype):
            frame[column] = frame[column].cat.rename_categories([str(c) for c in frame[column].cat.categories])
    return frame
