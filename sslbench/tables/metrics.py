"""What representations keep: their metrics, and the verdicts that follow from metrics and thresholds."""

import math

import pandas as pd

from sslbench.config import Run
from sslbench.metrics.catalogue import CATALOGUE
from sslbench.records import RunRecord
from sslbench.stats import judge, runs_interval
from sslbench.tables.columns import TABLES

INPUT = "raw-input"  # whose information a representation is compared with


def metrics_table(runs: list[RunRecord]) -> pd.DataFrame:
    """One row per task, method and metric (and target): mean over runs with its interval."""
    values: dict[tuple, dict[Run, float]] = {}
    for r in runs:
        for metric, value in r.metrics.items():
            values.setdefault((r.task, r.method, "", metric), {})[r.run] = value
        for target, metrics in r.target_metrics.items():
            for metric, value in metrics.items():
                values.setdefault((r.task, r.method, target, metric), {})[r.run] = value
    values |= _lost(values)
    rows = []
    for key, by_run in values.items():
        interval = runs_interval([by_run[r] for r in sorted(by_run)], [r.fold for r in sorted(by_run)])
        rows.append((*key, *interval, len(by_run), CATALOGUE[key[-1]].unit if key[-1] in CATALOGUE else ""))
    return TABLES["metrics"].frame(rows)


def _lost(values: dict[tuple, dict[Run, float]]) -> dict[tuple, dict[Run, float]]:
    """Bits of the better predictive model on the raw input minus those of the better one on Z, in the same runs."""
    best: dict[tuple, dict[Run, float]] = {}
    for (task, method, target, metric), by_run in values.items():
        if metric in ("bits-linear", "bits-mlp"):
            mine = best.setdefault((task, method, target), {})
            for run, value in by_run.items():
                mine[run] = max(value, mine.get(run, -math.inf))
    out = {}
    for (task, method, target), mine in best.items():
        whole = best.get((task, INPUT, target), {})
        if method != INPUT and (runs := set(mine) & set(whole)):
            out[task, method, target, "bits-lost"] = {r: whole[r] - mine[r] for r in runs}
    return out


def metric_verdicts_table(metrics: pd.DataFrame, assumptions: pd.DataFrame, cards: dict) -> pd.DataFrame:
    """The verdict on every metric that has a threshold, by task, method (and target), from its interval.

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
    for r in metrics.itertuples():
        if r.metric not in rules:
            continue
        name, rule = rules[r.metric]
        if r.metric == "bits-lost":
            allowed = epsilon.get((r.task, r.target), math.nan)
            rule = {"holds": allowed, "violated": allowed, "high_is_good": False}
        verdict = judge(r.low, r.high, rule["holds"], rule["violated"], rule["high_is_good"])
        rows.append((r.task, r.method, r.target, name, verdict, r.metric, r.value, r.low, r.high, r.runs))
    return TABLES["metric_verdicts"].frame(rows)
