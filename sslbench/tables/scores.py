"""What every run scored and cost: scores, cells, cost, gains over controls."""

import numpy as np
import pandas as pd

from sslbench.config import Run
from sslbench.records import RunRecord, Score
from sslbench.stats import bounded, runs_interval
from sslbench.tables.columns import COSTS, INTERVAL, TABLES

UNITS = {
    "bits": "bits",
    "accuracy": "share",
    "balanced-accuracy": "share",
    "recall@1": "share",
    "recall@5": "share",
    "recall@10": "share",
}
MAIN_PROBES = ("linear", "own")  # whose bits rank a method; "own" where a reference predicts by itself
CONTROLS = ("random-encoder", "raw-input")  # what every method is compared with, run by run


def known_mean(values: list) -> float:
    known = [v for v in values if v is not None]
    return float(np.mean(known)) if known else float("nan")


def main_scores(run: RunRecord, metric: str) -> dict[str, Score]:
    """The scores of the joint linear probe with all labels, or of the reference's own prediction, by target."""
    return {
        s.target: s
        for s in run.scores
        if s.metric == metric and s.readout == "joint" and s.probe in MAIN_PROBES and s.labels == "all"
    }


def main_bits(run: RunRecord) -> dict[str, float]:
    """The bits of `main_scores`, by target."""
    return {target: score.value for target, score in main_scores(run, "bits").items()}


def scores_table(runs: list[RunRecord]) -> pd.DataFrame:
    """One row per cell and score: mean over runs with its 95 % interval, inside the range that the score can take."""
    grouped: dict[tuple, list] = {}
    for run in runs:
        for s in run.scores:
            key = (run.task, run.method, s.target, s.readout, s.probe, s.metric, s.labels)
            grouped.setdefault(key, []).append((run, s))
    rows = []
    for (task, method, target, readout, probe, metric, labels), found in grouped.items():
        known = {key: known_mean([getattr(s, key) for _, s in found]) for key in ("chance", "ceiling")}
        share = UNITS.get(metric) == "share"
        interval = bounded(
            runs_interval(
                [s.value for _, s in found],
                [r.fold for r, _ in found],
                [s.se for _, s in found if s.se is not None] or None,
            ),
            0.0 if share else None,
            1.0 if share else known["ceiling"],
        )
        rows.append(
            {
                "task": task,
                "method": method,
                "target": target,
                "readout": readout,
                "probe": probe,
                "metric": metric,
                "labels": labels,
                **dict(zip(INTERVAL, interval, strict=True)),
                "runs": len(found),
                "test_rows": sum(s.n for _, s in found),
                "unit": UNITS.get(metric, ""),
                "direction": "higher",
                **known,
            }
        )
    return TABLES["scores"].frame(rows)


def spent(run: RunRecord, *phases: str) -> float:
    """Core-seconds of some phases of a run, with its candidates; of all but taking metrics, where none is named."""
    each = phases or [p for p in run.seconds if p != "metrics"]
    return sum(run.seconds.get(p, 0.0) for p in each) * max(1, run.candidates)


def cells_table(runs: list[RunRecord]) -> pd.DataFrame:
    """One row per cell: status, reason, what it cost. A tuned cell's seconds are those of all its candidates."""
    grouped: dict[tuple, list[RunRecord]] = {}
    for run in runs:
        grouped.setdefault((run.task, run.method), []).append(run)
    rows = []
    for (task, method), found in grouped.items():
        worst = next((s for s in ("failed", "not_applicable") if any(r.status == s for r in found)), "ok")
        fine = [r for r in found if r.status == "ok"]
        rows.append(
            {
                "task": task,
                "method": method,
                "status": worst,
                "reason": next((r.reason for r in found if r.status == worst and r.reason), ""),
                "runs_ok": len(fine),
                "candidates": max((r.candidates for r in found), default=0),
                "seconds_per_run": known_mean([spent(r) for r in fine]),
                "pretrain_seconds": known_mean([spent(r, "pretrain") for r in fine]),
                "probe_seconds": known_mean([spent(r, "probe") for r in fine]),
                "samples_per_second": known_mean([r.samples_per_second for r in fine]),
                "peak_mib": known_mean([r.peak_mib for r in fine]),
                "utilisation": known_mean([r.utilisation for r in fine]),
                "placement": next((r.placement for r in fine if r.placement), ""),
            }
        )
    return TABLES["cells"].frame(rows)


def cost_table(runs: list[RunRecord]) -> pd.DataFrame:
    """One row per method: what a run cost, mean over its tasks, the cheapest first."""
    cells = cells_table(runs)
    fine = cells[cells["runs_ok"] > 0]
    frame = fine.groupby("method")[list(COSTS)].mean()
    frame.insert(0, "tasks", fine.groupby("method").size())
    return frame.sort_values("seconds_per_run").reset_index()


def gains_table(runs: list[RunRecord]) -> pd.DataFrame:
    """Bits over a control in the same runs, so on the same splits: mean paired difference with its interval."""
    bits: dict[tuple, dict[Run, float]] = {}
    for run in runs:
        for target, value in main_bits(run).items():
            bits.setdefault((run.task, target, run.method), {})[run.run] = value
    rows = []
    for (task, target, method), mine in bits.items():
        for control in CONTROLS:
            theirs = bits.get((task, target, control), {})
            shared = sorted(set(mine) & set(theirs))
            if method == control or not shared:
                continue
            mean, low, high = runs_interval([mine[r] - theirs[r] for r in shared], [r.fold for r in shared])
            row = {
                "task": task,
                "target": target,
                "method": method,
                "over": control,
                "value": mean,
                "low": low,
                "high": high,
            }
            rows.append(row | {"runs": len(shared), "unit": "bits"})
    return TABLES["gains"].frame(rows)
