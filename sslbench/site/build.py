"""Build the leaderboard's pages from the tables. Deterministic: the same tables give the same bytes."""

from importlib.resources import files
from pathlib import Path

import numpy as np
import pandas as pd
from jinja2 import Environment, FunctionLoader, StrictUndefined

from sslbench.config import protocol_named
from sslbench.files import write_file
from sslbench.metrics.catalogue import METRICS
from sslbench.site.figures import assumption_figure, rank_figure
from sslbench.site.premises import measured_rows, premise_counts, representation_names, verdict_grid
from sslbench.tables import BOARDS, MAIN_PROBES, Tables, write_tables
from sslbench.tables.calibration import error_rates, in_words
from sslbench.tables.columns import COLUMNS, TABLES

VERDICT_ORDER = {"violated": 0, "undecided": 1, "failed": 2, "holds": 3}  # not applicable is no verdict


def _template(name: str) -> str:
    return files("sslbench").joinpath("site", "templates", name).read_text(encoding="utf-8")


def number(value, digits: int = 3) -> str:
    """A number with three decimals and a true minus; a dash for none."""
    if value is None or pd.isna(value):
        return "–"
    text = f"{value:.{digits}f}"
    if float(text) == 0:
        text = text.lstrip("-")
    return text.replace("-", "−")


def interval(row, digits: int = 3) -> str:
    """value [low, high] of a table row."""
    known = not pd.isna(row["low"])
    return number(row["value"], digits) + (
        f" [{number(row['low'], digits)}, {number(row['high'], digits)}]" if known else ""
    )


def rebuild(results: Path, out: Path) -> None:
    """Tables and site anew from the records of a results folder."""
    build_site(write_tables(results), out)


def build_site(tables: Tables, out: Path) -> None:
    """Write the site into `out`: index, assumptions, representations, calibration, cost, about, a page per method and
    per task, figures, style and script.
    """
    environment = Environment(
        loader=FunctionLoader(_template),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"number": number, "interval": interval}
    every = tables
    tables = (every.of_track(every.tracks[0]) if every.tracks else every).of_labels("all")
    shared = {
        "tables": tables,
        "cards": tables.cards,
        "protocol": tables.protocol,
        "config": protocol_named(tables.protocol),
        "measures": METRICS,
    }
    page = lambda name, template, root, **more: write_file(  # noqa: E731
        out / name, environment.get_template(template).render(root=root, page=name, **shared, **more).encode()
    )
    boards = _boards(tables)
    others = {t: _boards(every.of_track(t)) for t in every.tracks[1:]}
    verdicts = tables.assumptions.to_dict("records")
    page(
        "index.html",
        "index.html",
        "",
        boards=boards,
        others=others,
        searched=int(every.cells["candidates"].max()) if len(every.cells) else 0,
        beats=beaten(tables),
        grid=score_grid(tables),
        verdicts=verdict_counts(tables),
    )
    rates = {a: error_rates(tables.calibration, a) for a in dict.fromkeys(tables.calibration["assumption"])}
    page(
        "assumptions.html",
        "assumptions.html",
        "",
        verdicts=[v for v in verdicts if v["verdict"] != "not applicable"],
        summary=verdict_counts(tables),
        grid=verdict_grid(tables),
        measured={a: in_words(r) for a in tables.cards["assumptions"] if (r := error_rates(tables.calibration, a))},
    )
    page("calibration.html", "calibration.html", "", rates=rates, trials=tables.calibration.to_dict("records"))
    page(
        "representations.html",
        "representations.html",
        "",
        names=representation_names(tables),
        rows=premise_counts(tables),
    )
    costs = {t: every.of_track(t).cost.to_dict("records") for t in every.tracks}
    page("cost.html", "cost.html", "", tracks=costs, columns=[COLUMNS[c] for c in TABLES["cost"].values])
    page("about.html", "about.html", "")
    for method, card in tables.cards["methods"].items():
        page(
            f"methods/{method}.html",
            "method.html",
            "../",
            method=method,
            card=card,
            rows=_main(tables, method=method),
            **measured_rows(tables, "method", method),
            cells=_cells(tables, "method", method),
        )
    for task, card in tables.cards["tasks"].items():
        mine = [v for v in verdicts if v["task"] == task and v["verdict"] != "not applicable"]
        scores = tables.scores[tables.scores["task"] == task]
        page(
            f"tasks/{task}.html",
            "task.html",
            "../",
            task=task,
            card=card,
            rows=_main(tables, task=task),
            verdicts=mine,
            gains=_gains(tables, task),
            **measured_rows(tables, "task", task),
            readouts=_readouts(scores),
            retrieval=_retrieval(scores),
            cells=_cells(tables, "task", task),
        )
    ranked = tables.leaderboard[tables.leaderboard["board"] == "overall"]
    write_file(out / "figures" / "ranks.svg", rank_figure(ranked))
    write_file(out / "figures" / "assumptions.svg", assumption_figure(tables.assumptions))
    for asset in ("style.css", "script.js"):
        write_file(out / asset, _template(asset).encode())
    for name in ("scores", "gains", "assumptions", "calibration", "leaderboard"):
        write_file(out / "data" / f"{name}.csv", getattr(every, name).to_csv(index=False, float_format="%.6g").encode())


