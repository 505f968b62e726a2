"""The figure of a task's sweep: survival of each label over view strength, and over what two views share."""

import math

import matplotlib
import pandas as pd
from matplotlib.figure import Figure

from sslbench.site.figures import GRID, INK, MUTED, STYLE, svg

LINES = ("#2b5fb3", "#c2452d", "#21815c", "#8a5fb0", "#b07d1e", "#4a9aa8")  # one a view kind
LEAST = 0.05  # nats shared; less is drawn there, as the axis is logarithmic


def sweep_figure(table: pd.DataFrame) -> bytes:
    """One row of axes per target; hollow points are strengths that the sweep does not support. Same table, same bytes.

    Left: the share of the label that a view keeps, with its 95 % interval, over strength. Right: the same over
    I(V1; V2), InfoMin's curve: what lies at the top left keeps the label and shares little. table: of one task.
    """
    targets, kinds = sorted(set(table["target"])), sorted(set(table["view"]))
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(8.0, 0.7 + 2.3 * len(targets)), layout="constrained")
        for axes, target in zip(figure.subplots(len(targets), 2, sharey="row", squeeze=False), targets, strict=True):
            mine = table[(table["target"] == target) & table["survival"].notna()]
            for kind, colour in zip(kinds, _colours(len(kinds)), strict=True):
                _draw(axes, mine[mine["view"] == kind].sort_values("strength").to_dict("records"), kind, colour)
            _frame(axes, target, bottom=target == targets[-1])
        figure.axes[0].legend(frameon=False, fontsize=9, loc="lower left")
    return svg(figure, f"What views of {table['task'].iloc[0]} keep of the label and share")


def _colours(count: int) -> list[str]:
    return [LINES[k % len(LINES)] for k in range(count)]


def _draw(axes, rows: list[dict], kind: str, colour: str) -> None:
    """The line of one kind in both axes."""
    kept = [r["survival"] for r in rows]
    strengths, shared = [r["strength"] for r in rows], [max(r["shared"], LEAST) for r in rows]
    axes[0].plot([0, *strengths], [1, *kept], color=colour, linewidth=1.8, label=kind)
    axes[0].vlines(
        strengths, [r["survival_low"] for r in rows], [r["survival_high"] for r in rows], color=colour, linewidth=1.0
    )
    axes[1].plot(shared, kept, color=colour, linewidth=1.8)
    for r, strength, common in zip(rows, strengths, shared, strict=True):
        fill = colour if r["supported"] else "white"
        for ax, x in zip(axes, (strength, common), strict=True):
            ax.plot([x], [r["survival"]], "o", color=colour, markerfacecolor=fill, markersize=5)


def _frame(axes, target: str, bottom: bool) -> None:
    for ax in axes:
        ax.spines[["top", "right"]].set_visible(False)
        ax.grid(color=GRID, linewidth=0.8)
        ax.set_axisbelow(True)
        ax.axhline(1, color=MUTED, linewidth=1.0)
        low, high = ax.get_ylim()
        ax.set_ylim(max(low, -0.3), min(high, 1.3))
    axes[0].set_ylabel(f"{target}: share kept", color=INK)
    axes[1].set_xscale("log")
    if bottom:
        axes[0].set_xlabel("strength (hollow: not supported)", color=INK)
        axes[1].set_xlabel(f"nats shared by two views ({LEAST:g}: or less)", color=INK)


def sweep_alt(table: pd.DataFrame) -> str:
    """What the figure shows, for those who do not see it."""
    least = [float(r.survival) for r in table.itertuples() if not math.isnan(r.survival)]
    lowest = f"; the least that any keeps is {min(least):.2f}" if least else ""
    return f"Share of the label that views keep, over strength and over what two views share, by view kind{lowest}."
