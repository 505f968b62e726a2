"""Cross-fitting: folds that keep groups whole, the training rows at full and half size, and padded index tables."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor


@dataclass(frozen=True)
class Folds:
    """The fold in which every row is tested, and the training rows of every fold at full and half size.

    fold[i] is the fold in which row i is tested. `full`, `half_a` and `half_b` hold the training rows of every fold;
    the halves split the full ones, whole groups at a time.
    """

    fold: np.ndarray
    count: int
    full: list[np.ndarray]
    half_a: list[np.ndarray]
    half_b: list[np.ndarray]

    @property
    def tests(self) -> list[np.ndarray]:
        return [np.flatnonzero(self.fold == k) for k in range(self.count)]


def make_folds(rows: int, count: int, groups: np.ndarray | None, seed: int) -> Folds:
    """Folds over rows, or over whole groups (largest first into the emptiest fold)."""
    rng = np.random.default_rng(seed)
    if groups is None:
        fold = rng.permutation(np.arange(rows) % count)
    else:
        names, group, sizes = np.unique(groups, return_inverse=True, return_counts=True)
        order = rng.permutation(len(names))
        of_group, load = np.zeros(len(names), dtype=int), np.zeros(count)
        for g in order[np.argsort(-sizes[order], kind="stable")]:
            of_group[g] = load.argmin()
            load[of_group[g]] += sizes[g]
        fold = of_group[group]
    full = [rng.permutation(np.flatnonzero(fold != k)) for k in range(count)]
    first = []
    for train in full:
        if groups is None:
            first.append(np.arange(len(train)) < len(train) // 2)
        else:
            names = rng.permutation(np.unique(groups[train]))
            first.append(np.isin(groups[train], names[: len(names) // 2]))
    half_a = [t[f] for t, f in zip(full, first, strict=True)]
    half_b = [t[~f] for t, f in zip(full, first, strict=True)]
    return Folds(fold, count, full, half_a, half_b)


def index_table(rows: list[np.ndarray]) -> tuple[Tensor, Tensor]:
    """Ragged row lists as one table (fits, longest) and its weights, 0 on padding.

    Padding repeats the list's own rows.
    """
    longest = max(map(len, rows))
    table = torch.stack([torch.as_tensor(np.resize(r, longest)) for r in rows])
    weight = torch.stack([(torch.arange(longest) < len(r)).float() for r in rows])
    return table, weight