def _boards(tables: Tables) -> dict[str, list[dict]]:
    """The boards that have a row, as rows."""
    boards = {b: tables.leaderboard[tables.leaderboard["board"] == b].to_dict("records") for b in BOARDS}
    return {b: rows for b, rows in boards.items() if rows}


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


def beaten(tables: Tables) -> dict[str, dict[str, str]]:
    """Of every method and control: on how many (task, target) the paired interval of the gain is above 0."""
    out: dict[str, dict[str, str]] = {}
    for (method, control), rows in tables.gains.groupby(["method", "over"]):
        out.setdefault(method, {})[control] = f"{int((rows['low'] > 0).sum())} of {len(rows)}"
    return out


def verdict_counts(tables: Tables) -> dict[str, int]:
    """How many verdicts of each kind."""
    counts = tables.assumptions["verdict"].value_counts().to_dict()
    return {k: counts[k] for k in VERDICT_ORDER if k in counts}


def _main(tables: Tables, method: str | None = None, task: str | None = None) -> list[dict]:
    """Joint scores side by side: one row per (task, method, target) with bits, accuracy, balanced accuracy and kNN
    accuracy.
    """
    scores = tables.scores[tables.scores["readout"] == "joint"]
    scores = scores[scores["method"] == method] if method else scores[scores["task"] == task]
    rows: dict[tuple, dict] = {}
    for r in scores.to_dict("records"):
        row = rows.setdefault(
            (r["target"], r["task"], r["method"]), {"target": r["target"], "task": r["task"], "method": r["method"]}
        )
        row[r["metric"] if r["probe"] in MAIN_PROBES else f"{r['probe']}-{r['metric']}"] = r
    return sorted(rows.values(), key=lambda r: (r["target"], r["task"], -r["bits"]["value"]))


def _gains(tables: Tables, task: str) -> dict[tuple[str, str, str], dict]:
    """Gains over the controls on a task, by (target, method, control)."""
    rows = tables.gains[tables.gains["task"] == task].to_dict("records")
    return {(r["target"], r["method"], r["over"]): r for r in rows}


def _readouts(scores: pd.DataFrame) -> list[dict]:
    """Bits read from each stream alone, one row per (target, method): stream -> table row."""
    return _side_by_side(scores[(scores["metric"] == "bits") & (scores["readout"] != "joint")], "target", "readout")


def _retrieval(scores: pd.DataFrame) -> list[dict]:
    """R@1/5/10 of both directions, one row per (direction, method): metric -> table row."""
    return _side_by_side(scores[scores["probe"] == "retrieval"], "readout", "metric")


def _side_by_side(scores: pd.DataFrame, key: str, across: str) -> list[dict]:
    """One row per (key, method), its cells the table rows by their value of `across`."""
    rows: dict[tuple[str, str], dict] = {}
    for r in scores.to_dict("records"):
        rows.setdefault((r[key], r["method"]), {})[r[across]] = r
    return [{"key": k, "method": m, "cells": cells} for (k, m), cells in sorted(rows.items())]


def _cells(tables: Tables, key: str, name: str) -> list[dict]:
    """Cells that gave no score, with the reason, and what the others cost."""
    return tables.cells[tables.cells[key] == name].to_dict("records")
