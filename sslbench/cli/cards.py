"""Lists and readable cards."""

import io
from dataclasses import asdict
from pathlib import Path

import pandas as pd
from rich.console import Console
from rich.table import Table

from sslbench import tasks
from sslbench.cli.task_card import task_words
from sslbench.metrics.catalogue import CATALOGUE
from sslbench.registry import ASSUMPTIONS, METHODS, PROBES, THRESHOLDS, VIEWS, nearest
from sslbench.resources import shipped

COLUMNS = {
    "methods": ["name", "family", "title", "needs"],
    "tasks": ["name", "modality", "title", "targets"],
    "assumptions": ["name", "scope", "statement", "title"],
}


def _first_sentence(cls) -> str:
    return " ".join((cls.__doc__ or "").split("\n\n")[0].split())


def listing(kind: str) -> pd.DataFrame:
    """The frame behind `sslbench list KIND`."""
    from sslbench import assumptions, methods
    from sslbench.api import suites

    if kind in COLUMNS:
        return {"methods": methods, "tasks": tasks, "assumptions": assumptions}[kind]()[COLUMNS[kind]]
    if kind == "suites":
        return suites()
    if kind == "metrics":
        return pd.DataFrame([{"name": n, "unit": m.unit, "what": m.what} for n, m in CATALOGUE.items()])
    registry = {"views": VIEWS, "probes": PROBES}[kind]
    return pd.DataFrame([{"name": n, "what": _first_sentence(registry.get(n))} for n in registry])


def print_list(kind: str) -> None:
    """Print a list as a table; as tab-separated lines when stdout is not a terminal."""
    frame, console = listing(kind), Console()
    if not console.is_terminal:
        print(frame.to_csv(sep="\t", index=False), end="")
        return
    table = Table(box=None, pad_edge=False)
    for i, column in enumerate(frame.columns):
        table.add_column(column, overflow="fold", no_wrap=i == 0)
    for row in frame.itertuples(index=False):
        table.add_row(*map(str, row))
    console.print(table)


def card_of(name: str, results: str = "results") -> tuple[str, dict]:
    """(kind, fields) of anything that has a name; raises UnknownName with the nearest of all names.

    results: the folder whose tables say what was measured on a task; without any, those that came with sslbench.
    """
    if name in tasks.shipped_tasks() or name.endswith(".toml") or (":" in name and ".py" not in name):
        return "task", task_words(tasks.find_task(name), Path(results), name)  # first: it needs no torch
    if name in METHODS or ".py" in name or name.endswith(")"):
        from sslbench.methods.base import Pretrained
        from sslbench.methods.settings import space

        cls = METHODS.get(name)
        search = {k: f"{low:g} to {high:g}" for k, (low, high) in space(cls.build()).items()}
        words = {"what": _first_sentence(cls)} | cls.card.as_dict()
        words |= {} if issubclass(cls, Pretrained) else {"recipe": "not trained by gradients"}
        return "method", words | {"settings": cls.build().settings(), "search": search}
    if name in ASSUMPTIONS or name in THRESHOLDS:
        kind = "assumption" if name in ASSUMPTIONS else "metric"
        card = (ASSUMPTIONS if name in ASSUMPTIONS else THRESHOLDS).get(name).card
        words = asdict(card) | ({"streams": card.takes} if name in ASSUMPTIONS else {})
        words = {k: v for k, v in words.items() if v not in ("", None, ())}
        return kind, words | ({"measured": measured} if (measured := measured_rates(name)) else {})
    if name in VIEWS:
        cls = VIEWS.get(name)
        return "view", {"what": " ".join((cls.__doc__ or "").split()), "takes": cls.kind, "settings": asdict(cls())}
    if name in PROBES:
        cls = PROBES.get(name)
        return "probe", {"what": " ".join((cls.__doc__ or "").split())} | cls.card.as_dict()
    if name in CATALOGUE:
        return "metric", asdict(CATALOGUE[name])
    suites = tasks.suites()
    if name in suites:
        return "suite", {"tasks": suites[name]}
    known = [*METHODS, *ASSUMPTIONS, *THRESHOLDS, *CATALOGUE, *VIEWS, *PROBES, *suites, *tasks.shipped_tasks()]
    raise nearest("name", name, known, "sslbench list methods, or tasks, suites, views, probes, assumptions, metrics")


def measured_rates(name: str) -> str:
    """How often an assumption's verdicts were right on worlds with known truth, by the shipped tables."""
    from sslbench.calibration.cases import declared_cards
    from sslbench.tables.calibration import error_rates, in_words

    try:
        file = shipped("results/tables") / "calibration.csv"
        rates = error_rates(pd.read_csv(io.StringIO(file.read_text(encoding="utf-8"))), name, declared_cards())
    except FileNotFoundError:
        return ""
    return in_words(rates) if rates else ""


def _words(value) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{k} = {_words(v)}" for k, v in value.items()) or "none"
    if isinstance(value, (list, tuple)):
        return "; ".join(map(_words, value)) or "none"
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)


def print_card(name: str, results: str = "results") -> None:
    """Print a card, one field per line."""
    kind, fields = card_of(name, results)
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    for key, value in fields.items():
        if key != "name":
            table.add_row(key.replace("_", " "), _words(value))
    console = Console(width=None if Console().is_terminal else 120)
    console.print(f"[bold]{name}[/bold]  {kind}")
    console.print(table)
