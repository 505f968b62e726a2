"""A page per task: its card and sample items, what ranks there, which assumptions hold, every method's scores."""

import pandas as pd

from sslbench.records.facts import asked_of_data
from sslbench.site.page import Site, Written
from sslbench.site.pages.sweeps import sweep_section
from sslbench.site.pages.targets import RULE
from sslbench.site.rows import budget_rows, cell_rows, main_rows, metric_rows, verdicts
from sslbench.site.samples import sheets, strips
from sslbench.tables import Tables
from sslbench.tables.card import KNOWN, target_cards

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
            **card_parts(tables, task, card),
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


def card_parts(tables: Tables, task: str, card: dict) -> dict:
    """What was measured of a task's data, each target with what is known of it, and sample items if there are some."""
    current = tables.facts[tables.facts["of"] == asked_of_data(card)]
    asked = target_cards(task, card, {name: getattr(tables, name) for name in KNOWN} | {"facts": current})
    out = {"asked": asked, "facts": asked[0].facts, "labels": (), "strips": [], "sheets": {}, "plotted": ""}
    samples = tables.samples.get(task)
    if samples is None or samples.of != asked_of_data(card, views=True):
        return out
    series = max((len(s.lines[0][0]) for s in samples.streams if s.kind == "lines"), default=0)
    what = "the columns of an item, in order" if series == 1 else "the axes of a sensor over time"
    shown = {"labels": samples.labels, "strips": strips(samples), "sheets": sheets(samples)}
    return out | shown | {"plotted": what if series else ""}


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
