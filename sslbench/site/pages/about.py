"""The protocol in words: what makes the numbers comparable, and what they do not say."""

from sslbench.config import protocol_named
from sslbench.site.page import Link, Site, Written

TEMPLATE = "about.html"
LINK = Link(50, "about.html", "Protocol")


def pages(site: Site) -> Written:
    """The one page."""
    yield site.page(LINK.path, TEMPLATE, config=protocol_named(site.tables.protocol))
