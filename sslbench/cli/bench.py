"""`sslbench bench`: measure, print ratios, write JSON."""

import json
import sys
from dataclasses import asdict
from pathlib import Path

import torch
from rich.console import Console
from rich.table import Table

from sslbench.bench.cases import CASES, run_cases
from sslbench.errors import UsageError
from sslbench.files import write_file
from sslbench.runner.device import environment
from sslbench.runner.run import resolve_device


def bench_and_show(only: tuple[str, ...], rounds: int, device: str, out: str) -> int:
    """Measure the named cases (all of them if none is named). Returns the exit code."""
    if unknown := [n for n in only if n not in CASES]:
        raise UsageError(f"bench has no measurement {', '.join(unknown)}; it has {', '.join(CASES)}")
    if rounds < 1:
        raise UsageError(f"--rounds must be at least 1, got {rounds}")
    where = resolve_device(device)
    tell = lambda text: print(text, file=sys.stderr, flush=True)  # noqa: E731
    found = run_cases(list(only or CASES), rounds, where, tell)
    table = Table(box=None, pad_edge=False, title=f"times less, median of {rounds} rounds", title_justify="left")
    for column in ("what", "against", "times", "least - most", "wanted", "note"):
        table.add_column(column, justify="right" if column in ("times", "least - most", "wanted") else "left")
    for r in found:
        wanted = "" if r.wanted is None else f"{r.wanted:g}"
        table.add_row(r.name, r.against, f"{r.ratio:.2f}", f"{r.low:.2f} - {r.high:.2f}", wanted, r.note)
    Console(width=None if Console().is_terminal else 190).print(table)
    if out:
        facts = {"environment": environment(torch.device(where)) | {"threads": "1"}, "rounds": rounds}
        facts["command"] = "sslbench bench" + "".join(f" --only {n}" for n in only) + f" --rounds {rounds}"
        facts["unit"] = "ratios of core-seconds on a CPU, of seconds on a GPU; *_ms per unit of work"
        text = json.dumps(facts | {"ratios": [asdict(r) for r in found]}, indent=1)
        write_file(Path(out), (text + "\n").encode())
        tell(f"wrote {out}")
    return 0
