"""The tasks of the shipped board that are most like a person's own data, and which methods led there."""

import io
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from sslbench.assumptions.base import NOT_APPLICABLE, Verdict
from sslbench.resources import shipped

SHARE = "non-shared-relevance"
MODALITY, SHARES = 3.0, 4.0  # what another modality counts; what a whole share of the label counts
LEADERS = 3


@dataclass(frozen=True)
class Profile:
    """What tasks are compared by; None where it is not known.

    rows: of the data; width: numbers of an item, all streams together; bits: entropy of the label; share: of the label
    information that one view alone holds, in [0, 1].
    """

    modality: str
    rows: float | None
    width: float | None
    bits: float | None
    share: float | None


@dataclass(frozen=True)
class Neighbour:
    """A target of the board: how far it is, what it is like, and who led there or why nobody did."""

    task: str
    target: str
    distance: float
    profile: Profile
    verdicts: dict[str, str]  # redundancy-k -> verdict
    leaders: tuple[tuple[str, float], ...]  # label-free methods and the gap that they closed, best first
    why_not: str  # why the board does not rank it; "" if it does

    @property
    def in_words(self) -> str:
        """One line: what the task is like, its redundancy verdicts, its leaders."""
        p = self.profile
        about = [p.modality, f"{p.rows:.0f} rows" if p.rows else "", f"{p.width:.0f} inputs" if p.width else ""]
        about += [f"{p.bits:.1f} bits of label" if p.bits else ""]
        about += [f"{p.share:.0%} of what matters in one view alone" if p.share is not None else ""]
        told = ", ".join(f"{name} {verdict}" for name, verdict in self.verdicts.items())
        led = ", ".join(f"{method} {gap:.2f}" for method, gap in self.leaders)
        board = f"the board does not rank it: {self.why_not}" if self.why_not else f"led by {led} (gap closed)"
        return f"{self.task}, {self.target} ({', '.join(filter(None, about))}; {told or 'no verdict'}): {board}"


def profile_of(modality: str, rows: int, width: int, verdicts: Sequence[Verdict], labels: np.ndarray) -> Profile:
    """The profile of a person's data on one target; labels: (n,) classes as the tests read them."""
    counts = np.unique(labels, return_counts=True)[1] / len(labels)
    found = next((v for v in verdicts if v.assumption == SHARE and v.verdict != NOT_APPLICABLE), None)
    share = min(max(found.value, 0.0), 1.0) if found is not None and found.power == "yes" else None
    return Profile(modality, rows, width, float(-(counts * np.log2(counts)).sum()), share)


def distance(a: Profile, b: Profile) -> float:
    """How unlike two profiles are: tenfold rows or inputs count 1, a bit of label 1; what is unknown counts nothing."""
    far = MODALITY * (a.modality != b.modality)
    for x, y in ((a.rows, b.rows), (a.width, b.width)):
        far += abs(math.log10(x / y)) if x and y else 0.0
    far += abs(a.bits - b.bits) if a.bits is not None and b.bits is not None else 0.0
    return far + (SHARES * abs(a.share - b.share) if a.share is not None and b.share is not None else 0.0)


def neighbours(mine: Profile, most: int = 3) -> list[Neighbour]:
    """The targets of the shipped board that are most like a profile, the nearest first."""
    found = [n for n in (_neighbour(mine, *row) for row in _board()) if n.profile.rows]
    return sorted(found, key=lambda n: (n.distance, n.task, n.target))[:most]


def _board():
    """(row of the table targets, its verdicts, its gaps, its facts) of every target of the shipped tables."""
    targets, verdicts, gaps, methods, facts = map(_table, ("targets", "assumptions", "gaps", "leaderboard", "facts"))
    if targets.empty:
        return
    known = methods.drop_duplicates("method").set_index("method") if len(methods) else methods
    fair = known.index[(known["family"] != "control") & ~known["uses_labels"].astype(bool)] if len(known) else ()
    for row in targets.to_dict("records"):
        mine = lambda frame, row=row: (  # noqa: E731
            frame[(frame["task"] == row["task"]) & (frame["target"] == row["target"])] if len(frame) else frame
        )
        led = mine(gaps)
        led = led[led["method"].isin(fair) & (led["track"] == "default")].dropna(subset="gap") if len(led) else led
        yield row, mine(verdicts), led, mine(facts)


def _neighbour(mine: Profile, row: dict, verdicts: pd.DataFrame, gaps: pd.DataFrame, facts: pd.DataFrame) -> Neighbour:
    told = verdicts.set_index("assumption") if len(verdicts) else pd.DataFrame(index=[])
    share = told.loc[SHARE] if SHARE in told.index else None
    fact = facts.iloc[0] if len(facts) else None
    profile = Profile(
        row["modality"],
        float(fact["rows"]) if fact is not None else float(verdicts["n"].max()) if len(verdicts) else None,
        _width(str(fact["streams"])) if fact is not None else None,
        float(fact["entropy"]) if fact is not None else None,
        min(max(float(share["value"]), 0.0), 1.0) if share is not None and share["power"] == "yes" else None,
    )
    best = gaps.sort_values("gap", ascending=False).head(LEADERS) if len(gaps) else gaps
    return Neighbour(
        row["task"],
        row["target"],
        distance(mine, profile),
        profile,
        {name: told.loc[name, "verdict"] for name in sorted(told.index) if name.startswith("redundancy-")},
        tuple((r.method, float(r.gap)) for r in best.itertuples()),
        "" if row["ranked"] else str(row["reason"]).partition(";")[0] or "no reason is stored",
    )


def _width(streams: str) -> float | None:
    """Numbers of an item from the streams in words: "scan: image 1×16×16; table: 19 columns" -> 275."""
    images = [math.prod(map(int, shape.split("×"))) for shape in re.findall(r"\d+(?:×\d+)+", streams)]
    columns = [int(n) for n in re.findall(r"(\d+) columns", streams)]
    return float(sum(images + columns)) or None


def _table(name: str) -> pd.DataFrame:
    """One shipped table; empty where this copy has none of that name."""
    file = shipped("results/tables") / f"{name}.csv"
    return pd.read_csv(io.StringIO(file.read_text(encoding="utf-8"))) if file.is_file() else pd.DataFrame()
