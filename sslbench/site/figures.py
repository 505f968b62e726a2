"""Figures of the leaderboard as SVG: same tables, same bytes."""

import io
import math
import re

import matplotlib
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

STYLE = {"svg.hashsalt": "sslbench", "svg.fonttype": "none", "font.family": "sans-serif", "font.size": 10}
INK, MUTED, GRID, BEST = "#1c2733", "#8694a3", "#dfe5ec", "#2b5fb3"
LEAST = -1.0  # gap closed below which a method is drawn as an arrow
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


def svg(figure: Figure, title: str) -> bytes:
    out = io.BytesIO()
    with matplotlib.rc_context(STYLE):
        FigureCanvasSVG(figure).print_svg(out, metadata={"Date": None, "Creator": "sslbench", "Title": title})
    return re.sub(rb"[ \t]+\n", b"\n", out.getvalue())


def gap_figure(rows: list[dict], board: str) -> bytes:
    """Gap closed with its interval, best first: 0 is the best untrained control, 1 supervised.

    Methods not distinguishable from the best in blue, references in grey; what lies below -1 is an arrow at -1.
    rows: of the table `leaderboard`.
    """
    shown = [r for r in rows if not math.isnan(r["gap"])]
    with matplotlib.rc_context(STYLE):
        figure, axes = _figure(len(shown))
        for bound in (0, 1):
            axes.axvline(bound, color=MUTED, linewidth=1.2)
        for i, row in enumerate(shown):
            colour = MUTED if row["family"] == "control" else BEST if row["best"] else INK
            axes.plot([max(row["low"], LEAST), max(row["high"], LEAST)], [i, i], color=colour, linewidth=2.2)
            axes.plot([max(row["gap"], LEAST)], [i], "<" if row["gap"] < LEAST else "o", color=colour, markersize=6)
        axes.set_yticks(range(len(shown)), [r["method"] for r in shown])
        axes.set_xlabel("gap closed, 95 % interval (0: best untrained control, 1: supervised)", color=INK)
    return svg(figure, f"Gap closed by every method, board {board}")


def assumption_figure(verdicts: list[dict]) -> bytes:
    """I(Y; X1 | X2) and its converse with intervals and tolerances, nats; coloured by verdict."""
    shown = [v for v in verdicts if v["assumption"].startswith("redundancy") and not math.isnan(v["value"])]
    with matplotlib.rc_context(STYLE):
        figure, axes = _figure(len(shown))
        for i, row in enumerate(shown):
            colour = COLOURS[row["verdict"]]
            axes.plot([row["low"], row["high"]], [i, i], color=colour, linewidth=2.2, solid_capstyle="round")
            axes.plot([row["value"]], [i], "o", color=colour, markersize=6)
            axes.plot([row["tolerance"]] * 2, [i - 0.32, i + 0.32], color=INK, linewidth=1.4)
        axes.set_yticks(range(len(shown)), [f"{v['task']} · {v['target']} · {v['assumption']}" for v in shown])
        axes.set_xscale("symlog", linthresh=0.02)
        axes.set_xticks([0, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5], ["0", ".01", ".02", ".05", ".1", ".2", ".5"])
        axes.minorticks_off()
        axes.set_xlabel("nats that one view adds to the other (95 % interval; bar: tolerance)", color=INK)
    return svg(figure, "Information that one view adds about the target")
