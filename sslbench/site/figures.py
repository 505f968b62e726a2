"""Figures of the leaderboard as SVG: same tables, same bytes."""

import io
import re

import matplotlib
import pandas as pd
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

STYLE = {"svg.hashsalt": "sslbench", "svg.fonttype": "none", "font.family": "sans-serif", "font.size": 10}
INK, MUTED, GRID = "#1c2733", "#8694a3", "#dfe5ec"
COLOURS = {"violated": "#c2452d", "holds": "#21815c", "undecided": "#8694a3", "failed": "#8694a3"}


def _figure(rows: int, width: float = 8.0) -> tuple[Figure, object]:
    figure = Figure(figsize=(width, 0.9 + 0.3 * rows), layout="constrained")
    axes = figure.add_subplot()
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.tick_params(axis="y", length=0, colors=INK)
    axes.grid(axis="x", color=GRID, linewidth=0.8)
    axes.set_axisbelow(True)
    axes.set_ylim(rows - 0.4, -0.6)
    return figure, axes


def _svg(figure: Figure, title: str) -> bytes:
    out = io.BytesIO()
    with matplotlib.rc_context(STYLE):
        FigureCanvasSVG(figure).print_svg(out, metadata={"Date": None, "Creator": "sslbench", "Title": title})
    return re.sub(rb"[ \t]+\n", b"\n", out.getvalue())


def rank_figure(board: pd.DataFrame) -> bytes:
    """Mean rank with its interval, best first; references in grey."""
    ranked = board[board["rank"].notna()].reset_index(drop=True)
    with matplotlib.rc_context(STYLE):
        figure, axes = _figure(len(ranked))
        for i, row in ranked.iterrows():
            colour = MUTED if row["family"] == "control" else "#2b5fb3"
            axes.plot([row["low"], row["high"]], [i, i], color=colour, linewidth=2.2, solid_capstyle="round")
            axes.plot([row["rank"]], [i], "o", color=colour, markersize=6)
        axes.set_yticks(range(len(ranked)), ranked["method"])
        axes.set_xlabel("mean rank over tasks, 95 % interval (lower is better)", color=INK)
    return _svg(figure, "Mean rank of every method")


def assumption_figure(verdicts: pd.DataFrame) -> bytes:
    """I(Y; X1 | X2) and its converse with intervals and tolerances, nats; coloured by verdict."""
    both = verdicts["assumption"].str.startswith("redundancy") & verdicts["value"].notna()
    shown = verdicts[both].reset_index(drop=True)
    with matplotlib.rc_context(STYLE):
        figure, axes = _figure(len(shown))
        for i, row in shown.iterrows():
            colour = COLOURS[row["verdict"]]
            axes.plot([row["low"], row["high"]], [i, i], color=colour, linewidth=2.2, solid_capstyle="round")
            axes.plot([row["value"]], [i], "o", color=colour, markersize=6)
            axes.plot([row["tolerance"]] * 2, [i - 0.32, i + 0.32], color=INK, linewidth=1.4)
        axes.set_yticks(range(len(shown)), [f"{r.task} · {r.target} · {r.assumption}" for r in shown.itertuples()])
        axes.set_xscale("symlog", linthresh=0.02)
        axes.set_xticks([0, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5], ["0", ".01", ".02", ".05", ".1", ".2", ".5"])
        axes.minorticks_off()
        axes.set_xlabel("nats that one view adds to the other (95 % interval; bar: tolerance)", color=INK)
    return _svg(figure, "Information that one view adds about the target")
