"""Tables of today's results that stand as blocks in a page. Without results they say so."""

import math

import pandas as pd
from facts import redundancy
from frames import Frames, interval, markdown, names, number, of_tables

FIRST = 10  # rows of a board that are shown


@of_tables
def headroom(frames: Frames) -> str:
    """Every target: its control, what labels gain over it, and whether it ranks."""
    rows = [
        (
            f"{r.task}, {r.target}",
            "–" if pd.isna(r.control) else f"{r.control} {number(r.control_bits)}",
            number(r.supervised_bits),
            "–" if pd.isna(r.headroom) else f"{number(r.headroom)} ({number(r.headroom_sds, 0)} SD)",
            "–" if pd.isna(r.p) else "< .001" if r.p < 0.001 else number(r.p, 3),
            number(r.reliability),
            r.converged,
            "**yes**" if r.ranked else f"no: {r.reason}",
        )
        for r in frames["targets"].itertuples()
    ]
    head = ("task, target", "best untrained control, bits", "with labels", "headroom, bits (residual SDs)")
    head = (*head, "p of the F-test", "reliability", "converged", "ranks")
    return markdown(head, rows) if rows else "No target has results yet."


@of_tables
def board_beside_former(frames: Frames, board: str) -> str:
    """The first ten rows of a board today, and those that were among the first ten of protocol 3."""
    today = frames["leaderboard"]
    today = today[(today["board"] == board) & today["rank"].notna()].set_index("method")
    then = frames.former("leaderboard")
    then = then[(then["board"] == board) & then["rank"].notna()].set_index("method")
    place = then["rank"].rank(method="min")
    first = {*today.index[today["rank"] <= FIRST], *place.index[place <= FIRST]}
    after = math.inf  # a method that has no row stands after those that have one
    order = sorted(first, key=lambda m: (today["rank"].get(m, after), place.get(m, after), m))
    rows = []
    for m in order:
        now = ("–", "–", "–")
        if m in today.index:
            r = today.loc[m]
            now = (f"{r['rank']:.0f}{' *' if r['best'] else ''}", interval(r["gap"], r["low"], r["high"]))
            now = (*now, number(r["bits"]))
        was = ("–", "–")
        if m in then.index:
            r = then.loc[m]
            was = (f"{place[m]:.0f}{' *' if r['group'] == 1 else ''}", interval(r["rank"], r["low"], r["high"], 1))
        rows.append((f"`{m}`", *now, *was))
    said = "" if len(today) else f"No target of the board {board} is ranked yet; this is the former board alone.\n\n"
    return said + markdown(("method", "place", "gap closed", "bits", "former place", "former mean rank"), rows)


@of_tables
def budgets(frames: Frames) -> str:
    """Every measured target: what doubling the steps moved."""
    rows = [
        (
            f"{task}, {target}",
            f"{r['steps']:.0f}",
            f"{number(r['largest'])} ({r['method']})",
            number(r["of_gap"]),
            number(r["spearman"]),
            len(cells),
            "yes" if r["passed"] else "no",
        )
        for (task, target), cells in frames["convergence"].groupby(["task", "target"])
        for r in [cells.loc[cells["moved"].astype(float).abs().idxmax()]]
    ]
    largest = ("largest move, residual SDs", "the same as a share of the headroom")
    head = ("target", "steps", *largest, "order kept (Spearman)", "reference methods", "converged")
    return markdown(head, rows) if rows else "Convergence has not been measured on any task yet."


@of_tables
def reliabilities(frames: Frames) -> str:
    """How far each board's order would repeat itself with other tasks, and with other runs."""
    found = frames["reliability"]
    rows = []
    for board in dict.fromkeys(found["board"]):
        of = found[found["board"] == board].set_index("over")
        cells = [
            interval(r["reliability"], r["low"], r["high"])
            for over in ("tasks", "runs")
            for r in [of.loc[over] if over in of.index else {"reliability": math.nan, "low": 0, "high": 0}]
        ]
        rows.append((board, *cells, int(of["targets"].max()), int(of["methods"].max())))
    head = ("board", "with other tasks", "with other runs", "targets", "methods")
    return markdown(head, rows) if rows else "No board has results yet."


