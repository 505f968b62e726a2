"""A page per method: its card, its scores, what its representations keep, what it costs."""

from sslbench.site.boards import boards, places
from sslbench.site.page import Site, Written
from sslbench.site.rows import cell_rows, main_rows, metric_rows

TEMPLATE = "method.html"


def pages(site: Site) -> Written:
    """A page for every method that has a card."""
    shown = boards(site.tables)
    for method, card in site.tables.cards["methods"].items():
        yield site.page(
            f"methods/{method}.html",
            TEMPLATE,
            method=method,
            card=card,
            placed=places(shown, method),
            rows=main_rows(site.tables, "method", method),
            cells=cell_rows(site.tables, "method", method),
            **metric_rows(site.tables, "method", method),
        )
