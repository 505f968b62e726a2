"""Folds inside train + val, by which the strength of a probe is chosen before it is fitted on all of these rows."""

import numpy as np
from sklearn.model_selection import GroupKFold


def fold_of(labels: np.ndarray, count: int, groups: np.ndarray | None = None) -> np.ndarray:
    """The fold of every row, (rows,): `count` of them, or as many as there are groups or rows.

    Classes in equal shares, also where one has fewer rows than there are folds; with groups (rows,), whole groups.
    """
    if groups is not None and (found := len(np.unique(groups))) > 1:
        folds = GroupKFold(min(count, found)).split(labels, groups=groups)
        out = np.empty(len(labels), dtype=int)
        for k, (_, held) in enumerate(folds):
            out[held] = k
        return out
    order = np.random.default_rng(0).permutation(len(labels))
    by_class = order[np.argsort(labels[order], kind="stable")]
    out = np.empty(len(labels), dtype=int)
    out[by_class] = np.arange(len(labels)) % min(count, len(labels))
    return out
