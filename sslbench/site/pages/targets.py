"""Which targets rank methods, and why the others do not: headroom, differences, noise, convergence."""

from sslbench.config import MIN_FIXED_RUNS, MIN_FIXED_TEST_ROWS, MIN_RUNS, MIN_TEST_ROWS, REFERENCES
from sslbench.site.page import Link, Site, Written
from sslbench.tables.convergence import LEAST_SPEARMAN, MOST_MOVED, MOST_OF_GAP
from sslbench.tables.targets import LEAST_HEADROOM, MOST_P

TEMPLATE = "targets.html"
LINK = Link(5, "targets.html", "Targets")
RULE = {
    "headroom": LEAST_HEADROOM,
    "p": MOST_P,
    "moved": MOST_MOVED,
    "of_gap": MOST_OF_GAP,
    "spearman": LEAST_SPEARMAN,
    "runs": MIN_RUNS,
    "rows": MIN_TEST_ROWS,
    "fixed_runs": MIN_FIXED_RUNS,
    "fixed_rows": MIN_FIXED_TEST_ROWS,
}  # what a target must show, for the templates


def pages(site: Site) -> Written:
    """The one page; ranked targets first."""
    table = site.tables.targets.sort_values("ranked", ascending=False, kind="stable")
    ranked = int(table["ranked"].sum())
    yield site.page(
        LINK.path, TEMPLATE, targets=table.to_dict("records"), ranked=ranked, references=REFERENCES, rule=RULE
    )
