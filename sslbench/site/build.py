"""Build the leaderboard's pages from the tables. Deterministic: the same tables give the same bytes."""

from importlib.resources import files
from pathlib import Path

import pandas as pd
from jinja2 import Environment, FunctionLoader, StrictUndefined

from sslbench.files import write_file
from sslbench.metrics.catalogue import CATALOGUE
from sslbench.site.page import Site
from sslbench.site.pages import page_modules
from sslbench.tables import Tables, write_tables

ASSETS = ("style.css", "script.js")
DATA = (
    *("leaderboard", "gaps", "targets", "reliability", "convergence"),
    *("scores", "gains", "assumptions", "calibration", "sweep"),
)  # tables that the site carries as CSV


def number(value, digits: int = 3) -> str:
    """A number with three decimals and a true minus; a dash for none."""
    if value is None or pd.isna(value):
        return "–"
    text = f"{value:.{digits}f}"
    if float(text) == 0:
        text = text.lstrip("-")
    return text.replace("-", "−")


def chance(p) -> str:
    """A p-value: three decimals, or that it is smaller."""
    return "< 0.001" if p < 0.001 else number(p)


def interval(row, digits: int = 3, value: str = "value") -> str:
    """value [low, high] of a table row; the value is in the column `value`."""
    known = not pd.isna(row["low"])
    return number(row[value], digits) + (
        f" [{number(row['low'], digits)}, {number(row['high'], digits)}]" if known else ""
    )


def rebuild(results: Path, out: Path) -> None:
    """Tables and site anew from the records of a results folder."""
    build_site(write_tables(results), out)


def build_site(tables: Tables, out: Path) -> None:
    """Write the site into `out`: what every page's module gives, style and script, and tables as CSV."""
    modules = page_modules()
    links = sorted(m.LINK for m in modules if hasattr(m, "LINK"))
    first = (tables.of_track(tables.tracks[0]) if tables.tracks else tables).of_labels("all")
    shared = {"nav": links, "tables": first, "cards": first.cards, "protocol": first.protocol, "metrics": CATALOGUE}
    shared |= {"data": DATA}
    site = Site(tables, first, environment(), shared)
    for module in modules:
        for path, data in module.pages(site):
            write_file(out / path, data)
    for asset in ASSETS:
        write_file(out / asset, _template(asset).encode())
    for name in DATA:
        csv = getattr(tables, name).to_csv(index=False, float_format="%.6g")
        write_file(out / "data" / f"{name}.csv", csv.encode())


def environment() -> Environment:
    """How templates are filled: escaped, with every name known."""
    found = Environment(
        loader=FunctionLoader(_template),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.filters |= {"number": number, "chance": chance, "interval": interval}
    return found


def _template(name: str) -> str:
    return files("sslbench").joinpath("site", "templates", name).read_text(encoding="utf-8")
