"""What a judged metric is: a card in words and the threshold that decides."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Threshold:
    """How a metric is judged, by its interval over seeds.

    It holds if the interval lies wholly under `holds` (over it, if high is good), is violated if wholly beyond
    `violated`, else undecided.
    """

    measure: str
    holds: float
    violated: float
    high_is_good: bool = False


@dataclass(frozen=True)
class MetricCard:
    """A metric with its threshold in words: what a representation should be like, and how that is judged."""

    title: str
    statement: str
    matters: str  # why, and to which methods
    statistic: str
    rule: str
    world: str  # where its truth is known
    limits: str
    source: str
    threshold: Threshold
    families: tuple[str, ...] = ()  # families of methods that rely on it
    estimator: str = "interval over seeds; the measure is taken on every run (sslbench.metrics.catalogue)"
    scope: str = "representation"
