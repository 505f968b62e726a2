"""Groups of one table's columns as aligned streams: named groups where columns have meaning, halves otherwise."""

import re
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from itertools import pairwise

import numpy as np

from sslbench.data.streams import Columns, Raw, Stream
from sslbench.errors import DataError
from sslbench.registry import SOURCES, nearest
from sslbench.tasks import Source

REST = "*"
SLICE = re.compile(r"(-?\d*):(-?\d*)(?::(\d+))?")
RULES = ("distinct", "rows", "rare")


@dataclass(frozen=True)
class Rules:
    """Which rows of the table are kept; these options are not groups.

    distinct: identical rows once, so that none is in train and test. rare: classes of fewer rows are left out (of the
    first target). rows: the most rows kept, drawn with seed 0; 0 means all.
    """

    distinct: bool = False
    rare: int = 0
    rows: int = 0


@SOURCES.register("column-groups")
def column_groups_source(source: Source) -> Raw:
    """The table of another source, `openml:6` or `statsmodels:fair`, its columns in groups; without groups, in halves.

    Every option but those of Rules is a group: its name, and a comma-separated list of column names, patterns of
    names (`cap-*`) and slices of positions (`0::4`). `*` is every column that no other group names. A column that no
    group takes is left out. Row groups of the table (families, subjects) are kept; its official folds are not.
    """
    kind, _, name = source.name.partition(":")
    if not name:
        raise DataError(f"source column-groups is named source:name, as in openml:6; got {source.name!r}")
    raw = SOURCES.get(kind)(Source(kind=kind, name=name))
    if len(raw.streams) != 1 or raw.streams[0].columns is None:
        raise DataError(f"{source.name} is not one table, whose columns could be grouped")
    groups = {key: value for key, value in source.options.items() if key not in RULES}
    if wrong := [key for key, value in groups.items() if not isinstance(value, str)]:
        raise DataError(
            f"the group {wrong[0]!r} of {source.name} must be a list of columns in one string, as in 'a, b'"
        )
    rules = Rules(**{key: value for key, value in source.options.items() if key in RULES})
    table = raw.streams[0]
    places = grouped(table.columns.names, groups, source.name) if groups else halves(len(table.columns.names))
    return take(raw, tuple(part(table, name, columns) for name, columns in places.items()), kept_rows(raw, rules))


def halves(count: int) -> dict[str, list[int]]:
    """Positions of the first half of the columns and of the second; the first is not the longer one."""
    return {"first": list(range(count // 2)), "second": list(range(count // 2, count))}


def grouped(names: tuple[str, ...], groups: dict[str, str], table: str) -> dict[str, list[int]]:
    """Positions of each group's columns, in the table's order; raises DataError for an empty or a shared one."""
    found = {group: _named(names, text, f"group {group!r} of {table}") for group, text in groups.items()}
    taken = sorted(j for columns in found.values() for j in columns)
    if twice := [names[j] for j, k in pairwise(taken) if j == k]:
        raise DataError(f"column {twice[0]!r} of {table} is in two groups; a stream has columns of its own")
    for group, text in groups.items():
        if REST in _entries(text):
            found[group] = sorted({*range(len(names))} - {*taken} | {*found[group]})
    if empty := [group for group, columns in found.items() if not columns]:
        raise DataError(f"group {empty[0]!r} of {table} has no column left")
    return found


def _entries(text: str) -> list[str]:
    return [entry.strip() for entry in text.split(",") if entry.strip()]


def _named(names: tuple[str, ...], text: str, where: str) -> list[int]:
    """Positions of the columns that a group's list names; names are compared without regard to case."""
    found: set[int] = set()
    for entry in _entries(text):
        if entry == REST:
            continue
        if match := SLICE.fullmatch(entry):
            hits = list(range(len(names)))[slice(*(int(part) if part else None for part in match.groups()))]
        else:
            hits = [j for j, name in enumerate(names) if name.lower() == entry.lower()] or [
                j for j, name in enumerate(names) if fnmatchcase(name.lower(), entry.lower())
            ]
        if not hits:
            raise DataError(f"{where}: {nearest('column', entry, names, ', '.join(names))}")
        found.update(hits)
    return sorted(found)


def part(table: Stream, name: str, columns: list[int]) -> Stream:
    """A stream of some columns of a table."""
    names, sizes = table.columns.names, table.columns.sizes
    return Stream(
        name, table.values[:, columns], Columns(tuple(names[j] for j in columns), tuple(sizes[j] for j in columns))
    )


def kept_rows(raw: Raw, rules: Rules) -> np.ndarray:
    """The rows that the rules keep, in order: (kept,) indices."""
    target = next(iter(raw.targets.values()))
    rows = np.arange(raw.rows)
    if rules.distinct:
        cells = np.nan_to_num(raw.streams[0].values.numpy(), nan=np.finfo(np.float32).min)
        rows = np.sort(np.unique(np.column_stack([cells, *raw.targets.values()]), axis=0, return_index=True)[1])
    if rules.rare:
        rows = rows[np.bincount(target[rows])[target[rows]] >= rules.rare]
    if rules.rows and len(rows) > rules.rows:
        rows = np.sort(np.random.default_rng(0).permutation(rows)[: rules.rows])
    return rows


def take(raw: Raw, streams: tuple[Stream, ...], rows: np.ndarray) -> Raw:
    """Some rows of streams and targets; classes that no row has any more are closed up."""
    return Raw(
        tuple(replace(stream, values=stream.values[rows]) for stream in streams),
        {name: np.unique(labels[rows], return_inverse=True)[1] for name, labels in raw.targets.items()},
        None if raw.groups is None else raw.groups[rows],
    )
