"""Progress and summaries of runs."""

import atexit
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn
from rich.table import Table

from sslbench.config import RunOptions
from sslbench.records import Record, read_records
from sslbench.runner.run import Reporter, resolve_device, run
from sslbench.site.build import build_site, rebuild
from sslbench.tables import Tables, build_tables, write_tables

if TYPE_CHECKING:
    from sslbench.runner.plan import Pack, Plan

PLAIN_SECONDS = 10.0  # between progress lines where stderr is not a terminal


def duration(seconds: float) -> str:
    """A duration in words that a person reads at a glance."""
    if seconds < 100:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def in_words(plan: "Plan", workers: int) -> str:
    """How much there is to do, and about how long it takes."""
    hours = f"{plan.cost / 3600:.1f} core-hours, " if plan.cost >= 360 else ""
    about = f", about {hours}{duration(plan.cost / workers)} on {workers} worker{'s' if workers > 1 else ''}"
    stored = f", {plan.stored} stored already" if plan.stored else ""
    runs = plan.runs - plan.verdicts
    return f"{runs} runs and {plan.verdicts} verdicts to do{stored}{about if plan.runs else ''}"


class Screen(Reporter):
    """Progress on stderr: a bar with the time left and what runs now; plain lines where it is no terminal."""

    def __init__(self):
        self.console = Console(stderr=True)
        self.progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TaskProgressColumn(),
            TextColumn("{task.fields[left]}"),
            TextColumn("[dim]{task.fields[now]}"),
            console=self.console,
            disable=not self.console.is_terminal,
        )
        self.bar = None
        self.running: dict[int, str] = {}
        self.done = self.total = self.count = self.runs = 0
        self.workers, self.began, self.spoke = 1, time.perf_counter(), 0.0

    def note(self, text: str) -> None:
        if self.console.is_terminal or not text.startswith("looking at"):
            self.console.print(text, highlight=False)

    def planned(self, plan: "Plan", workers: int) -> None:
        self.total, self.runs, self.workers = plan.cost, plan.runs, min(workers, max(1, len(plan.packs)))
        self.console.print(in_words(plan, self.workers), highlight=False)
        self.began = time.perf_counter()
        self.progress.start()
        self.bar = self.progress.add_task("sslbench", total=max(self.total, 1e-9), left="", now="")

    def started(self, pack: "Pack") -> None:
        self.running[id(pack)] = pack.title
        self._show()

    def finished(self, pack: "Pack", records: list[Record]) -> None:
        self.running.pop(id(pack), None)
        self.done += pack.cost
        self.count += pack.size
        for record in records:
            if record.failure:
                self.console.print(f"failed: {pack.title}: {record.failure}", style="red", highlight=False)
        self._show()

    def _show(self) -> None:
        share = self.done / max(self.total, 1e-9)
        passed = time.perf_counter() - self.began
        left = duration(passed * (1 - share) / share) + " left" if share > 0.02 else ""
        if not self.console.is_terminal:
            if passed - self.spoke >= PLAIN_SECONDS:
                self.spoke = passed
                print(f"{share:4.0%}  {self.count} of {self.runs} done  {left}", file=sys.stderr, flush=True)
            return
        self.progress.update(self.bar, completed=self.done, left=left, now=", ".join(self.running.values()))

    def stop(self) -> None:
        self.progress.stop()


def own_cards(task: str, own: dict, results: str, dry_run: bool) -> tuple[str, ...]:
    """The task of `--task`: its name, or the card made of a person's own data, which is shown on stderr."""
    from sslbench.runner.own_cards import with_cards

    scratch = tempfile.TemporaryDirectory() if dry_run else None  # the plan reads cards until the command ends
    if scratch:
        atexit.register(scratch.cleanup)
    tell = lambda text: print(text, file=sys.stderr, flush=True)  # noqa: E731
    return with_cards((task,) if task else (), own, results, tell, Path(scratch.name) if scratch else None)


def run_and_show(options: RunOptions) -> int:
    """Run with progress, then print a ranked summary and where things lie. Returns the exit code."""
    screen = Screen()
    try:
        outcome = run(options, lambda: rebuild(Path(options.results), Path(options.out)), screen)
    finally:
        screen.stop()
    tables = build_tables(Path(options.results))
    print_leaderboard(tables)
    _warn(tables)
    screen.console.print(
        f"{outcome.finished} runs and verdicts done in {duration(outcome.seconds)}, {outcome.stored} were stored, "
        f"{len(outcome.failed)} failed",
        highlight=False,
    )
    if tables.protocol != options.protocol.name:
        screen.console.print(
            f"the tables show the {tables.protocol} protocol, which {options.results} also holds", highlight=False
        )
    screen.console.print(
        f"tables: {Path(options.results) / 'tables'}   leaderboard: {Path(options.out) / 'index.html'}", highlight=False
    )
    if outcome.interrupted:
        return 130
    return 1 if outcome.failed else 0


