"""The leaderboard: the mean gap closed per board, and which methods are not distinguishable from the best."""

import math

import numpy as np
import pandas as pd
from scipy.stats import rankdata, t

from sslbench.stats import clustered_mean, how_many_more, near_best, ranks
from sslbench.tables.boards import BOARDS, Board
from sslbench.tables.columns import TABLES
from sslbench.tables.gaps import Gaps
from sslbench.tables.standard import Targets


def leaderboard_table(boards: list[Board], targets: Targets, gaps: Gaps, cards: dict) -> pd.DataFrame:
    """One row per board and method: its mean gap over the board's ranked targets, with a 95 % interval over tasks.

    A row's gap, interval and bits come from its own runs and those of the controls alone, so that no other record moves
    them; rank, mean rank and `best` compare rows. The interval is Student's over tasks, each target one measurement
    (`clustered_mean`), and speaks of tasks like these; nan with one task. Rows without labels are compared with the
    best of them. A method that lacks a ranked target is listed unranked with its coverage. Where no target of a
    board ranks, there is no gap, and bits and accuracy are means over all its targets and the runs there are.
    """
    frame = pd.DataFrame(
        [row for board in boards for row in _rows(board, targets, gaps, cards)], columns=TABLES["leaderboard"].columns
    )
    frame["board"] = pd.Categorical(frame["board"], BOARDS)
    frame = frame.sort_values(["board", "rank", "method"], ignore_index=True, na_position="last")
    kinds = {"board": str, "best": bool, "rank": "Int64", "more_targets": "Int64", "more_runs": "Int64"}
    return frame.astype(kinds | dict.fromkeys(("gap", "low", "high", "mean_rank", "bits", "accuracy"), float))


def complete_methods(board: Board, targets: Targets, gaps: Gaps) -> list[str]:
    """The methods that have every ranked target of the board."""
    methods = sorted({m for key in board.every for m in targets[key].bits})
    return [m for m in methods if board.ranked and all((*key, m) in gaps for key in board.ranked)]


def label_free(methods: list[str], cards: dict) -> list[str]:
    """Those of the methods that use no labels: they are compared with the best of them."""
    return [m for m in methods if not cards["methods"].get(m, {}).get("uses_labels")]


def mean_gaps(board: Board, methods: list[str], gaps: Gaps) -> np.ndarray:
    """Mean gap over runs of complete methods on the board's ranked targets, (methods, targets)."""
    return np.array([[gaps[*key, m].mean() for key in board.ranked] for m in methods])


def _rows(board: Board, targets: Targets, gaps: Gaps, cards: dict):
    complete = complete_methods(board, targets, gaps)
    compared = _compared(board, complete, gaps, cards) if complete else {}
    for method in sorted({m for key in board.every for m in targets[key].bits}):
        card = cards["methods"].get(method, {})
        row = {"board": board.name, "method": method, "best": False, "of_targets": len(board.ranked)}
        row["targets"] = sum((*key, method) in gaps for key in board.ranked)
        row["runs"] = min(len(targets[key].runs) for key in board.ranked or board.every)
        row |= {key: card.get(key, "") for key in ("title", "family", "uses_labels")}
        if method in compared or not board.ranked:
            for name in ("bits", "accuracy"):
                row[name] = _mean_score(board.ranked or board.every, targets, method, name)
        yield row | compared.get(method, {})


def _compared(board: Board, complete: list[str], gaps: Gaps, cards: dict) -> dict[str, dict]:
    """What the complete methods' gaps say, by method."""
    values = mean_gaps(board, complete, gaps)
    found = clustered_mean(values, board.clusters)
    half = t.ppf(0.975, found.df) * found.se
    order = rankdata(-found.mean, method="min")
    mean_rank = ranks(values).mean(1)
    out = {
        method: {
            "gap": found.mean[i],
            "low": found.mean[i] - half[i],
            "high": found.mean[i] + half[i],
            "rank": int(order[i]),
            "mean_rank": mean_rank[i],
        }
        for i, method in enumerate(complete)
    }
    free = label_free(complete, cards)
    if free:
        mine = mean_gaps(board, free, gaps)
        best = near_best(mine, board.clusters)
        top = free[int(mine.mean(1).argmax())]
        for method, near in zip(free, best, strict=True):
            differences = [gaps[*key, top] - gaps[*key, method] for key in board.ranked]
            needed = how_many_more(differences, board.clusters)
            least = int(near)  # two rows alone may be told apart that the whole board is not: then some more are needed
            more = [n if n is None else max(n, least) for n in (needed.targets, needed.runs)]
            out[method] |= {"best": bool(near), "more_targets": more[0], "more_runs": more[1]}
    return out


def _mean_score(keys: tuple, targets: Targets, method: str, name: str) -> float:
    """Mean over targets of the mean over runs; nan if the method lacks one of them."""
    found = [getattr(targets[key], name).get(method) for key in keys]
    return float(np.mean([np.mean([*by_run.values()]) for by_run in found])) if all(found) else math.nan
