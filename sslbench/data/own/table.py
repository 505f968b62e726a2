"""A person's table: a CSV, Parquet or NPY file whose columns are the inputs, with its targets and perhaps groups."""

from pathlib import Path

import pandas as pd

from sslbench.data.own.arrays import array_stream, read_array
from sslbench.data.own.columns import id_columns
from sslbench.data.own.found import Own, raw_of, targets_of
from sslbench.data.own.label_files import check_rows, labels_in
from sslbench.data.own.options import chosen, listed, names_of
from sslbench.data.own.reading import Read, read_table
from sslbench.data.streams import Raw
from sslbench.data.tables import table_stream
from sslbench.errors import DataError
from sslbench.registry import SOURCES
from sslbench.tasks import Source


def read_inputs(name: str) -> Read:
    """A table file as a frame; an NPY file (n, dim) has the columns 0, 1, ..."""
    if Path(name).suffix.lower() != ".npy":
        return read_table(name)
    stream = array_stream(read_array(name), Path(name).stem, name)
    if stream.kind == "image":
        raise DataError(
            f"{name} holds images, and a table has one row of numbers per item; a folder of images is folder:"
        )
    return Read(pd.DataFrame(stream.values.numpy(), columns=list(stream.columns.names)))


def read_own_table(source: Source) -> Own:
    """A table's inputs, targets and groups; raises DataError, which lists the columns where no target is named."""
    read, where = read_inputs(source.name), source.name
    frame, drop = read.frame, names_of(source.options.get("drop", ""))
    named = {k: str(source.options.get(k, "")) for k in ("targets", "groups")}
    if not names_of(named["targets"]):
        raise DataError(
            "source table needs the option targets, the columns to predict (on the command line: --target). "
            f"The columns of {where}: {listed(frame.columns)}"
        )
    labels, targets = labels_in(named["targets"], [frame])
    kept, groups = labels_in(named["groups"], [frame])
    check_rows({where: len(frame), named["targets"]: len(labels)} | ({named["groups"]: len(kept)} if groups else {}))
    classes, columns = targets_of(source, labels, targets, where)
    chosen(frame, drop, where)
    inputs = frame.drop(columns=list({*targets, *groups, *drop} & set(frame.columns)))
    if not len(inputs.columns):
        raise DataError(
            f"{where} has no column left beside {listed([*targets, *drop, *groups])}: nothing to learn from"
        )
    raw = raw_of((table_stream(inputs),), classes, kept, groups, where)
    return Own(raw, classes, columns, read.notes, id_columns(inputs))


@SOURCES.register("table")
def table_source(source: Source) -> Raw:
    """A CSV or Parquet file, or an NPY file of numbers (n, dim).

    Options: targets = "column, column", or files of labels; drop = columns to leave out (ids, dates); groups = a
    column (or file) whose equal rows stay together; bins = classes that a numeric target is cut into. Numbers stay
    numbers, other columns become categories, gaps stay gaps. Raises DataError.
    """
    return read_own_table(source).raw