def print_leaderboard(tables: Tables) -> None:
    """The overall board, or the boards there are, on stdout."""
    console = Console(width=None if Console().is_terminal else 120)
    for track in tables.tracks:
        _print_boards(console, tables.of_track(track), track)
    counts = tables.assumptions["verdict"].value_counts().to_dict()
    if counts:
        console.print(
            "assumptions on tasks: " + ", ".join(f"{k} {v}x" for k, v in sorted(counts.items())), highlight=False
        )


def _print_boards(console: Console, tables: Tables, track: str) -> None:
    """The overall board of one track, or the boards there are; why where no target ranks."""
    how = "" if track == "default" else f", {track}"
    for board in dict.fromkeys(tables.leaderboard["board"]):
        rows = tables.leaderboard[tables.leaderboard["board"] == board]
        counts = f"{rows['of_targets'].iloc[0]} ranked targets, {rows['runs'].iloc[0]} runs"
        table = Table(
            title=f"{board} ({tables.protocol} protocol{how}; {counts})", title_justify="left", box=None, pad_edge=False
        )
        for column, justify in (
            ("rank", "right"),
            ("method", "left"),
            ("gap closed", "right"),
            ("95 % interval", "right"),
            ("near best", "left"),
            ("bits", "right"),
            ("targets", "right"),
        ):
            table.add_column(column, justify=justify)
        for r in rows.itertuples():
            ranked = r.gap == r.gap
            table.add_row(
                str(r.rank) if ranked else "-",
                r.method,
                f"{r.gap:.3f}" if ranked else "-",
                (f"{r.low:.2f} - {r.high:.2f}" if r.low == r.low else "one task") if ranked else "not ranked",
                "yes" if r.best else "",
                f"{r.bits:.3f}" if r.bits == r.bits else "-",
                f"{r.targets} of {r.of_targets}",
            )
        console.print(table)
        if board == "overall":
            break
    for r in tables.targets[~tables.targets["ranked"].astype(bool)].itertuples():
        console.print(f"not ranked: {r.task} {r.target}: {r.reason}", highlight=False)


def show_plan(options: RunOptions) -> int:
    """Print the plan with estimated seconds; run nothing, write nothing."""
    from sslbench.runner.device import worker_count
    from sslbench.runner.plan import make_plan

    device = resolve_device(options.device)
    records, warnings = read_records(Path(options.results)) if Path(options.results).is_dir() else ([], [])
    for warning in warnings:
        print(warning, file=sys.stderr)
    plan = make_plan(options, records, device=device)
    workers = worker_count(options, device)
    print("pack\truns\tplacement\testimated seconds")
    for pack in plan.packs:
        print(f"{pack.title}\t{pack.size}\t{getattr(pack, 'placement', None) or '-'}\t{pack.cost:.1f}")
    skipped = sum(r.status == "not_applicable" for r in plan.decided)
    print(f"{in_words(plan, workers)}; {len(plan.packs)} packs on {device}, {skipped} not applicable", file=sys.stderr)
    return 0


def rebuild_tables(results: str, convert: bool = False) -> None:
    """Write results/tables and print the leaderboard; `convert` rewrites old records first."""
    if convert:
        from sslbench.runner.convert import convert_folder

        print(f"converted {results}: {convert_folder(_existing(results))}", file=sys.stderr)
    tables = write_tables(_existing(results))
    print_leaderboard(tables)
    _warn(tables)
    print(f"wrote {Path(results) / 'tables'}", file=sys.stderr)


def recompute_and_show(results: str) -> int:
    """Compare every score with the stored predictions and say what came of it. Returns the exit code."""
    from sslbench.evaluation.recompute import recompute

    found = recompute(_existing(results))
    for sentence in found.wrong:
        print(f"error: {sentence}", file=sys.stderr)
    print(found)
    return 1 if found.wrong else 0


def rebuild_site(results: str, out: str) -> None:
    """Write the site."""
    tables = build_tables(_existing(results))
    build_site(tables, Path(out))
    _warn(tables)
    print(f"wrote {Path(out) / 'index.html'}", file=sys.stderr)


def _warn(tables: Tables) -> None:
    """Say on stderr which records the tables do not hold."""
    if tables.left_out:
        print(tables.left_out, file=sys.stderr)


def _existing(results: str) -> Path:
    from sslbench.errors import UsageError

    if not Path(results).is_dir():
        raise UsageError(
            f"there is no results folder at {results}; make one with: sslbench run --all --quick --results {results}"
        )
    return Path(results)
