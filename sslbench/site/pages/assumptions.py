"""Which assumptions hold where: every verdict, and the cards of the assumptions."""

from sslbench.site.figures import assumption_figure
from sslbench.site.page import Link, Site, Written
from sslbench.site.rows import all_verdicts, verdict_counts, verdicts
from sslbench.tables import Tables
from sslbench.tables.calibration import error_rates, in_words

TEMPLATE = "assumptions.html"
LINK = Link(10, "assumptions.html", "Assumptions")


def pages(site: Site) -> Written:
    """The page, and the figure of what one view adds to the other."""
    tables = site.tables
    cards = tables.cards["assumptions"]
    rates = {name: error_rates(tables.calibration, name, cards) for name in cards}
    yield site.page(
        LINK.path,
        TEMPLATE,
        verdicts=verdicts(tables),
        summary=verdict_counts(tables),
        grid=verdict_grid(tables),
        measured={name: in_words(found) for name, found in rates.items() if found},
    )
    yield "figures/assumptions.svg", assumption_figure([v for v in verdicts(tables) if v["power"] != "no power"])


def verdict_grid(tables: Tables) -> dict:
    """Tasks and targets x assumptions about them: the table's row, or None where it was not tested."""
    names = sorted(set(tables.assumptions["assumption"]))
    found = {(v["task"], v["target"], v["assumption"]): v for v in all_verdicts(tables)}
    keys = dict.fromkeys((t, g) for t, g, _ in found)
    rows = [{"task": t, "target": g, "cells": [found.get((t, g, n)) for n in names]} for t, g in keys]
    return {"names": names, "rows": rows}
