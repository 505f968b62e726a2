"""How often a verdict is right where the truth is known."""

from sslbench.site.page import Link, Site, Written
from sslbench.tables.calibration import error_rates

TEMPLATE = "calibration.html"
LINK = Link(30, "calibration.html", "Calibration")


def pages(site: Site) -> Written:
    """The one page."""
    table = site.tables.calibration
    rates = {
        name: error_rates(table, name, site.tables.cards["assumptions"]) for name in dict.fromkeys(table["assumption"])
    }
    yield site.page(LINK.path, TEMPLATE, rates=rates, trials=table.to_dict("records"))
