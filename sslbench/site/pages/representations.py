"""What every representation keeps: verdicts on metrics with a threshold, counted by method, and what each metric is."""

from sslbench.site.page import Link, Site, Written
from sslbench.tables import Tables

TEMPLATE = "representations.html"
LINK = Link(20, "representations.html", "Representations")


def pages(site: Site) -> Written:
    """The one page."""
    yield site.page(LINK.path, TEMPLATE, names=judged_names(site.tables), rows=verdicts_by_method(site.tables))


def judged_names(tables: Tables) -> list[str]:
    """The assumptions about representations that were judged."""
    return sorted(set(tables.metric_verdicts["assumption"]))


def verdicts_by_method(tables: Tables) -> list[dict]:
    """Of every method: on how many tasks and targets each of them holds, is violated, is undecided."""
    names, rows = judged_names(tables), []
    grouped = tables.metric_verdicts.groupby(["method", "assumption"])["verdict"]
    counts = {key: values.value_counts().to_dict() for key, values in grouped}
    for method in dict.fromkeys(tables.metric_verdicts["method"]):
        cells = []
        for name in names:
            found = counts.get((method, name))
            kinds = ("holds", "violated", "undecided")
            cells.append(found and {k: found.get(k, 0) for k in kinds} | {"all": sum(found.values())})
        family = tables.cards["methods"].get(method, {}).get("family", "")
        rows.append({"method": method, "family": family, "cells": cells})
    return rows
