"""Intervals and ranks, on numpy and scipy only. Every function says what it estimates."""

import numpy as np
from scipy.stats import rankdata, t


def mean_interval(values, row_se=None, level: float = 0.95) -> tuple[float, float, float]:
    """Mean over seeds with a t interval: (mean, low, high).

    With one seed the spread over seeds is unknown: the interval is then normal, from the standard error over test rows
    `row_se`, and without that it is (mean, nan, nan).
    """
    values = np.asarray(values, dtype=float)
    mean = float(values.mean())
    if len(values) > 1:
        half = t.ppf(0.5 + level / 2, len(values) - 1) * values.std(ddof=1) / np.sqrt(len(values))
    elif row_se is not None and np.isfinite(row_se).all():
        half = 1.959964 * float(np.asarray(row_se).ravel()[0])
    else:
        return mean, float("nan"), float("nan")
    return mean, mean - float(half), mean + float(half)


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


def mean_ranks(scores: np.ndarray, draws: int = 2000, seed: int = 0) -> dict[str, np.ndarray]:
    """Mean rank over tasks with a 95 % interval from a paired bootstrap over tasks and, within a task, over seeds.

    scores: (methods, tasks, seeds), no nan. Returns arrays (methods,): "rank", "low", "high", and "beats": (methods,
    methods), the share of draws in which the row's mean rank is below the column's (ties count half). The interval
    speaks about tasks like these; with few tasks it is wide.
    """
    methods, tasks, seeds = scores.shape
    rng = np.random.default_rng(seed)
    point = ranks(scores.mean(-1)).mean(-1)
    samples = np.empty((draws, methods))
    for draw in range(draws):
        pick = rng.integers(tasks, size=tasks)
        which = rng.integers(seeds, size=(tasks, seeds))  # the same seeds for every method: paired
        resampled = np.take_along_axis(scores[:, pick], which[None], axis=-1).mean(-1)
        samples[draw] = ranks(resampled).mean(-1)
    low, high = np.quantile(samples, [0.025, 0.975], axis=0)
    less = (samples[:, :, None] < samples[:, None, :]).mean(0)
    equal = (samples[:, :, None] == samples[:, None, :]).mean(0)
    return {"rank": point, "low": low, "high": high, "beats": less + equal / 2}


def tie_groups(rank: np.ndarray, beats: np.ndarray, level: float = 0.975) -> np.ndarray:
    """Group 1, 2, ... of every method: a new group starts at the best-ranked method that the group's first one beats.

    `beats` as from `mean_ranks`; "beats" means in at least `level` of the draws. Within a group the first method is not
    shown to be better than any other member.
    """
    order = np.argsort(rank, kind="stable")
    groups = np.zeros(len(rank), dtype=int)
    first, group = order[0], 1
    for method in order:
        if beats[first, method] >= level:
            first, group = method, group + 1
        groups[method] = group
    return groups


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
