"""Intervals, effects, comparisons and ranks, on numpy and scipy only. Every function says what it estimates."""

from sslbench.stats.effects import Effects, Reliability, effects, reliability
from sslbench.stats.groups import ClusteredMean, clustered_mean, near_best
from sslbench.stats.intervals import bounded, mean_interval, runs_interval
from sslbench.stats.order import order_of_repeats
from sslbench.stats.power import Needed, how_many_more
from sslbench.stats.verdicts import holm_adjusted, judge, ranks

__all__ = [
    "ClusteredMean",
    "Effects",
    "Needed",
    "Reliability",
    "bounded",
    "clustered_mean",
    "effects",
    "holm_adjusted",
    "how_many_more",
    "judge",
    "mean_interval",
    "near_best",
    "order_of_repeats",
    "ranks",
    "reliability",
    "runs_interval",
]
