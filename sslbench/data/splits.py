"""Frozen splits: a run tests on its fold, validates on a share of the rest, trains on what is left."""

import math
from dataclasses import dataclass

import numpy as np
from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold, train_test_split

from sslbench.data.streams import Raw
from sslbench.errors import DataError
from sslbench.tasks import Splits, Task


@dataclass(frozen=True)
class Split:
    """Row indices; train has the same length for every fold of a task, so that runs stack."""

    train: np.ndarray
    val: np.ndarray
    test: np.ndarray

    def at_most(self, rows: int) -> "Split":
        """The same split with at most so many rows in each part, evenly spaced; 0 leaves all."""
        few = lambda part: part[np.linspace(0, len(part) - 1, min(rows or len(part), len(part))).astype(int)]  # noqa: E731
        return Split(few(self.train), few(self.val), few(self.test))


def make_splits(raw: Raw, splits: Splits, target: str) -> tuple[Split, ...]:
    """One split per fold. The longer train parts are cut, at random but always alike, to the shortest one."""
    labels = raw.targets[target]
    parts = [_one(raw, splits, labels, test) for test in _folds(raw, splits, labels)]
    shortest = min(len(p.train) for p in parts)
    rng = np.random.default_rng(0)
    return tuple(Split(np.sort(rng.permutation(p.train)[:shortest]), p.val, p.test) for p in parts)


def check_classes(task: Task, targets: dict[str, np.ndarray], splits: tuple[Split, ...]) -> None:
    """Raises DataError if a fold's train rows lack a class, or its test rows show one only. Labels: (n,) each."""
    for name, labels in targets.items():
        classes = set(np.unique(labels).tolist())
        for fold, split in enumerate(splits):
            where = f"task {task.name}: target {name!r}, fold {fold} of {len(splits)}"
            if lacking := sorted(classes - set(labels[split.train].tolist())):
                raise DataError(
                    f"{where}: no train row has class {', '.join(map(str, lacking))}; merge or drop the rare class, "
                    "split by this target (the first one of the card is stratified), or use fewer folds"
                )
            if len(shown := set(labels[split.test].tolist())) < 2:
                raise DataError(
                    f"{where}: all {len(split.test)} test rows are of class {', '.join(map(str, sorted(shown)))}; "
                    "use fewer folds, or groups that hold several classes"
                )


def _folds(raw: Raw, splits: Splits, labels: np.ndarray) -> list[np.ndarray]:
    if splits.kind == "official":
        if raw.folds is None:
            raise DataError("splits.kind is 'official', but this source has no official folds; use 'stratified'")
        if len(raw.folds) < 2:
            raise DataError(
                "the official split has one test set, not folds; for an OpenML task write openml:<task id>@scarf, "
                "or in a card splits.kind = 'fixed'"
            )
        return list(raw.folds)
    if splits.kind == "fixed":
        if raw.folds is None or len(raw.folds) != 1:
            given = "none" if raw.folds is None else f"{len(raw.folds)} arrays"
            raise DataError(
                f"splits.kind is 'fixed', for which the source gives one array of test rows; this one gives {given}; "
                "use 'stratified'"
            )
        return list(raw.folds)
    if splits.kind == "grouped" and raw.groups is None:
        raise DataError("splits.kind is 'grouped', but this source gives no groups; use 'stratified'")
    if (most := np.bincount(labels).max()) < splits.folds:
        raise DataError(
            f"{splits.folds} folds of classes that have at most {most} rows each: a fold would lack most of them; "
            "use fewer folds, or merge classes"
        )
    return [test for _, test in _splitter(splits, splits.folds).split(labels, labels, raw.groups)]


def _splitter(splits: Splits, folds: int):
    kind = StratifiedGroupKFold if splits.kind == "grouped" else StratifiedKFold
    return kind(folds, shuffle=True, random_state=0)


def _one(raw: Raw, splits: Splits, labels: np.ndarray, test: np.ndarray) -> Split:
    rest = np.setdiff1d(np.arange(raw.rows), test)
    if splits.kind == "grouped":
        folds = max(2, round(1 / splits.validation))
        train, val = next(iter(_splitter(splits, folds).split(rest, labels[rest], raw.groups[rest])))
        return Split(rest[train], rest[val], np.sort(test))
    single = np.bincount(labels[rest])[labels[rest]] == 1  # a class with one row cannot be in both parts: it is trained
    rare, rest = rest[single], rest[~single]
    held_out = math.ceil(splits.validation * len(rest))
    enough = min(held_out, len(rest) - held_out) >= len(np.unique(labels[rest]))
    train, val = train_test_split(
        rest, test_size=splits.validation, random_state=0, stratify=labels[rest] if enough else None
    )
    return Split(np.sort(np.concatenate([train, rare])), np.sort(val), np.sort(test))
