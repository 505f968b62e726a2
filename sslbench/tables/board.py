"""Ranks: which methods are told apart, per board."""

import numpy as np
import pandas as pd

from sslbench.config import Run
from sslbench.records import RunRecord
from sslbench.stats import mean_ranks, tie_groups
from sslbench.tables.columns import TABLES
from sslbench.tables.scores import main_score

BOARDS = ("overall", "vision", "tabular", "pairs")


def leaderboard_table(runs: list[RunRecord], cards: dict) -> pd.DataFrame:
    """Ranked methods per board.

    Only methods that finished every task of a board are ranked in it; the others show their coverage.
    """
    fine = [r for r in runs if r.status == "ok"]
    modality = {t: c["modality"] for t, c in cards["tasks"].items()}
    score = {(r.method, r.task, r.run): main_score(r) for r in fine}
    methods = sorted({r.method for r in runs})
    rows = []
    for board in BOARDS:
        tasks = sorted({r.task for r in fine if board in ("overall", modality.get(r.task))})
        if not tasks:
            continue
        shared = _shared_runs(score, methods, tasks)
        complete = [m for m in methods if all((m, t, r) in score for t in tasks for r in shared)]
        ranked = (
            _ranked(np.array([[[score[m, t, r] for r in shared] for t in tasks] for m in complete])) if complete else {}
        )
        for i, method in enumerate(complete):
            rows.append(
                {
                    "board": board,
                    "method": method,
                    **{k: v[i] for k, v in ranked.items()},
                    "tasks": len(tasks),
                    "of_tasks": len(tasks),
                    "runs": len(shared),
                }
            )
        for method in methods:
            if method not in complete and (covered := sum(any((method, t, r) in score for r in shared) for t in tasks)):
                rows.append(
                    {"board": board, "method": method, "tasks": covered, "of_tasks": len(tasks), "runs": len(shared)}
                )
    frame = pd.DataFrame(rows, columns=TABLES["leaderboard"].columns)
    for key in ("title", "family", "uses_labels"):
        frame[key] = [cards["methods"].get(m, {}).get(key, "") for m in frame["method"]]
    frame["group"] = frame["group"].astype("Int64")
    frame["board"] = pd.Categorical(frame["board"], BOARDS)
    return frame.sort_values(["board", "rank", "method"], ignore_index=True, na_position="last").astype({"board": str})


def _shared_runs(score: dict, methods: list[str], tasks: list[str]) -> list[Run]:
    """The runs that the most complete method has on every task: those that are compared."""
    return max(
        (sorted(set.intersection(*({r for m2, t2, r in score if (m2, t2) == (m, t)} for t in tasks))) for m in methods),
        key=len,
        default=[],
    )


def _ranked(scores: np.ndarray) -> dict[str, np.ndarray]:
    if scores.size == 0:
        return {}
    found = mean_ranks(scores)
    groups = tie_groups(found["rank"], found["beats"])
    return {
        "rank": found["rank"],
        "low": found["low"],
        "high": found["high"],
        "group": groups,
        "bits": scores.mean((1, 2)),
    }
