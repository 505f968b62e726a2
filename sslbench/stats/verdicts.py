"""Thresholds on intervals, ranks, and the correction of several tests."""

import numpy as np
from scipy.stats import rankdata


def judge(low: float, high: float, holds: float, violated: float, high_is_good: bool = False) -> str:
    """The verdict of thresholds on an interval.

    "holds" if it lies wholly under `holds` (over, if high is good), "violated" if wholly beyond `violated`, else
    "undecided"; so too for an interval that is not known.
    """
    if np.isnan(low):
        return "undecided"
    if high_is_good:
        return "holds" if low > holds else "violated" if high < violated else "undecided"
    return "holds" if high < holds else "violated" if low > violated else "undecided"


def ranks(scores: np.ndarray) -> np.ndarray:
    """Rank of every row (method) in every column (task), 1 is best, ties share the mean rank.

    Higher scores are better.
    """
    return rankdata(-scores, axis=0)


def holm_adjusted(p_values) -> np.ndarray:
    """p-values after Holm's step-down correction, in their order: a family-wise error of at most the level they meet.

    Source: Holm 1979.
    """
    p_values = np.asarray(p_values, dtype=float)
    order = np.argsort(p_values, kind="stable")
    stepped = np.maximum.accumulate(p_values[order] * np.arange(len(p_values), 0, -1))
    out = np.empty(len(p_values))
    out[order] = stepped.clip(0, 1)
    return out
