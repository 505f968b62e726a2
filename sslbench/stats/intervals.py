"""Intervals of means over runs, bounded to the range of what is measured."""

import numpy as np
from scipy.stats import t


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


def runs_interval(values, folds, row_se=None, level: float = 0.95) -> tuple[float, float, float]:
    """Mean over the runs of one data set with an interval that knows of shared train rows: (mean, low, high).

    values, folds: (runs,), the score of a run and the fold that it tests; runs are folds x inits, crossed. The variance
    of the mean is taken as s^2 (1 / runs + test / train), with runs - 1 degrees of freedom: train sets of folds
    overlap, so runs are not independent. With k folds test / train = 1 / (k - 1). Source: Nadeau & Bengio 2003, Eq. 9,
    for repeated folds as in Bouckaert & Frank 2004. It speaks of new data of this size; how often it holds the truth,
    beside other rules: tests/benchmarks/interval_coverage.py. With one fold the test rows are fixed: a t interval over
    inits, which speaks of these rows. With one run: as `mean_interval`.
    """
    values = np.asarray(values, dtype=float)
    if len(values) == 1:
        return mean_interval(values, row_se, level)
    tested = len(set(folds))
    shared = 1 / (tested - 1) if tested > 1 else 0.0
    half = t.ppf(0.5 + level / 2, len(values) - 1) * values.std(ddof=1) * np.sqrt(1 / len(values) + shared)
    mean = float(values.mean())
    return mean, mean - float(half), mean + float(half)


def bounded(interval: tuple[float, float, float], least=None, most=None) -> tuple[float, float, float]:
    """The interval (mean, low, high) cut to the range in which the truth must lie; None or nan: no bound.

    Cutting never loses a truth inside the range, so it covers exactly as often as before.
    """
    mean, low, high = interval
    if least is not None and not np.isnan(least):
        low = max(low, least)
    if most is not None and not np.isnan(most):
        high = min(high, most)
    return mean, low, high
