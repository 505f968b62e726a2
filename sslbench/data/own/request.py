"""What a person asks of their own data, as one line: `table:data.csv`, `folder:photos/`, `pair:a.npy,b.npy`."""

import re
from dataclasses import dataclass, replace
from pathlib import Path

from sslbench.data.own.arrays import read_npz
from sslbench.data.own.found import Own
from sslbench.data.own.labels import Classes
from sslbench.data.own.pairs import read_columns, read_files
from sslbench.data.own.table import read_own_table
from sslbench.data.streams import Columns
from sslbench.errors import DataError, UsageError
from sslbench.registry import SOURCES
from sslbench.tasks import OWN_PREFIXES, Source

READERS = {"table": read_own_table, "columns": read_columns, "files": read_files, "pair": read_npz}


@dataclass(frozen=True)
class Request:
    """One line of own data and what is asked of it.

    data: "table:data.csv"; target: columns or files of labels, comma-separated; group: the column (or file) whose equal
    rows stay in one part of a split; views: groups of a table's columns, "a, b | c, d"; drop: columns to leave out;
    bins: classes that a numeric target is cut into; size: pixels that images of a folder are brought to.
    """

    data: str
    target: str = ""
    group: str = ""
    views: str = ""
    drop: str = ""
    bins: int = 0
    size: int = 32

    @property
    def kind(self) -> str:
        return self.data.partition(":")[0]

    @property
    def paths(self) -> list[str]:
        return [part.strip() for part in self.data.partition(":")[2].split(",") if part.strip()]


def is_own(name: str) -> bool:
    """Whether a task is named as a person's own data."""
    return name.partition(":")[0] in OWN_PREFIXES and ":" in name


def source_of(request: Request) -> tuple[Source, str]:
    """The source of the data, and the modality of its task; raises UsageError for what does not fit together."""
    kind, paths = request.kind, request.paths
    if not paths:
        raise UsageError(f"{request.data!r} names no path; write {OWN_PREFIXES.get(kind, 'table:data.csv')}")
    one = kind in ("table", "folder") or (len(paths) == 1 and paths[0].endswith(".npz"))
    if one and len(paths) > 1:
        raise UsageError(f"{kind}: takes one path, got {', '.join(paths)}; aligned files are {OWN_PREFIXES['pair']}")
    if not one and (len(paths) < 2 or (kind == "pair" and len(paths) > 2)):
        most = "two files, or one npz file" if kind == "pair" else "two or more files, or one npz file"
        raise UsageError(f"{kind}: takes {most}, got {', '.join(paths)}; three and more are streams:a.npy,b.npy,c.npy")
    if request.views and kind != "table":
        raise UsageError("--views are groups of a table's columns, as in --task table:data.csv --views 'a, b | c, d'")
    if request.drop and (kind != "table" or request.views):
        raise UsageError("--drop leaves columns out of table:data.csv; views name the columns that they take")
    given = {"targets": request.target, "groups": request.group, "drop": request.drop, "bins": request.bins}
    options = {k: v for k, v in given.items() if v}
    if kind == "folder":
        if taken := sorted(set(options) - {"targets"}):
            raise UsageError(
                f"folder: takes its classes from its subfolders, or from --target labels.csv (file name, then a column "
                f"per target); leave out {', '.join(taken)}"
            )
        if request.target and not request.target.endswith(".csv"):
            raise UsageError(f"folder: takes --target as a CSV file of file names and labels; got {request.target!r}")
        labels = {"labels": request.target} if request.target else {}
        return Source(kind="folder", name=paths[0], options={"size": request.size} | labels), "vision"
    if kind == "table" and request.views:
        return Source(kind="columns", name=paths[0], options={"views": request.views} | options), "pairs"
    if kind == "table":
        return Source(kind="table", name=paths[0], options=options), "tabular"
    if one and request.group:
        raise UsageError('an npz file holds its groups in an array called "groups"; leave out --group')
    return Source(kind="pair" if one else "files", name=" | ".join(paths), options=options), "pairs"


def read_own(source: Source) -> Own:
    """A person's data with what a card tells of it, whatever its source; raises DataError."""
    if source.kind in READERS:
        return READERS[source.kind](source)
    raw = SOURCES.get(source.kind)(source)
    folders = sorted({f.parent.name for f in Path(source.name).expanduser().glob("*/*") if f.is_file()})
    classes = {}
    for target, codes in raw.targets.items():
        count = int(codes.max()) + 1
        names = folders if len(folders) == count else [str(k) for k in range(count)]
        classes[target] = Classes(codes, tuple(names))
    return Own(raw, classes, {t: t for t in classes})


def without_ids(own: Own) -> tuple[Own, list[str]]:
    """The same data without the columns that look like ids, and a note that names them, if there are any."""
    if not own.ids:
        return own, []
    stream, named = own.raw.streams[0], ", ".join(f"{c} ({why})" for c, why in own.ids.items())
    kept = [j for j, c in enumerate(stream.columns.names) if c not in own.ids]
    if not kept:
        raise DataError(f"all input columns look like ids: {named}")
    columns = Columns(*(tuple(part[j] for j in kept) for part in (stream.columns.names, stream.columns.sizes)))
    streams = (replace(stream, values=stream.values[:, kept], columns=columns),)
    return replace(own, raw=replace(own.raw, streams=streams)), [f"left out of the inputs: {named}"]


def stem_of(request: Request) -> str:
    """The name of the data as a card spells it: the files' names, joined."""
    parts = [re.sub(r"[^a-z0-9]+", "-", Path(p).resolve().stem.lower()).strip("-") for p in request.paths[:4]]
    return "-".join(filter(None, parts)) or "own"
