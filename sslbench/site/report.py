"""The report on a person's own data: one HTML file that needs nothing beside it, with its figures inside."""

import base64
import math
from collections.abc import Sequence
from importlib.resources import files

import matplotlib

from sslbench.assumptions.base import Verdict
from sslbench.diagnosis.advice import advice, evidence_lines
from sslbench.diagnosis.own_data import Assessment
from sslbench.site.build import environment, number
from sslbench.site.figures import COLOURS, INK, STYLE, rows_figure, svg

SHARE = "share"


def own_report(found: Assessment) -> bytes:
    """The page: verdicts, what they rest on, what they mean, two figures, and the nearest tasks of the board."""
    targets = [
        {
            "name": target,
            "n": mine[0].n,
            "verdicts": mine,
            "evidence": evidence_lines(mine),
            "advice": [line.partition(": ")[2] for line in advice(mine)],
            "figures": figures(target, mine),
            "near": found.near.get(target, []),
        }
        for target, mine in found.by_target.items()
    ]
    style = (files("sslbench.site") / "templates" / "style.css").read_text(encoding="utf-8")
    return environment().get_template("report.html").render(found=found, targets=targets, style=style).encode()


def figures(target: str, verdicts: Sequence[Verdict]) -> list[dict]:
    """Intervals in nats against their tolerances, and shares, of one target; each a data address and words."""
    out = []
    for unit, title, axis in (
        ("nats", "What was measured against what is tolerated", "nats (95 % interval; bar: tolerance)"),
        (SHARE, "Shares", "share (95 % interval; bar: tolerance)"),
    ):
        shown = [v for v in verdicts if v.unit == unit and v.power == "yes" and v.value is not None]
        shown = [v for v in shown if all(math.isfinite(x) for x in (v.value, v.low, v.high))]
        if shown:
            picture = base64.b64encode(interval_figure(shown, axis, f"{title}: {target}")).decode()
            words = "; ".join(
                f"{v.assumption} {number(v.value)} from {number(v.low)} to {number(v.high)}" for v in shown
            )
            out.append({"title": title, "address": f"data:image/svg+xml;base64,{picture}", "words": words})
    return out


def interval_figure(verdicts: Sequence[Verdict], axis: str, title: str) -> bytes:
    """One row per verdict: value, 95 % interval and tolerance, coloured by verdict; as SVG."""
    with matplotlib.rc_context(STYLE):
        figure, axes = rows_figure(len(verdicts))
        axes.axvline(0, color=INK, linewidth=0.8)
        for i, v in enumerate(verdicts):
            colour = COLOURS[v.verdict]
            axes.plot([v.low, v.high], [i, i], color=colour, linewidth=2.2, solid_capstyle="round")
            axes.plot([v.value], [i], "o", color=colour, markersize=6)
            axes.plot([v.tolerance] * 2, [i - 0.32, i + 0.32], color=INK, linewidth=1.4)
        axes.set_yticks(range(len(verdicts)), [f"{v.assumption}: {v.verdict}" for v in verdicts])
        axes.set_xlabel(axis, color=INK)
    return svg(figure, title)
