"""Whether budgets have converged: what twice the steps moves, per task and reference method."""

import math

import numpy as np
import pandas as pd
from scipy.stats import spearmanr

from sslbench.config import REFERENCES
from sslbench.records import RunRecord
from sslbench.records.convergence import identity_of_run
from sslbench.stats import order_of_repeats
from sslbench.tables.columns import TABLES
from sslbench.tables.targets import Evidence

MOST_MOVED = 0.5  # residual SDs that twice the steps may move a method,
MOST_OF_GAP = 0.05  # or this share of the headroom, where that is more: a move that no reader of gaps would see
LEAST_SPEARMAN = 0.9  # between the methods' bits before and after, or as much as repeating the same steps would give


def current_identities(runs: list[RunRecord]) -> dict[tuple[str, str], str]:
    """Of every task and reference method the identity under which its convergence counts: that of its last run."""
    return {(r.task, r.method): identity_of_run(r) for r in runs if r.method in REFERENCES and r.status == "ok"}


def convergence_table(
    stored: pd.DataFrame, identities: dict[tuple[str, str], str], cards: dict, found: dict[tuple[str, str], Evidence]
) -> pd.DataFrame:
    """One row per target and reference method: bits at the card's steps, at twice as many, and what that moved.

    Only what was measured under the card and the versions of the stored runs counts. A target passes if all reference
    methods were measured, none moves on it by more than half its residual SD or a twentieth of its headroom, whichever
    is more (allowing for the move's own standard error, up to half an SD again), and the Spearman correlation of the
    methods' bits is at least `least_spearman`: 0.9, or less where methods lie so close that a repetition at the same
    steps would give less, one time in twenty. Without the allowances for noise a converged budget would pass one time
    in ten with five runs (tests/benchmarks/convergence_rule.py); without the twentieth a budget could never pass on a
    target where labels gain eighty residual SDs. `largest`: the largest move in residual SDs; `of_gap`: as a share of
    the headroom.
    """
    rows = []
    for task, mine in stored.groupby("task"):
        now = {method: identity for (of, method), identity in identities.items() if of == task}
        if card := cards["tasks"].get(task):
            current = mine[mine["identity"] == mine["method"].map(now)]
            rows += _task_rows(task, current, now, card["budget"]["steps"], found)
    return TABLES["convergence"].frame(rows)


def _task_rows(task: str, mine: pd.DataFrame, identities: dict[str, str], steps: int, found: dict) -> list[tuple]:
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
        own, room = own.droplevel("target"), found[task, target].headroom
        sd = found[task, target].effects.residual_sd
        moved, noise = _moves(own)
        means, counts = own.groupby("method").mean(), own.groupby("method").size()
        largest = float(moved.abs().max() / sd) if sd > 0 else math.nan
        of_gap = float(moved.abs().max() / room) if room > 0 else math.nan
        still = bool(stands_still(moved, noise, sd, room).all())
        spearman, least = order_kept(means["bits"], means["doubled"], sd / math.sqrt(counts.min()))
        passed = still and spearman >= least and set(means.index) == set(REFERENCES)
        out += [
            (
                *(task, target, method, steps, r.bits, r.doubled, r.doubled - r.bits, int(counts[method]), sd),
                *(spearman, least, largest, of_gap, passed, identities[method]),
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


def stands_still(moved, noise, sd: float, headroom: float):
    """Whether a move in bits counts as none; noise: its standard error, headroom: nan if unknown."""
    allowed = max(MOST_MOVED * sd, MOST_OF_GAP * headroom) if headroom > 0 else MOST_MOVED * sd
    return abs(moved) <= allowed + np.minimum(noise, MOST_MOVED * sd)


def _moves(pairs: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    """Of every method the mean move and its standard error, 0 if unknown; runs of all methods say how moves spread."""
    move = pairs["doubled"] - pairs["bits"]
    mean, count = move.groupby("method").mean(), move.groupby("method").size()
    free = len(move) - len(mean)
    spread = ((move - move.groupby("method").transform("mean")) ** 2).sum() / free if free else 0.0
    return mean, np.sqrt(spread / count)
