"""What views of every kind and strength keep of a label: points of sweeps -> a table, and the strengths it supports."""

import math

import pandas as pd

from sslbench.records.sweep import SweepRow
from sslbench.tables.columns import TABLES

HOLDS, VIOLATED = "holds", "violated"
KIND, SUPPORT = ["task", "target", "view"], ["supported", "within", "shown", "weakest", "strongest"]


def sweep_table(rows: list[SweepRow]) -> pd.DataFrame:
    """One row per task, target, view and strength: the one read from most rows, of equals the last.

    survival: share of the label information of the item that a view of it keeps, 1 - I(Y; X | V) / I(Y; X, V), with the
    interval's ends; it is not a number where nothing of the label was read. supported: whether neither this strength
    nor a weaker one violates label-invariance.
    """
    chosen: dict[tuple, SweepRow] = {}
    for r in rows:
        if r.key not in chosen or r.n >= chosen[r.key].n:
            chosen[r.key] = r
    violated: dict[tuple, float] = {}  # the weakest strength that does
    for r in chosen.values():
        if r.verdict == VIOLATED:
            violated[r.key[:3]] = min(r.strength, violated.get(r.key[:3], math.inf))
    out = []
    for r in chosen.values():
        left = [1 - loss / r.item if r.item > 0 else math.nan for loss in (r.value, r.high, r.low)]
        survival = dict(zip(("survival", "survival_low", "survival_high"), left, strict=True))
        out.append(
            {c: getattr(r, c) for c in TABLES["sweep"].columns if hasattr(r, c)}
            | survival
            | {"unit": "nats", "supported": r.strength < violated.get(r.key[:3], math.inf)}
        )
    return TABLES["sweep"].frame(out)


def supported_strengths(table: pd.DataFrame) -> pd.DataFrame:
    """Of every task, target and view kind: up to which strength the label survives, by three measures of it.

    Columns task, target, view; supported: no violation of label-invariance; within: the estimated loss is within the
    tolerance, which few rows change less; shown: the verdict is holds, the strongest strength that is also supported.
    Each 0 if not even the weakest strength passes. weakest, strongest: of those swept.
    """
    out = []
    for key, rows in table.sort_values("strength").groupby(KIND, sort=True):
        supported = rows["supported"].astype(bool)
        found = (
            _most(rows[supported]),
            _most(rows[(rows["value"] <= rows["tolerance"]).cummin()]),
            _most(rows[supported & (rows["verdict"] == HOLDS)]),
            rows["strength"].min(),
            rows["strength"].max(),
        )
        out.append(dict(zip(KIND, key, strict=True)) | dict(zip(SUPPORT, found, strict=True)))
    return pd.DataFrame(out, columns=[*KIND, *SUPPORT])


def _most(rows: pd.DataFrame) -> float:
    return float(rows["strength"].max()) if len(rows) else 0.0


def default_in_words(table: pd.DataFrame, task: str, view: str, strength: float) -> str:
    """Whether a task's sweep supports its card's own view and strength, one sentence a target; "" without a sweep."""
    mine = table[(table["task"] == task) & (table["view"] == view)]
    limits = supported_strengths(mine).set_index("target")["supported"]
    sentences = []
    for target, limit in limits.items():
        at = mine[(mine["target"] == target) & (mine["strength"] == strength)].to_dict("records")
        if not at:
            sentences.append(f"strength {strength:g} was not swept for {target}")
            continue
        (row,) = at
        lost = f"a view loses {row['value']:.3f} of {row['item']:.2f} nats, tolerance {row['tolerance']:.3f}"
        up_to = f"supported up to {limit:g}" if limit else "not even the weakest strength swept is supported"
        words = "is supported" if row["supported"] else f"is not supported ({up_to})"
        if row["supported"] and row["value"] > row["tolerance"]:
            words = "is not refuted, but its estimated loss is above the tolerance"
        sentences.append(f"{target}: {view} at {strength:g} {words}; {lost}")
    return ". ".join(sentences) + "." if sentences else ""
