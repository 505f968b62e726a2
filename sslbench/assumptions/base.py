"""What an assumption is: a card that a reader can check, and a verdict that shows its evidence."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

HOLDS, VIOLATED, UNDECIDED, NOT_APPLICABLE = "holds", "violated", "undecided", "not applicable"


@dataclass(frozen=True)
class AssumptionCard:
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
    streams: tuple[int, int | None] = (1, None)  # least and most streams of a task; one stream gives two views
    every_map: bool = False  # read in every feature map, and contradicted by none
    claim: str = VIOLATED  # the verdict that claims an effect; the contrary one claims that there is none

    @property
    def takes(self) -> str:
        """How many streams it takes, in words: "1 or more streams", "1 or 2 streams", "2 streams"."""
        least, most = self.streams
        if least == most:
            return f"{least} stream{'s' if least > 1 else ''}"
        between = "or more" if most is None else f"{'or' if most == least + 1 else 'to'} {most}"
        return f"{least} {between} streams"

    def misfit(self, name: str, streams: int) -> str:
        """Why the assumption called `name` cannot be asked of a task with so many streams, or nothing."""
        least, most = self.streams
        fits = least <= streams and (most is None or streams <= most)
        return "" if fits else f"{name} takes {self.takes}; this task has {streams}"


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
    power: str = "yes"  # or "no power": what was not seen could not have been seen, and `value` says nothing
    evidence: dict = field(default_factory=dict)

    def noting(self, *notes: str) -> "Verdict":
        """The same verdict with notes added."""
        return replace(self, note="; ".join(filter(None, [self.note, *notes])))


@dataclass(frozen=True)
class ViewData:
    """What assumptions about data and views are tested on. Row i of everything is item i.

    views: two or more arrays (n, dim) in one feature map, from two views of one stream or one view of each stream;
    targets: name -> (n,) classes; groups: (n,), rows of one group stay together; original: (n, dim), the items before
    they were viewed, where views are corruptions; more: (views, n, dim), further views of the same items, drawn anew;
    strengths: view strength -> two views (n, dim) at it; map: the feature map's name; pairs: further pairs of two
    views, without labels; dropped: "x1" or "original" -> its columns (n, more) that a reduction left out; kept: the
    share of variance that it kept.
    """

    views: tuple[np.ndarray, ...]
    targets: dict[str, np.ndarray]
    groups: np.ndarray | None = None
    original: np.ndarray | None = None
    more: np.ndarray | None = None
    strengths: dict[float, tuple[np.ndarray, np.ndarray]] = field(default_factory=dict)
    map: str = "raw"
    pairs: tuple[np.ndarray, np.ndarray] | None = None
    dropped: dict[str, np.ndarray] = field(default_factory=dict)
    kept: dict[str, float] = field(default_factory=dict)

    @property
    def x1(self) -> np.ndarray:
        return self.views[0]

    @property
    def x2(self) -> np.ndarray:
        return self.views[1]

    @property
    def streams(self) -> int:
        """How many streams the views come from: one if they are corruptions of it, else one each."""
        return len(self.views) if self.original is None else 1

    @property
    def joint(self) -> np.ndarray:
        """All views side by side, (n, dims together)."""
        return side_by_side(self.views)

    def given(self, k: int) -> str:
        """The name of all views but view k (from 1) side by side: "x2" beside view 1 of two, "x1+x3" beside view 2."""
        return "+".join(f"x{j + 1}" for j in range(len(self.views)) if j + 1 != k)

    def named(self, name: str) -> np.ndarray:
        """The array called "x1" (view 1), "original", or "x1+x3" (views 1 and 3 side by side)."""
        parts = [self.original if part == "original" else self.views[int(part[1:]) - 1] for part in name.split("+")]
        return parts[0] if len(parts) == 1 else side_by_side(parts)

    def dropped_of(self, name: str, most: int | None = None) -> np.ndarray | None:
        """What a reduction left out of the array called `name`, as in `named`, or None if nothing.

        At most `most` columns, as many leading ones of every view.
        """
        parts = [self.dropped[part] for part in name.split("+") if part in self.dropped]
        return side_by_side([p if most is None else p[:, : most // len(parts)] for p in parts]) if parts else None

    @property
    def unlabelled(self) -> tuple[np.ndarray, np.ndarray] | None:
        """More pairs of views, without labels: those given, or every two of the further views."""
        if self.pairs is not None or self.more is None or len(self.more) < 2:
            return self.pairs
        pairs = [(self.more[i], self.more[i + 1]) for i in range(0, len(self.more) - 1, 2)]
        return np.concatenate([a for a, _ in pairs]), np.concatenate([b for _, b in pairs])


def streams_in_words(count: int) -> str:
    """How many streams, as a sentence says it: "two streams", "12 streams"."""
    return f"{ {2: 'two', 3: 'three', 4: 'four'}.get(count, count) } streams"


def side_by_side(arrays: Sequence[np.ndarray]) -> np.ndarray:
    """Arrays with the same rows as one, (n, columns of all)."""
    return np.concatenate([x.reshape(len(x), -1) for x in arrays], 1)


def not_applicable(assumption: str, target: str, n: int, why: str) -> Verdict:
    """A verdict that says why the question makes no sense here."""
    return Verdict(assumption, target, NOT_APPLICABLE, None, None, None, None, n, "", None, why)
