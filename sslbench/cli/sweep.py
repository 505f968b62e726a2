"""A task's sweep over view kind and strength: its table, what it supports, and where the figure is."""

import sys
from pathlib import Path

import pandas as pd
from rich.console import Console
from rich.table import Table

from sslbench.diagnosis.sweep import FILE, sweep
from sslbench.errors import UsageError
from sslbench.files import write_file
from sslbench.records.sweep import read_sweep
from sslbench.site.sweep_figure import sweep_figure
from sslbench.tables.build import write_table
from sslbench.tables.sweep import default_in_words, supported_strengths, sweep_table
from sslbench.tasks import find_task


def numbers(texts: tuple[str, ...]) -> tuple[float, ...]:
    """Strengths as numbers; raises UsageError for what is none."""
    try:
        return tuple(map(float, texts))
    except ValueError as error:
        raise UsageError(f"strengths are numbers, as in 0.25,0.5,1; {error}") from None


def sweep_and_show(name: str, kinds: tuple[str, ...], strengths: tuple[str, ...], rows: int, results: str) -> None:
    """Measure what is missing with progress on stderr, print the points and what they support, write table and figure.

    The written table holds every sweep of the results folder; printed are the points that were asked for.
    """
    task, folder = find_task(name), Path(results)
    say = lambda text: print(text, file=sys.stderr, flush=True)  # noqa: E731
    found = sweep(task, folder, kinds, numbers(strengths), rows, say)
    asked = sweep_table(found)
    everything = sweep_table(read_sweep(folder / FILE))
    write_table(folder, "sweep", everything)
    figure = folder / "figures" / f"sweep-{task.name}.svg"
    write_file(figure, sweep_figure(everything[everything["task"] == task.name]))
    console = Console(width=None if Console().is_terminal else 120)
    console.print(_points(asked))
    for line in in_words(asked, task.name, task.views.generator, task.views.strength):
        console.print(line, highlight=False, markup=False)
    say(f"wrote {folder / 'tables' / 'sweep.csv'} and {figure}")


def _points(table: pd.DataFrame) -> Table:
    """The points as a table for the terminal."""
    out = Table(box=None, pad_edge=False)
    for column in ("target", "view", "strength", "label-invariance", "lost, nats [95 % interval]", "kept", "shared"):
        right = column in ("strength", "kept", "shared")
        out.add_column(column, justify="right" if right else "left", no_wrap=True)
    for r in table.itertuples():
        lost = f"{r.value:.3f} \\[{r.low:.3f}, {r.high:.3f}] of {r.item:.2f}"
        word = r.verdict if r.power == "yes" else f"{r.verdict} ({r.power})"
        out.add_row(r.target, r.view, f"{r.strength:g}", word, lost, f"{r.survival:.0%}", f"{r.shared:.2f}")
    return out


def in_words(table: pd.DataFrame, task: str, view: str, strength: float) -> list[str]:
    """Up to which strength of every kind each label survives, and what that says of the card's own views."""
    lines = []
    for r in supported_strengths(table).itertuples():
        found = (("no violation", r.supported), ("loss within the tolerance", r.within), ("shown to hold", r.shown))
        words = ", ".join(f"{what} " + (f"up to {limit:g}" if limit else "at none") for what, limit in found)
        lines.append(f"{r.target}, {r.view}: {words}")
    default = default_in_words(table, task, view, strength)
    return [*lines, f"The card's own views: {default}"] if default else lines
