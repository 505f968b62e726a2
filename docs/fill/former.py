"""Blocks about the former protocol, from results/history: what its evidence could not decide, and its dial."""

import numpy as np
import pandas as pd
from frames import Frames, interval, markdown, number, of_tables
from scipy import stats

from sslbench.stats import mean_interval

CONTROLS = ("raw-input", "pca", "random-encoder")
BASES = ("simclr", "byol", "barlow-twins", "vicreg")
REDUNDANCY = ("redundancy-1", "redundancy-2")


def label_free(frames: Frames) -> list[str]:
    """The methods of the former board that use no labels and are no controls."""
    rows = frames.former("leaderboard").drop_duplicates("method")
    return list(rows[~rows["uses_labels"] & (rows["family"] != "control")]["method"])


def runs(frames: Frames) -> pd.DataFrame:
    """Bits of every label-free method that has all targets: methods down, (target, run) across."""
    bits = frames.former("bits")
    bits = bits[bits["method"].isin(label_free(frames))]
    return bits.pivot_table("bits", "method", ["task", "target", "run"]).dropna()


def components(table: pd.DataFrame) -> dict[str, float]:
    """SD of method, method × task and residual, and the reliability of the mean over tasks, of a crossed design.

    Expected mean squares of methods × targets × runs, after the mean of every (target, run) is taken off, as Searle,
    Casella & McCulloch 1992, chapter 4. A variance below 0 counts as 0.
    """
    targets = table.columns.droplevel("run").nunique()
    x = table.to_numpy().reshape(len(table), targets, -1)
    m, r = len(x), x.shape[2]
    x = x - x.mean(0)
    by_method, by_cell = x.mean((1, 2)), x.mean(2)
    method = targets * r * np.sum(by_method**2) / (m - 1)
    cell = r * np.sum((by_cell - by_method[:, None]) ** 2) / ((m - 1) * (targets - 1))
    residual = np.sum((x - by_cell[..., None]) ** 2) / ((m - 1) * targets * (r - 1))
    shares = {"method": (method - cell) / (targets * r), "method × task": (cell - residual) / r, "residual": residual}
    return {k: float(np.sqrt(max(v, 0))) for k, v in shares.items()} | {"reliability": max(0.0, 1 - cell / method)}


def tells_methods_apart(cell: pd.DataFrame) -> bool:
    """Whether an F-test over methods, runs as blocks, has p < .01 on one target: methods down, runs across."""
    x = cell.to_numpy() - cell.to_numpy().mean(0)
    m, r = x.shape
    between = r * np.sum(x.mean(1) ** 2) / (m - 1)
    within = np.sum((x - x.mean(1, keepdims=True)) ** 2) / ((m - 1) * (r - 1))
    return bool(stats.f.sf(between / within, m - 1, (m - 1) * (r - 1)) < 0.01)


@of_tables
def former_evidence(frames: Frames) -> str:
    """What the results of protocol 3 could not decide: one line a question."""
    table, free = runs(frames), label_free(frames)
    means = frames.former("bits").groupby(["task", "target", "method"])["bits"].mean().unstack()
    control = means[list(CONTROLS)].max(axis=1)
    median = means[[m for m in means if m in free]].median(axis=1)
    blind = [f"`{t}`" for (t, _), c in table.T.groupby(level=[0, 1]) if not tells_methods_apart(c.T)]
    verdicts = frames.former("assumptions")
    verdicts = verdicts[verdicts["assumption"].isin(REDUNDANCY)]
    sd, of = components(table), len(means)
    spread = ", ".join(f"{k} {number(sd[k], 3)}" for k in ("method", "method × task", "residual"))
    rows = (
        ("spread of bits (SD) over label-free methods with all targets", spread),
        ("reliability of the mean over all targets", number(sd["reliability"])),
        (
            "targets on which an untrained control is at or above the median label-free method",
            f"{(control >= median).sum()} of {of}",
        ),
        ("targets that tell no method from another (F-test, p ≥ .01)", f"{len(blind)} of {of}: {', '.join(blind)}"),
        (
            "targets on which `supervised` lies below `raw-input`",
            f"{(means['supervised'] < means['raw-input']).sum()} of {of}",
        ),
        ("redundancy verdicts left undecided", f"{(verdicts['verdict'] == 'undecided').sum()} of {len(verdicts)}"),
    )
    return markdown(("asked of the results of protocol 3", "answer"), rows)


@of_tables
def former_dial(frames: Frames) -> str:
    """Bits of the four bases dialled to an end, less those of the base, with the verdicts that stood beside them."""
    bits = frames.former("bits").set_index(["task", "target", "method", "run"])["bits"].unstack("run")
    verdicts = frames.former("assumptions").set_index(["task", "target", "assumption"])["verdict"]
    rows = []
    for task, target in sorted(set(bits.index.droplevel("method"))):
        cells = []
        for end in ("compress", "keep"):
            change = sum(bits.loc[task, target, f"{b}-{end}"] - bits.loc[task, target, b] for b in BASES) / len(BASES)
            mean, low, high = mean_interval(change.to_numpy())[:3]
            text = interval(mean, low, high, 3, "+")
            cells.append(f"**{text}**" if low > 0 or high < 0 else text)
        rows.append((f"{task}, {target}", ", ".join(verdicts[task, target, r] for r in REDUNDANCY), *cells))
    return markdown(("task, target", "redundancy 1, 2", "compress", "keep"), rows)
