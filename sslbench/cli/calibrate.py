"""Progress and rates of a calibration."""

import os
import re
import sys
import time
from pathlib import Path

from rich.console import Console
from rich.table import Table

from sslbench.calibration.calibrate import SIZES, calibrate
from sslbench.calibration.cases import declared_cards
from sslbench.cli.run import duration
from sslbench.errors import UsageError
from sslbench.tables.calibration import calibration_table, error_rates, in_words

SPOKEN = 20.0  # seconds between two lines of progress


def sizes_of(texts: tuple[str, ...]) -> tuple[tuple[int, int], ...]:
    """1000x10 -> (1000, 10); raises UsageError for anything else."""
    out = []
    for text in texts:
        found = re.fullmatch(r"(\d+)x(\d+)", text)
        if not found or int(found[1]) < 100 or int(found[2]) < 2:
            raise UsageError(f"a size is rows x columns, at least 100x2, as in 1000x10; got {text!r}")
        out.append((int(found[1]), int(found[2])))
    return tuple(out) or SIZES


def calibrate_and_show(
    assumptions: tuple[str, ...],
    worlds: tuple[str, ...],
    sizes: tuple[str, ...],
    repetitions: int,
    workers: int,
    results: str,
) -> None:
    """Run what is missing with progress on stderr, then print the rates per world."""
    began, last = time.perf_counter(), 0.0

    def progress(done: int, total: int, made: list) -> None:
        nonlocal last
        now = time.perf_counter() - began
        if now - last > SPOKEN or done == total:
            last = now
            left = duration(now / done * (total - done))
            print(f"{done} of {total} data sets, {left} left", file=sys.stderr, flush=True)

    count = workers or len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else workers or 2
    trials = calibrate(Path(results), assumptions, worlds, sizes_of(sizes), repetitions, count, progress)
    cards = declared_cards()
    frame = calibration_table(trials, cards)
    table = Table(box=None, pad_edge=False)
    for column in (
        "assumption",
        "world",
        "rows x columns",
        "right",
        "undecided",
        "wrong",
        "covered",
        "bias",
        "seconds",
    ):
        table.add_column(column, justify="left" if column in ("assumption", "world") else "right")
    for r in frame.itertuples():
        covered = "-" if r.covered != r.covered else f"{r.covered:.0%}"
        cells = (f"{r.n} x {r.dim}", str(r.right), str(r.undecided), str(r.wrong), covered)
        table.add_row(r.assumption, r.world, *cells, f"{r.bias:+.3f}", f"{r.seconds:.1f}")
    console = Console(width=None if Console().is_terminal else 120)
    console.print(table)
    for name in dict.fromkeys(frame["assumption"]):
        console.print(f"{name}: {in_words(error_rates(frame, name, cards))}", highlight=False)
    print(f"wrote {Path(results) / 'calibration.csv'}", file=sys.stderr)
