"""What OpenML says of a task, of its data set and of its folds: XML and ARFF files -> small dataclasses."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pandas as pd

SPACE = {"oml": "http://openml.org/openml"}
CLASSIFICATION = "1"  # the task type


@dataclass(frozen=True)
class TaskDescription:
    """A task: its data set, the column to predict, where its folds are. other: its type, if it is no classification."""

    other: str
    data: str
    target: str
    splits: str


@dataclass(frozen=True)
class DataDescription:
    """A data set: where it is, and which columns OpenML itself calls row numbers or leaves out."""

    name: str
    version: str
    form: str
    licence: str
    url: str
    md5: str
    row_id: str
    ignored: tuple[str, ...]


def _tree(path: Path) -> ElementTree.Element:
    try:
        return ElementTree.parse(path).getroot()
    except ElementTree.ParseError as error:
        raise ValueError(f"not valid XML: {error}") from None


def _needed(root: ElementTree.Element, where: str) -> str:
    found = root.findtext(where, "", SPACE).strip()
    if not found:
        raise ValueError(f"no {where.rpartition(':')[2]} in it")
    return found


def read_task(path: Path) -> TaskDescription:
    """A task.xml; raises ValueError if it is not whole. A task of another type has no folds and perhaps no target."""
    root = _tree(path)
    kind, data = _needed(root, "oml:task_type_id"), _needed(root, ".//oml:data_set_id")
    if kind != CLASSIFICATION:
        return TaskDescription(root.findtext("oml:task_type", kind, SPACE), data, "", "")
    return TaskDescription("", data, _needed(root, ".//oml:target_feature"), _needed(root, ".//oml:data_splits_url"))


def read_data(path: Path) -> DataDescription:
    """A description.xml; raises ValueError if it is not whole."""
    root = _tree(path)
    words = lambda tag: root.findtext(f"oml:{tag}", "", SPACE).strip()  # noqa: E731
    ignored = tuple(e.text.strip() for e in root.findall("oml:ignore_attribute", SPACE) if e.text)
    name, form, url = (_needed(root, f"oml:{tag}") for tag in ("name", "format", "url"))
    return DataDescription(
        name, words("version"), form, words("licence"), url, words("md5_checksum"), words("row_id_attribute"), ignored
    )


def read_suite(path: Path) -> tuple[str, ...]:
    """The task ids of a study; raises ValueError if it is not whole or holds no task."""
    tasks = tuple(e.text.strip() for e in _tree(path).findall(".//oml:task_id", SPACE))
    if not tasks:
        raise ValueError("no task in it")
    return tasks


def whole(path: Path, md5: str) -> Path:
    """The path itself; raises ValueError unless the file has this md5, or if there is none, some bytes."""
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "md5").hexdigest()
    if (md5 and found != md5) or not path.stat().st_size:
        raise ValueError(f"md5 {found}, expected {md5}" if md5 else "empty")
    return path


def read_folds(path: Path, rows: int) -> tuple[np.ndarray, ...]:
    """The sorted test rows of every fold of repeat 0; raises ValueError unless each fold tells all rows apart."""
    with path.open(encoding="utf-8") as file:
        names = []
        for line in file:
            word = line.split()
            if word[:1] and word[0].lower() == "@attribute":
                names.append(word[1].strip("'\"").lower())
            if word[:1] and word[0].lower() == "@data":
                break
        needed = ["type", "rowid", "repeat", "fold"]
        if missing := set(needed) - set(names):
            raise ValueError(f"no attribute {', '.join(sorted(missing))}")
        table = pd.read_csv(file, names=names, skipinitialspace=True, quotechar="'", comment="%")[needed]
    if table.isna().any(axis=None) or not set(table["type"].unique()) <= {"TRAIN", "TEST"}:
        raise ValueError("a line is cut short")
    table = table[table["repeat"] == 0]
    folds = []
    for number, part in table.groupby("fold"):
        index = part["rowid"].to_numpy(dtype=np.int64)
        if not np.array_equal(np.sort(index), np.arange(rows)):
            raise ValueError(f"fold {int(number)} sorts {len(index)} rows, the data set has {rows}")
        folds.append(np.sort(index[part["type"] == "TEST"]))
    tested = np.concatenate(folds) if folds else np.empty(0, dtype=np.int64)
    if len(folds) != 1 and not np.array_equal(np.sort(tested), np.arange(rows)):
        raise ValueError(f"its {len(folds)} folds test {len(tested)} rows, the data set has {rows}")
    return tuple(folds)
