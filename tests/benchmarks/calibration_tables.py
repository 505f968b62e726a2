"""The calibration as docs/measured.md shows it: python tests/benchmarks/calibration_tables.py [calibration.csv].

Prints Markdown of what `sslbench calibrate` stored: rates by premise, then redundancy-1 by size.
"""

import math
import sys
from pathlib import Path

from sslbench.records.trials import read_trials
from sslbench.tables.calibration import calibration_table, error_rates


def head(*columns: str) -> list[str]:
    return [f"| {' | '.join(columns)} |", "|---" * len(columns) + "|"]


def by_premise(table) -> list[str]:
    wrong, covers = "wrong (95 % bound)", "interval covers the truth, least"
    out = head("premise", "worlds", "verdicts", "right", "undecided", wrong, "false alarms", covers)
    for name in dict.fromkeys(table["assumption"]):
        r = error_rates(table, name)
        covers = "–" if math.isnan(r["covered"]) else f"{r['covered']:.0%}, {r['least_covered']}"
        counts = [r[k] for k in ("worlds", "trials", "right", "undecided")]
        cells = [f"`{name}`", *counts, f"{r['wrong']} (≤ {r['wrong_high']:.1%})", r["false_alarms"], covers]
        out.append(f"| {' | '.join(map(str, cells))} |")
    return out


def by_size(table, assumption: str = "redundancy-1") -> list[str]:
    size = f"`{assumption}`: rows × columns per view"
    out = head(size, "verdicts", "right", "undecided", "wrong", "covers", "CPU seconds, median")
    for (n, dim), rows in table[table["assumption"] == assumption].groupby(["n", "dim"]):
        known = rows[rows["covered"].notna()]
        covers = f"{(known['covered'] * known['trials']).sum() / known['trials'].sum():.0%}" if len(known) else "–"
        cells = [f"{n:,} × {dim}", *(rows[c].sum() for c in ("trials", "right", "undecided", "wrong")), covers]
        out.append(f"| {' | '.join(map(str, cells))} | {rows['seconds'].median():.1f} |")
    return out


if __name__ == "__main__":
    file = Path(sys.argv[1] if len(sys.argv) > 1 else "results/calibration.csv")
    found = calibration_table(read_trials(file))
    print("\n".join([*by_premise(found), "", *by_size(found)]))