@of_tables
def premises(frames: Frames) -> str:
    """The redundancy verdicts of every target, in both directions, with values."""
    found = redundancy(frames).set_index(["task", "target", "assumption"])
    rows = []
    for task, target in sorted(set(found.index.droplevel("assumption"))):
        cells = []
        for name in ("redundancy-1", "redundancy-2"):
            if (task, target, name) not in found.index:
                cells += ["–", "–"]
                continue
            r = found.loc[(task, target, name)]
            powerless = r.get("power") == "no power"
            cells += [r["verdict"], "no power" if powerless else interval(r["value"], r["low"], r["high"], 3)]
        rows.append((f"{task}, {target}", *cells))
    head = ("task, target", "view 1 adds nothing to view 2", "nats", "view 2 adds nothing to view 1", "nats")
    return markdown(head, rows) if rows else "No verdict is stored yet."


@of_tables
def no_better_than_the_input(frames: Frames, board: str) -> str:
    """Label-free methods whose interval of the gap closed on a board is not above 0, the best untrained control."""
    rows = frames["leaderboard"]
    rows = rows[(rows["board"] == board) & rows["gap"].notna() & rows["uses_labels"].eq(False)]
    rows = rows[rows["family"] != "control"].sort_values("gap")
    if not len(rows):
        return f"On the board {board} no target is ranked yet."
    below = rows[rows["low"] <= 0]
    head = f"{board}: {len(below)} of {len(rows)} label-free methods are not shown to beat the best untrained control"
    shown = [(f"`{r.method}`", r.family, interval(r.gap, r.low, r.high)) for r in below.itertuples()]
    return head + (".\n\n" + markdown(("method", "family", "gap closed"), shown) if shown else ".")


@of_tables
def dial(frames: Frames) -> str:
    """What dialling four bases to an end moves in gap closed, on every ranked target: mean, least and most."""
    bases = ("simclr", "byol", "barlow-twins", "vicreg")
    rows, gaps = [], frames["gaps"]
    gaps = gaps[gaps["ranked"].eq(True)].set_index(["task", "target", "method"])["gap"]
    found = redundancy(frames).set_index(["task", "target", "assumption"])["verdict"]
    for task, target in sorted(set(gaps.index.droplevel("method"))):
        cells, of = [], gaps.loc[task, target]
        for end in ("compress", "keep"):
            moved = pd.Series([of.get(f"{b}-{end}", math.nan) - of.get(b, math.nan) for b in bases]).astype(float)
            cells.append(interval(moved.mean(), moved.min(), moved.max(), 3, "+"))
        said = ", ".join(found.get((task, target, f"redundancy-{i}"), "–") for i in (1, 2))
        rows.append((f"{task}, {target}", said, *cells))
    return (
        markdown(("task, target", "redundancy 1, 2", "compress", "keep"), rows) if rows else "No target is ranked yet."
    )


@of_tables
def representation_verdicts(frames: Frames) -> str:
    """Cells (task, method and, where it has one, target) by verdict of every assumption about representations."""
    rows = []
    for name, cells in frames["metric_verdicts"].groupby("assumption"):
        by = {v: cells[cells["verdict"] == v] for v in ("holds", "undecided", "violated")}
        rare = min(("holds", "violated"), key=lambda v: len(by[v]) or math.inf)
        count = by[rare]["method"].value_counts(sort=False).sort_index().sort_values(ascending=False, kind="stable")
        who = names(count.index[:4]) + (f" and {len(count) - 4} more" if len(count) > 4 else "")
        rows.append((f"`{name}`", *map(len, by.values()), f"{rare}: {who}" if len(count) else ""))
    head = ("assumption", "holds", "undecided", "violated", "methods of the rarer side, most cells first")
    return markdown(head, rows) if rows else "No representation has been measured yet."


@of_tables
def known_answers(frames: Frames, world: str) -> str:
    """Bits that methods read on a world whose truth is known: what tests/benchmarks/known_answers.py stored."""
    rows = frames.output("known_answers")
    rows = rows[rows["world"] == world]
    table = rows.pivot_table("bits", "method", "read", sort=False)
    return markdown(("method", *table.columns), [(f"`{m}`", *(number(v, 3) for v in r)) for m, r in table.iterrows()])
