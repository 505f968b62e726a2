"""What an assumption is: a card that a reader can check, and a verdict that shows its evidence."""

from dataclasses import dataclass, field, replace

import numpy as np

HOLDS, VIOLATED, UNDECIDED, NOT_APPLICABLE = "holds", "violated", "undecided", "not applicable"


@dataclass(frozen=True)
class Card:
    """An assumption about a task's data and views, in words."""

    title: str
    statement: str
    matters: str  # why, and to which methods
    statistic: str
    estimator: str
    rule: str
    world: str  # where its truth is known
    limits: str
    source: str = ""
    scope: str = "task"
    families: tuple[str, ...] = ()  # families of methods that rely on it


@dataclass(frozen=True)
class Verdict:
    """holds, violated, undecided or not applicable, with the evidence. Information in nats."""

    assumption: str
    target: str
    verdict: str
    value: float | None
    low: float | None
    high: float | None
    tolerance: float | None
    n: int
    estimator: str
    detectable: float | None
    note: str
    unit: str = "nats"
    p: float | None = None  # one-sided p-value of "the premise holds", for the correction over a task
    evidence: dict = field(default_factory=dict)

    def noting(self, *notes: str) -> "Verdict":
        """The same verdict with notes added."""
        return replace(self, note="; ".join(filter(None, [self.note, *notes])))


@dataclass(frozen=True)
class Views:
    """What premises about data and views are tested on. Row i of everything is item i.

    x1, x2: (n, dim), the two views in one feature map; targets: name -> (n,) classes; groups: (n,), rows of one group
    stay together; original: (n, dim), the items before they were viewed, where the views are corruptions; more: (views,
    n, dim), further views of the same items, drawn anew; strengths: view strength -> two views (n, dim) at it; map: the
    name of the feature map; pairs: further pairs of views without labels.
    """

    x1: np.ndarray
    x2: np.ndarray
    targets: dict[str, np.ndarray]
    groups: np.ndarray | None = None
    original: np.ndarray | None = None
    more: np.ndarray | None = None
    strengths: dict[float, tuple[np.ndarray, np.ndarray]] = field(default_factory=dict)
    map: str = "raw"
    pairs: tuple[np.ndarray, np.ndarray] | None = None

    @property
    def unlabelled(self) -> tuple[np.ndarray, np.ndarray] | None:
        """More pairs of views, without labels: those given, or every two of the further views."""
        if self.pairs is not None or self.more is None or len(self.more) < 2:
            return self.pairs
        pairs = [(self.more[i], self.more[i + 1]) for i in range(0, len(self.more) - 1, 2)]
        return np.concatenate([a for a, _ in pairs]), np.concatenate([b for _, b in pairs])


def not_applicable(assumption: str, target: str, n: int, why: str) -> Verdict:
    """A verdict that says why the question makes no sense here."""
    return Verdict(assumption, target, NOT_APPLICABLE, None, None, None, None, n, "", None, why)
