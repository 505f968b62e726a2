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


def holm(p_values: np.ndarray, level: float = 0.025) -> np.ndarray:
    """Which hypotheses Holm's step-down procedure rejects, with a family-wise error of at most `level`.

    Source: Holm 1979.
    """
    p_values = np.asarray(p_values, dtype=float)
    rejected = np.zeros(len(p_values), dtype=bool)
    for passed, index in enumerate(np.argsort(p_values, kind="stable")):
        if p_values[index] > level / (len(p_values) - passed):
            break
        rejected[index] = True
    return rejected
