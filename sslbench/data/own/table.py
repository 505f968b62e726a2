"""A person's table: a CSV or Parquet file whose columns are the inputs, the targets, and perhaps the groups."""

from dataclasses import dataclass, field

import pandas as pd

from sslbench.data.own.columns import id_columns
from sslbench.data.own.labels import Classes, classes_of
from sslbench.data.own.options import chosen, group_codes, listed, names_of, target_name
from sslbench.data.own.reading import read_table
from sslbench.data.streams import Raw
from sslbench.data.tables import table_stream
from sslbench.errors import DataError
from sslbench.registry import SOURCES
from sslbench.tasks import Source


@dataclass(frozen=True)
class Own:
    """What a source of a person's data gives, with what a card tells of it.

    classes: target -> its classes; columns: target -> the column that it stands in; notes: what a person should know.
    """

    raw: Raw
    classes: dict[str, Classes]
    columns: dict[str, str]
    notes: tuple[str, ...] = ()
    ids: dict[str, str] = field(default_factory=dict)  # input columns that look like ids, and why


def targets_of(source: Source, frame: pd.DataFrame, wanted: list[str], where: str) -> tuple[dict, dict]:
    """target -> its classes, and target -> its column; raises DataError for columns and labels that cannot be used."""
    bins, real = int(source.options.get("bins", 0)), int(source.options.get("real_bins", 0))
    found = {target_name(c): classes_of(labels, bins, real) for c, labels in chosen(frame, wanted, where).items()}
    if len(found) < len(wanted):
        raise DataError(f"the targets {', '.join(wanted)} have the same name as a card writes it; rename one column")
    return found, {target_name(c): c for c in wanted}


def raw_of(streams: tuple, classes: dict[str, Classes], frame: pd.DataFrame, groups: list[str], where: str) -> Raw:
    """Streams, class codes and groups as a source gives them; groups: no column, or one whose rows stay together."""
    if len(groups) > 1:
        raise DataError(f"one column names the groups, got {', '.join(groups)}")
    codes = {name: c.codes for name, c in classes.items()}
    return Raw(streams, codes, group_codes(chosen(frame, groups, where)[groups[0]]) if groups else None)


def read_own_table(source: Source) -> Own:
    """A table's inputs, targets and groups; raises DataError, which lists the columns where no target is named."""
    read = read_table(source.name)
    frame, where = read.frame, source.name
    targets, drop, groups = (names_of(source.options.get(k, "")) for k in ("targets", "drop", "groups"))
    if not targets:
        raise DataError(
            "source table needs the option targets, the columns to predict (on the command line: --target). "
            f"The columns of {where}: {listed(frame.columns)}"
        )
    classes, columns = targets_of(source, frame, targets, where)
    chosen(frame, drop, where)
    inputs = frame.drop(columns=list({*targets, *drop, *groups} & set(frame.columns)))
    if not len(inputs.columns):
        raise DataError(
            f"{where} has no column left beside {listed([*targets, *drop, *groups])}: nothing to learn from"
        )
    raw = raw_of((table_stream(inputs),), classes, frame, groups, where)
    return Own(raw, classes, columns, read.notes, id_columns(inputs))


@SOURCES.register("table")
def table_source(source: Source) -> Raw:
    """A CSV or Parquet file.

    Options: targets = "column, column"; drop = columns to leave out (ids, dates); groups = a column whose rows stay
    together; bins = classes that a numeric target is cut into. Numbers stay numbers, other columns become categories,
    gaps stay gaps. Raises DataError.
    """
    return read_own_table(source).raw
