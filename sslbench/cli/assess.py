"""The verdicts on a person's own data, in words."""

import sys
from pathlib import Path

import pandas as pd
from rich.console import Console
from rich.table import Table

from sslbench.assumptions.base import HOLDS, UNDECIDED, VIOLATED, Verdict
from sslbench.diagnosis.advice import advice, evidence_lines
from sslbench.diagnosis.own_data import Question, assess_files
from sslbench.files import write_file
from sslbench.registry import ASSUMPTIONS
from sslbench.tables import ASSUMPTION_COLUMNS

COLOURS = {HOLDS: "green", VIOLATED: "red", UNDECIDED: "yellow"}


def assess_and_show(question: Question, names: tuple[str, ...], out: str, html: str = "") -> None:
    """Test, then print a table on stdout, what it means, what could not have been seen, and the nearest tasks."""
    names = tuple(ASSUMPTIONS.get(n).name for n in names)
    found = assess_files(question, names or None, lambda text: print(text, file=sys.stderr, flush=True))
    console = Console(width=None if Console().is_terminal else 120)
    console.print(f"views: {found.note}", highlight=False, markup=False)
    for target, mine in found.by_target.items():
        console.print(_table(target, mine))
        for line in evidence_lines(mine):
            console.print(line, highlight=False, markup=False)
    for line in advice(found.known):
        console.print(line, highlight=False, markup=False)
    for target, near in found.near.items():
        console.print(
            f"{target}: the nearest tasks of the board that came with this copy", highlight=False, markup=False
        )
        for other in near:
            console.print(f"  {other.in_words}", highlight=False, markup=False)
    if out:
        columns = [c for c in ASSUMPTION_COLUMNS if c != "task"]
        frame = pd.DataFrame([{c: getattr(v, c) for c in columns} for v in found.verdicts])
        write_file(Path(out), frame.to_csv(index=False, float_format="%.6g").encode())
        print(f"wrote {out}", file=sys.stderr)
    if html:
        from sslbench.site.report import own_report

        write_file(Path(html), own_report(found))
        print(f"wrote {html}", file=sys.stderr)


def _table(target: str, verdicts: list[Verdict]) -> Table:
    table = Table(title=f"target: {target} (n = {verdicts[0].n})", title_justify="left", box=None, pad_edge=False)
    for column, justify in (("assumption", "left"), ("verdict", "left"), ("value [95 % interval]", "left")):
        table.add_column(column, justify=justify, no_wrap=True)
    table.add_column("tolerance", justify="right")
    table.add_column("seen from", justify="right")
    for v in verdicts:
        colour = COLOURS.get(v.verdict, "")
        table.add_row(
            v.assumption,
            f"[{colour}]{v.verdict}[/{colour}]" if colour else v.verdict,
            v.power if v.power != "yes" else f"{v.value:.3f} \\[{v.low:.3f}, {v.high:.3f}] {v.unit}",
            f"{v.tolerance:.3f}",
            f"{v.detectable:.3f}",
        )
    return table
