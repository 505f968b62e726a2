"""The first page: the boards by gap closed, and every method on every task."""

import numpy as np
import pandas as pd

from sslbench.site.answers import answers
from sslbench.site.boards import boards, made_of
from sslbench.site.figures import gap_figure
from sslbench.site.page import Link, Site, Written
from sslbench.tables import MAIN_PROBES, Tables

TEMPLATE = "index.html"
LINK = Link(0, "index.html", "Leaderboard")


def pages(site: Site) -> Written:
    """The page, and a figure of the overall board where it ranks."""
    every, tables = site.every, site.tables
    shown = boards(tables)
    yield site.page(
        LINK.path,
        TEMPLATE,
        boards=shown,
        made_of=made_of(tables) if shown else "",
        others={t: boards(every.of_track(t)) for t in every.tracks[1:]},
        searched=int(every.cells["candidates"].max()) if len(every.cells) else 0,
        ranked=int(tables.targets["ranked"].sum()),
        families=sorted({c["family"] for c in tables.cards["methods"].values()}),
        grid=score_grid(tables),
        answers=answers(shown, tables),
    )
    for board in shown[:1]:
        if board.rows:
            yield "figures/gaps.svg", gap_figure(board.rows, board.title)


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
    ranked = {(r.task, r.target) for r in tables.targets.itertuples() if r.ranked}
    head = [{"task": t, "target": g, "ceiling": ceiling[t, g], "ranked": (t, g) in ranked} for t, g in columns]
    return {"columns": head, "rows": rows}
