"""Task -> Dataset: streams on the device, integer targets, splits, and the digests that identify them."""

import hashlib
import math
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
import torch

from sslbench.data.splits import Split, check_classes, make_splits
from sslbench.data.streams import Raw, Stream
from sslbench.errors import DataError
from sslbench.registry import SOURCES
from sslbench.tasks import Task


@dataclass(frozen=True)
class Dataset:
    """A task's data. Row i of every stream, target and group is item i."""

    task: Task
    streams: tuple[Stream, ...]
    targets: dict[str, np.ndarray]  # (n,) integers 0 .. classes-1
    groups: np.ndarray | None
    splits: tuple[Split, ...]
    truth: dict[str, dict[str, float]]
    digest: str
    notes: tuple[str, ...] = ()  # sentences for a reader of the card, such as columns left out

    @property
    def rows(self) -> int:
        return len(self.streams[0].values)

    @property
    def kinds(self) -> tuple[str, ...]:
        return tuple(s.kind for s in self.streams)

    @property
    def folds(self) -> int:
        return len(self.splits)

    def split(self, fold: int) -> Split:
        """The split that tests on this fold, 0 .. folds - 1."""
        return self.splits[fold]

    def split_digest(self, fold: int) -> str:
        s = self.split(fold)
        return hashlib.sha256(
            b"|".join(np.asarray(p, dtype="<i8").tobytes() for p in (s.train, s.val, s.test))
        ).hexdigest()[:16]

    def to(self, device: str | torch.device, limit: float = math.inf) -> "Dataset":
        """The same dataset with its streams on a device.

        A stream of more than `limit` bytes stays where it is, and is read ahead while training.
        """
        moved = (
            replace(s, values=s.values.to(device)) if s.values.nbytes <= limit else replace(s, paged=True)
            for s in self.streams
        )
        return replace(self, streams=tuple(moved))


def _digest(raw: Raw) -> str:
    hashed = hashlib.sha256()
    for stream in raw.streams:
        hashed.update(f"{stream.name}{stream.columns}{tuple(stream.values.shape)}".encode())
        hashed.update(np.ascontiguousarray(stream.values.numpy()))  # no copy: it may be as large as memory
    for name, labels in raw.targets.items():
        hashed.update(name.encode() + np.asarray(labels, dtype="<i8").tobytes())
    if raw.groups is not None:
        hashed.update(np.asarray(raw.groups, dtype="<i8").tobytes())
    return hashed.hexdigest()[:16]


def _check_streams(task: Task, raw: Raw) -> None:
    """Raises DataError unless there are as many streams as the modality takes, each with its own name, all aligned."""
    names = [s.name for s in raw.streams]
    if task.modality == "pairs" and len(names) < 2:
        raise DataError(
            f"task {task.name}: modality pairs needs 2 or more aligned streams, its source gives {len(names)}; "
            "one stream is modality vision or tabular"
        )
    if task.modality != "pairs" and len(names) != 1:
        raise DataError(
            f"task {task.name}: modality {task.modality} needs 1 stream, its source gives {len(names)}; "
            "aligned streams are modality pairs"
        )
    if len(set(names)) != len(names):
        raise DataError(f"task {task.name}: every stream needs a name of its own, got {', '.join(names)}")
    lengths = [(s.name, len(s.values)) for s in raw.streams] + [(t, len(y)) for t, y in raw.targets.items()]
    lengths += [] if raw.groups is None else [("groups", len(raw.groups))]
    if len({n for _, n in lengths}) != 1:
        raise DataError(
            f"task {task.name}: streams and targets must have the same number of rows, as row i of each is item i; "
            f"got {', '.join(f'{name} {n}' for name, n in lengths)}"
        )


def _check(task: Task, raw: Raw) -> None:
    _check_streams(task, raw)
    for target in task.targets:
        if target.name not in raw.targets:
            raise DataError(
                f"task {task.name}: its source has no target {target.name!r}; it has {', '.join(raw.targets)}"
            )
        classes = np.unique(raw.targets[target.name])
        if len(classes) < 2:
            raise DataError(f"task {task.name}: target {target.name!r} has one class only; at least 2 are needed")
        if classes[0] != 0 or classes[-1] != len(classes) - 1:
            raise DataError(
                f"task {task.name}: the classes of {target.name!r} must be 0 .. {len(classes) - 1} without gaps"
            )


def load_dataset(task: Task) -> Dataset:
    """The dataset of a task, on the CPU; the last few are kept. Raises DataError if its source cannot give it."""
    return _load(task.model_dump_json())


@lru_cache(maxsize=3)
def _load(card: str) -> Dataset:
    task = Task.model_validate_json(card)
    raw: Raw = SOURCES.get(task.source.kind)(task.source)
    _check(task, raw)
    targets = {t.name: np.array(raw.targets[t.name], dtype=np.int64) for t in task.targets}
    splits = make_splits(raw, task.splits, task.targets[0].name)
    check_classes(task, targets, splits)
    return Dataset(task, raw.streams, targets, raw.groups, splits, raw.truth, _digest(raw), raw.notes)
