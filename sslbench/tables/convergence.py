"""Whether budgets have converged: what twice the steps moves, per task and reference method."""

import math

import numpy as np
import pandas as pd
from scipy.stats import spearmanr

from sslbench.config import REFERENCES
from sslbench.records import RunRecord
from sslbench.stats import order_of_repeats
from sslbench.tables.columns import TABLES
from sslbench.tables.targets import Evidence

MOST_MOVED = 0.5  # residual SDs that twice the steps may move a method
LEAST_SPEARMAN = 0.9  # between the methods' bits before and after, or as much as repeating the same steps would give


def current_identities(runs: list[RunRecord]) -> dict[str, str]:
    """Of every task the identity under which its convergence counts: the card and training version of its last run."""
    out = {}
    for run in runs:
        if run.method in REFERENCES and run.status == "ok":
            version = next((w for part in run.identity.code.split(", ") for w in part.split("training ")[1:]), "")
            out[run.task] = f"{run.identity.task}.{version}"
    return out


def convergence_table(
    stored: pd.DataFrame, identities: dict[str, str], cards: dict, found: dict[tuple[str, str], Evidence]
) -> pd.DataFrame:
    """One row per target and reference method: bits at the card's steps, at twice as many, and what that moved.

    Only what was measured under the card and the training version of the stored runs counts. A target passes if all
    reference methods were measured, none moves on it by more than half its residual SD (allowing for the move's own
    standard error, up to as much again), and the Spearman correlation of the methods' bits is at least
    `least_spearman`: 0.9, or less where methods lie so close that a repetition at the same steps would give less, one
    time in twenty. Without these allowances a converged budget would pass one time in ten with five runs, for the
    noise of its runs (tests/benchmarks/convergence_rule.py). `largest`: the largest move in residual SDs.
    """
    rows = []
    for task, mine in stored.groupby("task"):
        identity, card = identities.get(task), cards["tasks"].get(task)
        if card is None or identity is None:
            continue
        rows += _task_rows(task, mine[mine["identity"] == identity], identity, card["budget"]["steps"], found)
    return TABLES["convergence"].frame(rows)


def _task_rows(task: str, mine: pd.DataFrame, identity: str, steps: int, found: dict) -> list[tuple]:
    wide = mine.pivot_table(index=["target", "method", "fold", "init"], columns="steps", values="bits", aggfunc="last")
    if steps not in wide or 2 * steps not in wide:
        return []
    pairs = wide[[steps, 2 * steps]].dropna()
    pairs.columns = ["bits", "doubled"]
    pairs = pairs[pairs.index.isin(REFERENCES, level="method")]
    out = []
    for target, own in pairs.groupby(level="target"):
        if (task, target) not in found:
            continue
        own, sd = own.droplevel("target"), found[task, target].effects.residual_sd
        moved, noise = _moves(own)
        means, counts = own.groupby("method").mean(), own.groupby("method").size()
        largest = float(moved.abs().max() / sd) if sd > 0 else math.nan
        still = bool(stands_still(moved, noise, sd).all())
        spearman, least = order_kept(means["bits"], means["doubled"], sd / math.sqrt(counts.min()))
        passed = still and spearman >= least and set(means.index) == set(REFERENCES)
        out += [
            (
                *(task, target, method, steps, r.bits, r.doubled, r.doubled - r.bits, int(counts[method]), sd),
                *(spearman, least, largest, passed, identity),
            )
            for method, r in means.iterrows()
        ]
    return out


def order_kept(before, after, noise: float) -> tuple[float, float]:
    """Spearman correlation of the methods' bits (methods,), and the least that passes; nan for fewer than three.

    noise: standard error of a method's mean.
    """
    if len(before) < 3:
        return math.nan, LEAST_SPEARMAN
    both = (np.asarray(before) + np.asarray(after)) / 2
    least = min(LEAST_SPEARMAN, order_of_repeats(both, noise)) if noise > 0 else LEAST_SPEARMAN
    return float(spearmanr(before, after)[0]), least


def stands_still(moved, noise, sd: float):
    """Whether a move is at most half the residual SD, up to its noise, which excuses as much again at most."""
    return abs(moved) <= MOST_MOVED * sd + np.minimum(noise, MOST_MOVED * sd)


def _moves(pairs: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    """Of every method the mean move and its standard error, 0 if unknown; runs of all methods say how moves spread."""
    move = pairs["doubled"] - pairs["bits"]
    mean, count = move.groupby("method").mean(), move.groupby("method").size()
    free = len(move) - len(mean)
    spread = ((move - move.groupby("method").transform("mean")) ** 2).sum() / free if free else 0.0
    return mean, np.sqrt(spread / count)
