"""The first page: ranks, and every method on every task."""

import numpy as np
import pandas as pd

from sslbench.site.figures import rank_figure
from sslbench.site.page import Link, Site, Written
from sslbench.site.rows import verdict_counts
from sslbench.tables import BOARDS, MAIN_PROBES, Tables

TEMPLATE = "index.html"
LINK = Link(0, "index.html", "Leaderboard")


def pages(site: Site) -> Written:
    """The page, and the figure of the ranks."""
    every, tables = site.every, site.tables
    yield site.page(
        LINK.path,
        TEMPLATE,
        boards=boards(tables),
        others={t: boards(every.of_track(t)) for t in every.tracks[1:]},
        searched=int(every.cells["candidates"].max()) if len(every.cells) else 0,
        beats=beaten(tables),
        grid=score_grid(tables),
        verdicts=verdict_counts(tables),
    )
    yield "figures/ranks.svg", rank_figure(tables.leaderboard[tables.leaderboard["board"] == "overall"])


def boards(tables: Tables) -> dict[str, list[dict]]:
    """The boards that have a row, as rows."""
    found = {b: tables.leaderboard[tables.leaderboard["board"] == b].to_dict("records") for b in BOARDS}
    return {b: rows for b, rows in found.items() if rows}


def beaten(tables: Tables) -> dict[str, dict[str, str]]:
    """Of every method and control: on how many (task, target) the paired interval of the gain is above 0."""
    out: dict[str, dict[str, str]] = {}
    for (method, control), rows in tables.gains.groupby(["method", "over"]):
        out.setdefault(method, {})[control] = f"{int((rows['low'] > 0).sum())} of {len(rows)}"
    return out


def _joint(scores: pd.DataFrame) -> pd.DataFrame:
    return scores[(scores["readout"] == "joint") & scores["probe"].isin(MAIN_PROBES)]


def score_grid(tables: Tables) -> dict:
    """Methods x (task, target) of joint bits with a shade: 0 at chance, 1 at the column's best."""
    scores = _joint(tables.scores)
    bits = scores[scores["metric"] == "bits"]
    columns = list(dict.fromkeys(zip(bits["task"], bits["target"], strict=True)))
    order = list(dict.fromkeys(tables.leaderboard["method"])) + sorted(
        set(tables.cells["method"]) - set(tables.leaderboard["method"])
    )
    found = {(r.method, r.task, r.target): r._asdict() for r in bits.itertuples()}
    best = bits.groupby(["task", "target"])["value"].max().to_dict()
    status = {(r.task, r.method): (r.status, r.reason) for r in tables.cells.itertuples()}
    rows = []
    for method in order:
        cells = []
        for column in columns:
            row = found.get((method, *column))
            shade = 0.0 if row is None else float(np.clip(row["value"] / max(best[column], 1e-9), 0, 1))
            state, reason = status.get((column[0], method), ("missing", "not run yet"))
            cells.append(
                {
                    "row": row,
                    "shade": round(shade, 2),
                    "best": row is not None and row["value"] == best[column],
                    "status": state,
                    "reason": reason,
                }
            )
        rows.append({"method": method, "cells": cells})
    ceiling = bits.groupby(["task", "target"])["ceiling"].mean().to_dict()
    return {"columns": [{"task": t, "target": g, "ceiling": ceiling[t, g]} for t, g in columns], "rows": rows}
