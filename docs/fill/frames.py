"""The tables that pages are written from: results/tables and results/history, read when first asked for."""

import json
from collections.abc import Callable, Iterable
from functools import cached_property
from pathlib import Path

import pandas as pd

from sslbench.tables.columns import TABLES


class Frames:
    """Frames by name; one that is not there, or lacks a declared column (of an earlier protocol), has no rows."""

    def __init__(self, results: Path):
        self.results = results
        self.read: dict[str, pd.DataFrame] = {}

    def __getitem__(self, name: str) -> pd.DataFrame:
        """A table of today, the default track's rows."""
        if name not in self.read:
            file, columns = self.results / "tables" / f"{name}.csv", TABLES[name].columns
            found = pd.read_csv(file) if file.is_file() else pd.DataFrame(columns=columns)
            self.read[name] = default(found if set(columns) <= set(found) else pd.DataFrame(columns=columns))
        return self.read[name]

    def former(self, name: str) -> pd.DataFrame:
        """A table of protocol 3, the default track's rows."""
        return default(pd.read_csv(self.results / "history" / f"{name}-protocol-3.csv"))

    def output(self, name: str) -> pd.DataFrame:
        """What a script of tests/benchmarks wrote to results/benchmarks."""
        return pd.read_csv(self.results / "benchmarks" / f"{name}.csv")

    @cached_property
    def cards(self) -> dict:
        """The cards of methods, tasks and assumptions that the results are of."""
        return json.loads((self.results / "cards.json").read_text("utf-8"))


def default(frame: pd.DataFrame) -> pd.DataFrame:
    """The rows of the default track; all rows of a table that has no tracks."""
    return frame[frame["track"] == "default"] if "track" in frame else frame


def of_tables(function: Callable[..., str]) -> Callable[..., str]:
    """Mark a function that pages may name: it takes the frames and words, and returns text."""
    function.of_tables = True
    return function


def markdown(head: Iterable[str], rows: Iterable[Iterable]) -> str:
    """A Markdown table."""
    columns = list(head)
    lines = [columns, ["---"] * len(columns), *rows]
    return "\n".join(f"| {' | '.join(map(str, line))} |" for line in lines)


def number(value: float, digits: int = 2, sign: str = "") -> str:
    """A number in words of the pages; – where there is none."""
    return "–" if pd.isna(value) else f"{round(value, digits) + 0.0:{sign}.{digits}f}".replace("-", "−")


def interval(value: float, low: float, high: float, digits: int = 2, sign: str = "") -> str:
    """A value and its interval: 0.72 [0.65, 0.80]."""
    if pd.isna(value):
        return "–"
    ends = (f"[{number(low, digits, sign)}, {number(high, digits, sign)}]",) if pd.notna(low) else ()
    return " ".join((number(value, digits, sign), *ends))


def names(values: Iterable[str], none: str = "none") -> str:
    """Names in code style, separated by commas."""
    return ", ".join(f"`{v}`" for v in values) or none
