"""The protocol in words: what makes the numbers comparable, what is ranked, and what the ranks do not say."""

from sslbench.config import REFERENCES, protocol_named
from sslbench.site.page import Link, Site, Written
from sslbench.site.pages.targets import RULE

TEMPLATE = "about.html"
LINK = Link(50, "about.html", "Protocol")


def pages(site: Site) -> Written:
    """The one page."""
    config = protocol_named(site.tables.protocol)
    yield site.page(LINK.path, TEMPLATE, config=config, references=REFERENCES, rule=RULE)
