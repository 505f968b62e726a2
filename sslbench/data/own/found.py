"""What a source of a person's data finds: streams, classes and groups, with what a card tells of them."""

from dataclasses import dataclass, field

import pandas as pd

from sslbench.data.own.labels import Classes, classes_of
from sslbench.data.own.options import chosen, group_codes, target_name
from sslbench.data.streams import Raw
from sslbench.errors import DataError
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
