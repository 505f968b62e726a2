"""A page per task: its card, what ranks there and why, which assumptions hold, and every method's scores."""

import pandas as pd

from sslbench.site.page import Site, Written
from sslbench.site.pages.sweeps import sweep_section
from sslbench.site.pages.targets import RULE
from sslbench.site.rows import budget_rows, cell_rows, main_rows, metric_rows, verdicts

TEMPLATE = "task.html"
LABEL_BUDGETS = ("all", "10 %", "5 per class")


def pages(site: Site) -> Written:
    """A page for every task that has a card."""
    tables, found = site.tables, verdicts(site.tables)
    all_labels_and_fewer = site.every.of_track(tables.tracks[0]) if tables.tracks else tables
    for task, card in tables.cards["tasks"].items():
        scores = tables.scores[tables.scores["task"] == task]
        yield site.page(
            f"tasks/{task}.html",
            TEMPLATE,
            task=task,
            card=card,
            rows=main_rows(tables, "task", task),
            verdicts=[v for v in found if v["task"] == task],
            targets=tables.targets[tables.targets["task"] == task].to_dict("records"),
            convergence=tables.convergence[tables.convergence["task"] == task].to_dict("records"),
            budgets=budget_rows(all_labels_and_fewer, task),
            label_budgets=LABEL_BUDGETS,
            rule=RULE,
            readouts=readouts(scores),
            retrieval=retrieval(scores),
            cells=cell_rows(tables, "task", task),
            sweep=sweep_section(tables, task),
            **metric_rows(tables, "task", task),
        )


def readouts(scores: pd.DataFrame) -> list[dict]:
    """Bits read from each stream alone, one row per (target, method): stream -> table row."""
    return _side_by_side(scores[(scores["metric"] == "bits") & (scores["readout"] != "joint")], "target", "readout")


def retrieval(scores: pd.DataFrame) -> list[dict]:
    """R@1/5/10 of every direction, one row per (direction, method): metric -> table row."""
    return _side_by_side(scores[scores["probe"] == "retrieval"], "readout", "metric")


def _side_by_side(scores: pd.DataFrame, key: str, across: str) -> list[dict]:
    """One row per (key, method), its cells the table rows by their value of `across`."""
    rows: dict[tuple[str, str], dict] = {}
    for r in scores.to_dict("records"):
        rows.setdefault((r[key], r["method"]), {})[r[across]] = r
    return [{"key": k, "method": m, "cells": cells} for (k, m), cells in sorted(rows.items())]
