"""`sslbench dev`: measurements that whoever sets up a task makes, not whoever reads the board."""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from sslbench.config import REFERENCES, RunOptions, help_of

dev = typer.Typer(no_args_is_help=True, help="Measurements for whoever sets up a task.")


@dev.callback()
def group() -> None:
    """Measurements for whoever sets up a task."""


@dev.command()
def convergence(
    task: Annotated[str, typer.Argument(help="a task, or the path of a card")],
    methods: Annotated[str, typer.Option(help="methods, comma-separated")] = ",".join(REFERENCES),
    factor: Annotated[int, typer.Option(min=2, help="how many times the card's steps are compared with them")] = 2,
    seeds: Annotated[int, typer.Option(min=0, help="runs of each method; 0 means folds x inits")] = 0,
    workers: Annotated[int, typer.Option(min=0, help="processes; 0 means one per core")] = 0,
    results: Annotated[str, typer.Option(help=help_of(RunOptions, "results"))] = "results",
) -> None:
    """Say whether a task's steps suffice: train reference methods for them and for twice as many. Goes on where it was.

    Example: `sslbench dev convergence digits`. Writes results/convergence.csv; the table `convergence` is made of it.
    """
    from sslbench.calibration.convergence import measure_convergence, runs_of
    from sslbench.tasks import find_task

    card = find_task(task)
    names = tuple(name.strip() for name in methods.split(",") if name.strip())
    tell = lambda done, total: print(f"{done} of {total} packs", file=sys.stderr, flush=True)  # noqa: E731
    count = workers or len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else workers or 2
    found = measure_convergence(card, names, factor, runs_of(card, seeds), Path(results), count, tell)
    print_verdict(card.name, card.budget.steps, factor, found)


@dev.command()
def card(
    tasks: Annotated[list[str] | None, typer.Argument(help="tasks, or paths of cards; none means the suite")] = None,
    suite: Annotated[str, typer.Option(help="a suite of tasks")] = "core",
    results: Annotated[str, typer.Option(help=help_of(RunOptions, "results"))] = "results",
) -> None:
    """Measure what a task's card shows of its data (rows, shapes, classes, chance, digest), and store sample items.

    Example: `sslbench dev card digits`. Writes results/facts.json and results/samples/TASK.json, which holds a few rows
    of the data: leave it out of what you publish if they are private. A run measures the facts too, but no samples.
    """
    from sslbench.data.dataset import load_dataset
    from sslbench.data.facts import facts_of
    from sslbench.diagnosis.task_samples import samples_of
    from sslbench.records.cards import renew_prose
    from sslbench.records.facts import add_facts, read_facts
    from sslbench.records.samples import write_samples
    from sslbench.tables.build import write_table
    from sslbench.tables.facts import facts_table
    from sslbench.tasks import find_suite, find_task

    folder = Path(results)
    for task in map(find_task, tasks or find_suite(suite)):
        dataset = load_dataset(task)
        add_facts(folder, {task.name: facts_of(dataset)})
        write_samples(folder, task.name, samples_of(dataset))
        renew_prose(folder, task)
        print(f"{task.name}: {folder / 'samples' / task.name}.json", file=sys.stderr, flush=True)
    write_table(folder, "facts", facts_table(read_facts(folder)))


def print_verdict(task: str, steps: int, factor: int, found: list) -> None:
    """The moves as a table, the verdict as a line, and what to try where it did not pass."""
    from rich.console import Console
    from rich.table import Table

    from sslbench.calibration.convergence import by_target, order, passed

    table = Table(box=None, pad_edge=False)
    for column in ("target", "method", f"bits, {steps} steps", f"{factor * steps} steps", "moved", "SDs", "still"):
        table.add_column(column, justify="left" if column in ("target", "method") else "right")
    for m in found:
        moved = f"{m.more - m.bits:+.3f} ± {m.noise:.3f}"
        table.add_row(
            m.target, m.method, f"{m.bits:.3f}", f"{m.more:.3f}", moved, f"{m.size:.2f}", "yes" if m.still else "no"
        )
    console = Console(width=None if Console().is_terminal else 120, highlight=False)
    console.print(table)
    for target, moves in by_target(found).items():
        words = "Spearman {:.2f} (least {:.2f})".format(*order(moves))
        if passed(moves):
            print(f"{task}, {target}: has converged at {steps} steps; {words}")
            continue
        worst = ", ".join(m.method for m in moves if not m.still) or "none"
        print(
            f"{task}, {target}: has not converged at {steps} steps; still moving: {worst}; {words}. Try budget.steps = "
            f"{factor * steps}, a wider encoder or weaker views"
        )
