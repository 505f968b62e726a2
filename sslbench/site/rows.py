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
    return [v for v in all_verdicts(tables) if v["verdict"] != "not applicable"]


def all_verdicts(tables: Tables) -> list[dict]:
    """The table of verdicts as rows; a verdict from before power was stored counts as one with power."""
    rows = tables.assumptions.to_dict("records")
    return [v | {"power": v.get("power") or "yes"} for v in rows]


def main_rows(tables: Tables, key: str, name: str) -> list[dict]:
    """Joint scores of one task or method: a row per (target, task, method), its probes and scores side by side."""
    scores = tables.scores[(tables.scores["readout"] == "joint") & (tables.scores[key] == name)]
    rows: dict[tuple, dict] = {}
    for r in scores.to_dict("records"):
        row = rows.setdefault(
            (r["target"], r["task"], r["method"]), {"target": r["target"], "task": r["task"], "method": r["method"]}
        )
        row[r["metric"] if r["probe"] in MAIN_PROBES else f"{r['probe']}-{r['metric']}"] = r
    gaps = {(r["target"], r["task"], r["method"]): r for r in tables.gaps.to_dict("records")}
    for where, row in rows.items():
        row["gap"] = gaps.get(where)
    return sorted(rows.values(), key=lambda r: (r["target"], r["task"], -r["bits"]["value"]))


def budget_rows(tables: Tables, task: str) -> list[dict]:
    """Bits and accuracy of a task with few labels beside all of them: a row per (target, method), cells by budget.

    tables: of one track and all label budgets. Empty where no method was read with fewer labels.
    """
    scores = tables.scores
    mine = scores[(scores["task"] == task) & (scores["readout"] == "joint") & scores["probe"].isin(MAIN_PROBES)]
    rows: dict[tuple, dict] = {}
    for r in mine.to_dict("records"):
        row = rows.setdefault((r["target"], r["method"]), {"target": r["target"], "method": r["method"], "cells": {}})
        row["cells"].setdefault(r["labels"], {})[r["metric"]] = r
    return [rows[k] for k in sorted(rows) if len(rows[k]["cells"]) > 1]


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
