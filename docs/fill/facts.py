"""Single numbers and lists that stand within a line of a page. Without results they say so."""

import pandas as pd
from frames import Frames, interval, names, number, of_tables

from sslbench.tasks import find_suite, find_task

REDUNDANCY = ("redundancy-1", "redundancy-2")


@of_tables
def methods(frames: Frames) -> str:
    """How many methods, references and controls have results."""
    return str(len(frames.cards["methods"]))


@of_tables
def tasks(frames: Frames, suite: str = "core") -> str:
    """How many tasks a suite has."""
    return str(len(find_suite(suite)))


@of_tables
def task_names(frames: Frames, modality: str) -> str:
    """The core tasks of a modality on real data."""
    found = [find_task(t) for t in find_suite("core")]
    return names(t.name for t in found if t.modality == modality and t.source.kind != "world")


@of_tables
def core_worlds(frames: Frames) -> str:
    """The core tasks whose truth is known."""
    return names(t for t in find_suite("core") if find_task(t).source.kind == "world")


@of_tables
def targets(frames: Frames, board: str = "overall") -> str:
    """How many targets have results."""
    return str(len(_targets(frames, board)))


@of_tables
def ranked(frames: Frames, board: str = "overall") -> str:
    """How many targets rank."""
    return str(int(_targets(frames, board)["ranked"].eq(True).sum()))


@of_tables
def ranked_names(frames: Frames, board: str = "overall") -> str:
    """The targets that rank: tasks, with the target where a task has several."""
    rows = _targets(frames, board)
    several = rows["task"].duplicated(keep=False)
    shown = rows["task"].where(~several, rows["task"] + ", " + rows["target"])
    return names(shown[rows["ranked"].eq(True)], "none yet")


@of_tables
def best(frames: Frames, board: str) -> str:
    """The label-free methods that are not distinguishable from the board's best, the first eight by gap closed."""
    rows = frames["leaderboard"]
    rows = rows[(rows["board"] == board) & rows["best"].eq(True) & rows["uses_labels"].eq(False)].sort_values("rank")
    if not len(rows):
        return "no target is ranked yet"
    more = f" and {len(rows) - 8} more" if len(rows) > 8 else ""
    return names(rows["method"].head(8)) + more


@of_tables
def gap(frames: Frames, board: str, method: str) -> str:
    """The gap that a method closes on a board, with its interval."""
    rows = frames["leaderboard"].set_index(["board", "method"])
    if (board, method) not in rows.index:
        return "not measured yet"
    row = rows.loc[(board, method)]
    return interval(row["gap"], row["low"], row["high"])


@of_tables
def reliability(frames: Frames, board: str, over: str) -> str:
    """How far a board's order would repeat itself with other tasks, or other runs, with its interval."""
    rows = frames["reliability"].set_index(["board", "over"])
    if (board, over) not in rows.index:
        return "not measured yet"
    row = rows.loc[(board, over)]
    return "not measured yet" if pd.isna(row["reliability"]) else interval(*row[["reliability", "low", "high"]])


@of_tables
def verdicts(frames: Frames, verdict: str = "") -> str:
    """How many redundancy verdicts there are, or how many of one kind; `decided` is all but undecided."""
    found = redundancy(frames)["verdict"]
    if verdict == "decided":
        return str(int((found != "undecided").sum()))
    return str(int((found == verdict).sum()) if verdict else len(found))


@of_tables
def decided_share(frames: Frames) -> str:
    """The share of redundancy verdicts that are not undecided."""
    found = redundancy(frames)["verdict"]
    return f"{number(100 * (found != 'undecided').mean(), 0)} %" if len(found) else "not measured yet"


@of_tables
def known(frames: Frames, world: str, method: str, read: str) -> str:
    """Bits that a method reads on a world whose truth is known; `read` is how the column's name begins."""
    rows = frames.output("known_answers")
    (bits,) = rows[(rows["world"] == world) & (rows["method"] == method) & rows["read"].str.startswith(read)]["bits"]
    return number(bits)


@of_tables
def converged(frames: Frames, answer: str = "yes") -> str:
    """How many tasks' budgets have converged (yes), have not (no), or were not measured."""
    rows = frames["targets"].drop_duplicates("task")
    return str(int((rows["converged"] == answer).sum()))


def redundancy(frames: Frames) -> pd.DataFrame:
    """The redundancy verdicts."""
    rows = frames["assumptions"]
    return rows[rows["assumption"].isin(REDUNDANCY)]


def _targets(frames: Frames, board: str) -> pd.DataFrame:
    rows = frames["targets"]
    return rows if board == "overall" else rows[rows["modality"] == board]
