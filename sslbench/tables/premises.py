"""Which premises hold: verdicts on tasks, measures of representations, and the verdicts that follow from these."""

import math

import pandas as pd

from sslbench.metrics.catalogue import MEASURES
from sslbench.records import AssumptionRecord, RepresentationRecord
from sslbench.stats import judge, mean_interval

ASSUMPTION_COLUMNS = [
    "task",
    "target",
    "assumption",
    "verdict",
    "value",
    "low",
    "high",
    "tolerance",
    "unit",
    "n",
    "estimator",
    "detectable",
    "note",
]


def assumptions_table(verdicts: list[AssumptionRecord]) -> pd.DataFrame:
    """One row per verdict; a test that failed keeps its reason as the note."""
    rows = []
    for v in verdicts:
        row = {c: getattr(v, c) for c in ASSUMPTION_COLUMNS}
        rows.append(row | ({"verdict": "failed", "note": v.reason} if v.status != "ok" else {}))
    return pd.DataFrame(rows, columns=ASSUMPTION_COLUMNS).sort_values(
        ["task", "target", "assumption"], ignore_index=True
    )


REPRESENTATION_COLUMNS = ["task", "method", "target", "measure", "value", "low", "high", "seeds", "unit"]
INPUT = "raw-input"  # whose information a representation is compared with


def representations_table(found: list[RepresentationRecord]) -> pd.DataFrame:
    """One row per task, method and measure (and target): mean over seeds with its t interval."""
    values: dict[tuple, dict[int, float]] = {}
    for r in found:
        for measure, value in r.measures.items():
            values.setdefault((r.task, r.method, "", measure), {})[r.seed] = value
        for target, measures in r.targets.items():
            for measure, value in measures.items():
                values.setdefault((r.task, r.method, target, measure), {})[r.seed] = value
    values |= _lost(values)
    rows = []
    for (task, method, target, measure), by_seed in values.items():
        mean, low, high = mean_interval([by_seed[s] for s in sorted(by_seed)])
        unit = MEASURES[measure].unit if measure in MEASURES else ""
        rows.append((task, method, target, measure, mean, low, high, len(by_seed), unit))
    return pd.DataFrame(rows, columns=REPRESENTATION_COLUMNS).sort_values(REPRESENTATION_COLUMNS[:4], ignore_index=True)


def _lost(values: dict[tuple, dict[int, float]]) -> dict[tuple, dict[int, float]]:
    """Bits of the better reader of the raw input minus those of the better reader of Z, on the same seeds."""
    best: dict[tuple, dict[int, float]] = {}
    for (task, method, target, measure), by_seed in values.items():
        if measure in ("bits-linear", "bits-mlp"):
            mine = best.setdefault((task, method, target), {})
            for seed, value in by_seed.items():
                mine[seed] = max(value, mine.get(seed, -math.inf))
    out = {}
    for (task, method, target), mine in best.items():
        whole = best.get((task, INPUT, target), {})
        if method != INPUT and (seeds := set(mine) & set(whole)):
            out[task, method, target, "bits-lost"] = {s: whole[s] - mine[s] for s in seeds}
    return out


PREMISE_COLUMNS = ["task", "method", "target", "assumption", "verdict", "measure", "value", "low", "high", "seeds"]


def premises_table(representations: pd.DataFrame, assumptions: pd.DataFrame, cards: dict) -> pd.DataFrame:
    """The verdict on every premise about representations, by task, method (and target), from the measures' intervals.

    Sufficiency has no fixed threshold: what may be lost is the high end of the task's redundancy readings, in bits.
    """
    epsilon = {}
    redundancy = assumptions[assumptions["assumption"].str.startswith("redundancy")]
    for (task, target), rows in redundancy.groupby(["task", "target"]):
        epsilon[task, target] = float(rows["high"].max()) / math.log(2)
    rules = {
        c["threshold"]["measure"]: (n, c["threshold"]) for n, c in cards["assumptions"].items() if c.get("threshold")
    }
    rows = []
    for r in representations.itertuples():
        if r.measure not in rules:
            continue
        name, rule = rules[r.measure]
        if r.measure == "bits-lost":
            allowed = epsilon.get((r.task, r.target), math.nan)
            rule = {"holds": allowed, "violated": allowed, "high_is_good": False}
        verdict = judge(r.low, r.high, rule["holds"], rule["violated"], rule["high_is_good"])
        rows.append((r.task, r.method, r.target, name, verdict, r.measure, r.value, r.low, r.high, r.seeds))
    return pd.DataFrame(rows, columns=PREMISE_COLUMNS).sort_values(PREMISE_COLUMNS[:4], ignore_index=True)
