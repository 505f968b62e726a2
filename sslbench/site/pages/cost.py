"""What each method costs, by track."""

from sslbench.site.page import Link, Site, Written
from sslbench.tables.columns import COLUMNS, TABLES

TEMPLATE = "cost.html"
LINK = Link(40, "cost.html", "Cost")


def pages(site: Site) -> Written:
    """The one page."""
    costs = {t: site.every.of_track(t).cost.to_dict("records") for t in site.every.tracks}
    yield site.page(LINK.path, TEMPLATE, tracks=costs, columns=[COLUMNS[c] for c in TABLES["cost"].values])
