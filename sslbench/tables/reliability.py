"""How far a board's order would repeat itself on other tasks, and in other runs."""

import numpy as np
import pandas as pd

from sslbench.stats import Reliability, clustered_mean, reliability
from sslbench.tables.board import complete_methods, label_free, mean_gaps
from sslbench.tables.boards import Board
from sslbench.tables.columns import TABLES
from sslbench.tables.gaps import Gaps
from sslbench.tables.standard import Targets


def reliability_table(boards: list[Board], targets: Targets, gaps: Gaps, cards: dict) -> pd.DataFrame:
    """Two rows per board: the reliability of the mean gap over tasks and over runs, among its rows without labels.

    It is the correlation to expect between two boards of as many other tasks (runs): all ways of halving the tasks
    (runs), with the Spearman-Brown correction. nan with one task, one run, or fewer than two methods.
    """
    rows = []
    for board in boards:
        methods = label_free(complete_methods(board, targets, gaps), cards)
        runs = min(len(targets[key].runs) for key in board.ranked or board.every)
        for over, measure in (("tasks", over_tasks), ("runs", over_runs)):
            found = Reliability(*[float("nan")] * 3)
            if len(methods) > 1:
                found = measure(board, methods, gaps)
            rows.append((board.name, over, found.value, found.low, found.high, len(board.ranked), len(methods), runs))
    return pd.DataFrame(rows, columns=TABLES["reliability"].columns)


def over_tasks(board: Board, methods: list[str], gaps: Gaps) -> Reliability:
    """Reliability where the tasks are others; targets of one task count together."""
    values = mean_gaps(board, methods, gaps)
    found = clustered_mean(values - values.mean(0), board.clusters)
    free = len(methods) - 1
    return reliability(found.mean, float((found.se**2).sum()) / free, free * found.df)


def over_runs(board: Board, methods: list[str], gaps: Gaps) -> Reliability:
    """Reliability where the runs are others and the tasks the same."""
    noise, squares = 0.0, 0.0
    for key in board.ranked:
        values = np.array([gaps[*key, m] for m in methods])  # (methods, runs)
        free = (len(methods) - 1) * (values.shape[1] - 1)
        if not free:
            return Reliability(*[float("nan")] * 3)
        left = values - values.mean(1, keepdims=True) - values.mean(0) + values.mean()
        part = float((left**2).sum()) / free / values.shape[1] / len(board.ranked) ** 2
        noise, squares = noise + part, squares + part**2 / free
    return reliability(mean_gaps(board, methods, gaps).mean(1), noise, noise**2 / squares if squares else 0.0)
