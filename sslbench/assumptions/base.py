"""What an assumption is: a card that a reader can check, and a verdict that shows its evidence."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Card:
    """An assumption in words."""

    title: str
    statement: str
    matters: str  # why, and to which methods
    statistic: str
    estimator: str
    rule: str
    world: str  # where its truth is known
    limits: str


@dataclass(frozen=True)
class Verdict:
    """holds, violated or undecided, with the evidence. Information in nats."""

    assumption: str
    target: str
    verdict: str
    value: float
    low: float
    high: float
    tolerance: float
    n: int
    estimator: str
    detectable: float
    note: str
    unit: str = "nats"
    evidence: dict = field(default_factory=dict)
