"""The figures of sweeps, and what a task's page says of its own."""

from sslbench.site.page import Site, Written
from sslbench.site.sweep_figure import sweep_alt, sweep_figure
from sslbench.tables import Tables
from sslbench.tables.sweep import default_in_words, supported_strengths


def pages(site: Site) -> Written:
    """One figure for every task that has a card and a sweep."""
    table = site.tables.sweep
    for task in sorted(set(table["task"]) & set(site.tables.cards["tasks"])):
        yield f"figures/sweep-{task}.svg", sweep_figure(table[table["task"] == task])


def sweep_section(tables: Tables, task: str) -> dict:
    """What the section on a task's page shows; {} for a task without a sweep."""
    mine = tables.sweep[tables.sweep["task"] == task]
    if not len(mine):
        return {}
    own = tables.cards["tasks"][task]["views"]
    return {
        "default": default_in_words(mine, task, own["generator"], own["strength"]),
        "kinds": supported_strengths(mine).to_dict("records"),
        "rows": int(mine["n"].max()),
        "alt": sweep_alt(mine),
    }
