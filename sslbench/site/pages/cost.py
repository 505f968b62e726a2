"""What each method costs, by track."""

from sslbench.site.page import Link, Site, Written

TEMPLATE = "cost.html"
LINK = Link(40, "cost.html", "Cost")


def pages(site: Site) -> Written:
    """The one page."""
    every = site.every
    yield site.page(LINK.path, TEMPLATE, tracks={t: every.of_track(t).cost.to_dict("records") for t in every.tracks})
