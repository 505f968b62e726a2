"""How much more evidence would separate two methods."""

import math
from dataclasses import dataclass

import numpy as np
from scipy.stats import norm

from sslbench.stats.groups import clustered_mean


@dataclass(frozen=True)
class Needed:
    """Further targets, or further runs on each target, that would separate two methods; nan: no number would."""

    targets: float
    runs: float


def how_many_more(
    differences: list[np.ndarray], clusters: list | None = None, power: float = 0.8, level: float = 0.95
) -> Needed:
    """How many further targets like these, or further runs on each, would tell two methods apart with this power.

    differences: for every target the paired differences of the two methods, (runs,), on one scale; clusters: the task
    of every target, none means that each target is a task. The standard error wanted is |mean| / (z of the level + z of
    the power), two-sided, for one comparison. More targets shrink all of today's variance; more runs shrink only the
    part that differs within a target, taken as independent, so this is the least number. The difference is taken as
    true: for a close pair the answer is itself uncertain. 0: today's evidence is enough.
    """
    means = np.array([d.mean() for d in differences])
    count = len(means)
    found = clustered_mean(means, list(range(count)) if clusters is None else clusters)
    wanted = abs(float(found.mean)) / (norm.ppf(0.5 + level / 2) + norm.ppf(power))
    if not wanted > 0 or math.isnan(found.se):
        return Needed(math.nan, math.nan)
    today = float(found.se) ** 2
    more_targets = max(0, math.ceil(count * today / wanted**2) - count)
    runs = np.array([len(d) for d in differences])
    if (runs < 2).any():
        return Needed(more_targets, 0.0 if more_targets == 0 else math.nan)
    within = sum(d.var(ddof=1) / len(d) for d in differences) / count**2
    between = max(0.0, today - within)
    if today <= wanted**2:
        return Needed(0.0, 0.0)
    if between >= wanted**2:
        return Needed(float(more_targets), math.nan)
    factor = min(today, within) / (wanted**2 - between)  # of the runs there are
    return Needed(float(more_targets), float(max(0, math.ceil(runs.mean() * (factor - 1)))))
