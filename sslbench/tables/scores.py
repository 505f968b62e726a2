"""What every run scored and cost: scores, cells, cost, gains over controls."""

import numpy as np
import pandas as pd

from sslbench.records import RunRecord
from sslbench.stats import mean_interval

UNITS = {
    "bits": "bits",
    "accuracy": "share",
    "balanced-accuracy": "share",
    "recall@1": "share",
    "recall@5": "share",
    "recall@10": "share",
}
MAIN_PROBES = ("linear", "own")  # whose bits rank a method; "own" where a reference predicts by itself
CONTROLS = ("random-encoder", "raw-input")  # what every method is compared with, seed by seed


def known_mean(values: list) -> float:
    known = [v for v in values if v is not None]
    return float(np.mean(known)) if known else float("nan")


def main_score(run: RunRecord) -> float:
    """What ranks a run: bits of the joint linear probe (or of the reference's own prediction), mean over the task's
    targets.
    """
    return known_mean(
        [s.value for s in run.scores if s.metric == "bits" and s.readout == "joint" and s.probe in MAIN_PROBES]
    )


def scores_table(runs: list[RunRecord]) -> pd.DataFrame:
    """One row per cell and score: mean over seeds with its 95 % interval."""
    grouped: dict[tuple, list] = {}
    for run in runs:
        for s in run.scores:
            grouped.setdefault((run.task, run.method, s.target, s.readout, s.probe, s.metric), []).append(s)
    rows = []
    for (task, method, target, readout, probe, metric), found in grouped.items():
        mean, low, high = mean_interval([s.value for s in found], [s.se for s in found if s.se is not None] or None)
        average = lambda key, found=found: known_mean([getattr(s, key) for s in found])  # noqa: E731
        rows.append(
            {
                "task": task,
                "method": method,
                "target": target,
                "readout": readout,
                "probe": probe,
                "metric": metric,
                "value": mean,
                "low": low,
                "high": high,
                "seeds": len(found),
                "test_rows": sum(s.n for s in found),
                "unit": UNITS.get(metric, ""),
                "direction": "higher",
                "chance": average("chance"),
                "ceiling": average("ceiling"),
            }
        )
    columns = [
        "task",
        "method",
        "target",
        "readout",
        "probe",
        "metric",
        "value",
        "low",
        "high",
        "seeds",
        "test_rows",
        "unit",
        "direction",
        "chance",
        "ceiling",
    ]
    return pd.DataFrame(rows, columns=columns).sort_values(columns[:6], ignore_index=True)


CELL_COLUMNS = [
    "task",
    "method",
    "status",
    "reason",
    "seeds_ok",
    "candidates",
    "seconds_per_run",
    "pretrain_seconds",
    "probe_seconds",
    "samples_per_second",
    "peak_mib",
    "utilisation",
    "placement",
]


def cells_table(runs: list[RunRecord]) -> pd.DataFrame:
    """One row per cell: status, reason, what it cost. A tuned cell's seconds are those of all its candidates."""
    grouped: dict[tuple, list[RunRecord]] = {}
    for run in runs:
        grouped.setdefault((run.task, run.method), []).append(run)
    rows = []
    for (task, method), found in grouped.items():
        worst = next((s for s in ("failed", "not_applicable") if any(r.status == s for r in found)), "ok")
        fine = [r for r in found if r.status == "ok"]
        spent = lambda r, *phases: sum(r.seconds.get(p, 0.0) for p in phases or r.seconds) * max(1, r.candidates)  # noqa: E731
        rows.append(
            {
                "task": task,
                "method": method,
                "status": worst,
                "reason": next((r.reason for r in found if r.status == worst and r.reason), ""),
                "seeds_ok": len(fine),
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
    return pd.DataFrame(rows, columns=CELL_COLUMNS).sort_values(CELL_COLUMNS[:2], ignore_index=True)


def cost_table(runs: list[RunRecord]) -> pd.DataFrame:
    """One row per method: what a run cost, mean over its tasks, the cheapest first."""
    cells = cells_table(runs)
    fine = cells[cells["seeds_ok"] > 0]
    numbers = ["seconds_per_run", "pretrain_seconds", "probe_seconds", "samples_per_second", "peak_mib", "utilisation"]
    frame = fine.groupby("method")[numbers].mean()
    frame.insert(0, "tasks", fine.groupby("method").size())
    return frame.sort_values("seconds_per_run").reset_index()


def gains_table(runs: list[RunRecord]) -> pd.DataFrame:
    """Bits over a control on the same seeds, so on the same splits: mean paired difference with its t interval."""
    bits: dict[tuple, dict[int, float]] = {}
    for run in runs:
        for s in run.scores:
            if s.metric == "bits" and s.readout == "joint" and s.probe in MAIN_PROBES:
                bits.setdefault((run.task, s.target, run.method), {})[run.seed] = s.value
    rows = []
    for (task, target, method), mine in bits.items():
        for control in CONTROLS:
            theirs = bits.get((task, target, control), {})
            seeds = sorted(set(mine) & set(theirs))
            if method == control or not seeds:
                continue
            mean, low, high = mean_interval([mine[s] - theirs[s] for s in seeds])
            row = {
                "task": task,
                "target": target,
                "method": method,
                "over": control,
                "value": mean,
                "low": low,
                "high": high,
            }
            rows.append(row | {"seeds": len(seeds), "unit": "bits"})
    columns = ["task", "target", "method", "over", "value", "low", "high", "seeds", "unit"]
    return pd.DataFrame(rows, columns=columns).sort_values(columns[:4], ignore_index=True)
