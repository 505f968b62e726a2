"""Blocks about how often verdicts are right where the truth is known, from the table `calibration`."""

import math

from frames import Frames, markdown, of_tables

from sslbench.tables.calibration import error_rates


@of_tables
def calibrated(frames: Frames) -> str:
    """Every assumption and metric: verdicts by outcome, over all worlds and sizes."""
    table, rows = frames["calibration"], []
    for name in dict.fromkeys(table["assumption"]):
        r = error_rates(table, name, {})
        counts = [r[k] for k in ("worlds", "trials", "right", "undecided")]
        covers = "–" if math.isnan(r["covered"]) else f"{r['covered']:.0%}, {r['least_covered']}"
        rows.append((f"`{name}`", *counts, f"{r['wrong']} (≤ {r['wrong_high']:.1%})", r["false_alarms"], covers))
    head = ("assumption or metric", "worlds", "verdicts", "right", "undecided", "wrong (95 % bound)", "false alarms")
    return markdown((*head, "interval covers the truth, least"), rows)


@of_tables
def calibrated_by_size(frames: Frames, assumption: str) -> str:
    """One assumption by rows and columns."""
    table, rows = frames["calibration"], []
    for (n, dim), cells in table[table["assumption"] == assumption].groupby(["n", "dim"]):
        known = cells[cells["covered"].notna()]
        covers = f"{(known['covered'] * known['trials']).sum() / known['trials'].sum():.0%}" if len(known) else "–"
        counts = [cells[c].sum() for c in ("trials", "right", "undecided", "wrong")]
        rows.append((f"{n:,} × {dim}", *counts, covers, f"{cells['seconds'].median():.1f}"))
    head = (f"`{assumption}`: rows × columns per view", "verdicts", "right", "undecided", "wrong", "covers")
    return markdown((*head, "CPU seconds, median"), rows)
