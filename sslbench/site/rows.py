"""Rows that several pages show: main scores, cells, counts of verdicts, tables of metrics."""

from sslbench.metrics.catalogue import CATALOGUE
from sslbench.tables import MAIN_PROBES, Tables

VERDICT_ORDER = {"violated": 0, "undecided": 1, "failed": 2, "holds": 3}  # not applicable is no verdict
SHOWN = (
    "effective-rank",
    "lidar",
    "alpha",
    "entropy-deficit",
    "uniformity-gap",
    "alignment",
    "shared-information",
    "superfluous",
    "view-strength",
    "gaussian-rejections",
    "affinity-residual",
    "overlap-noise",
    "overlap-views",
)  # metrics on the pages of tasks and methods; the tables hold all


def verdict_counts(tables: Tables) -> dict[str, int]:
    """How many verdicts of each kind."""
    counts = tables.assumptions["verdict"].value_counts().to_dict()
    return {k: counts[k] for k in VERDICT_ORDER if k in counts}


def verdicts(tables: Tables) -> list[dict]:
    """The verdicts on tasks; what was not applicable is none."""
    return [v for v in tables.assumptions.to_dict("records") if v["verdict"] != "not applicable"]


def main_rows(tables: Tables, key: str, name: str) -> list[dict]:
    """Joint scores of one task or method: a row per (target, task, method), its probes and scores side by side."""
    scores = tables.scores[(tables.scores["readout"] == "joint") & (tables.scores[key] == name)]
    rows: dict[tuple, dict] = {}
    for r in scores.to_dict("records"):
        row = rows.setdefault(
            (r["target"], r["task"], r["method"]), {"target": r["target"], "task": r["task"], "method": r["method"]}
        )
        row[r["metric"] if r["probe"] in MAIN_PROBES else f"{r['probe']}-{r['metric']}"] = r
    return sorted(rows.values(), key=lambda r: (r["target"], r["task"], -r["bits"]["value"]))


def cell_rows(tables: Tables, key: str, name: str) -> list[dict]:
    """Cells of one task or method: those that gave no score, with the reason, and what the others cost."""
    return tables.cells[tables.cells[key] == name].to_dict("records")


def metric_rows(tables: Tables, key: str, name: str) -> dict:
    """The metrics of one task by method, or of one method by task, and which of them there are."""
    other = "method" if key == "task" else "task"
    mine = tables.metrics[(tables.metrics[key] == name) & (tables.metrics["target"] == "")]
    rows: dict[str, dict] = {}
    for r in mine.to_dict("records"):
        if r["metric"] in SHOWN:
            rows.setdefault(r[other], {})[r["metric"]] = r
    names = [m for m in SHOWN if m in CATALOGUE and any(m in cells for cells in rows.values())]
    return {"measured": [{"key": k, "cells": c} for k, c in rows.items()], "metric_names": names}
