"""The verdicts on a person's own data, in words."""

import sys

import pandas as pd
from rich.console import Console
from rich.table import Table

from sslbench.assumptions.base import HOLDS, NOT_APPLICABLE, UNDECIDED, VIOLATED, Verdict
from sslbench.diagnosis.own_data import FEWEST, Question, assess_files
from sslbench.files import write_file
from sslbench.registry import ASSUMPTIONS, METHODS
from sslbench.tables import ASSUMPTION_COLUMNS

COLOURS = {HOLDS: "green", VIOLATED: "red", UNDECIDED: "yellow"}


def assess_and_show(question: Question, names: tuple[str, ...], out: str) -> None:
    """Test, then print a table on stdout, what it means, and what could not have been seen."""
    names = tuple(ASSUMPTIONS.get(n).name for n in names)
    verdicts, note = assess_files(question, names or None, lambda text: print(text, file=sys.stderr, flush=True))
    known = [v for v in verdicts if v.verdict != NOT_APPLICABLE]
    console = Console(width=None if Console().is_terminal else 120)
    console.print(f"views: {note}", highlight=False)
    for target in dict.fromkeys(v.target for v in known):
        mine = [v for v in known if v.target == target]
        console.print(_table(target, mine))
        for line in evidence_lines(mine):
            console.print(line, highlight=False, markup=False)
    for line in advice(known):
        console.print(line, highlight=False)
    if out:
        columns = [c for c in ASSUMPTION_COLUMNS if c != "task"]
        frame = pd.DataFrame([{c: getattr(v, c) for c in columns} for v in verdicts])
        from pathlib import Path

        write_file(Path(out), frame.to_csv(index=False, float_format="%.6g").encode())
        print(f"wrote {out}", file=sys.stderr)


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


def evidence_lines(verdicts: list[Verdict]) -> list[str]:
    """The statement of every assumption, and what its verdict rests on."""
    return [
        f"  {v.assumption}: {ASSUMPTIONS.get(v.assumption).card.statement}" + (f". {v.note}" if v.note else "")
        for v in verdicts
    ]


def advice(verdicts: list[Verdict]) -> list[str]:
    """What the verdicts mean for the choice of a method, one line each."""
    lines = []
    for target in dict.fromkeys(v.target for v in verdicts):
        mine = {v.assumption: v for v in verdicts if v.target == target}
        words = {name: v.verdict for name, v in mine.items()}
        n = next(iter(mine.values())).n
        if n < FEWEST:
            lines.append(f"{target}: {n} rows are few; below {FEWEST} only very large effects are decided.")
        lines += [f"{target}: {line}" for line in _advice(words, mine)]
    return lines


def _advice(words: dict[str, str], mine: dict[str, Verdict]) -> list[str]:
    asked = [n for n in words if n.startswith("redundancy-")]
    redundancy = {words.get(n) for n in ("redundancy-1", "redundancy-2", *asked)}
    out = []
    if VIOLATED in redundancy:
        card = ASSUMPTIONS.get("redundancy-1").card
        out.append(f"what one view alone knows matters. Relying on redundancy: {', '.join(card.families)}.")
        if words.get("interaction") == VIOLATED:
            fusing = _methods("fusion")
            out.append(f"part of it is synergy: fuse the views ({fusing}), as no code of one view can hold it.")
        else:
            out.append(
                "keep more than they share (families information-preserving, reconstruction); "
                "with few labels less pays."
            )
    elif redundancy == {HOLDS}:
        out.append("the views say the same about it: compressing to what they share is safe (contrastive, bottleneck).")
    elif redundancy & {UNDECIDED}:
        seen = max(v.detectable for k, v in mine.items() if k.startswith("redundancy"))
        out.append(f"redundancy is undecided; from about {seen:.3f} nats on a violation would have been seen.")
    if words.get("label-invariance") == VIOLATED:
        out.append("the views lose part of the label: weaken them, or use a method that sees the item itself.")
    if words.get("infomin") == VIOLATED and words.get("label-invariance") != VIOLATED:
        out.append("the views share much besides it: stronger views may help contrastive and joint-embedding methods.")
    return out


def _methods(need: str) -> str:
    return ", ".join(
        n for n in METHODS if need in METHODS.get(n).build().requirements and not METHODS.get(n).card.uses_labels
    )
