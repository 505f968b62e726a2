"""How much methods differ, beside how much runs do: residual SD, F-test, reliability."""

from dataclasses import dataclass

import numpy as np
from scipy.stats import f as f_distribution


@dataclass(frozen=True)
class Effects:
    """What runs say of methods on one target: SD of the residual, F over methods with its p, and reliability."""

    residual_sd: float
    f: float
    p: float
    reliability: float


def effects(scores: np.ndarray) -> Effects:
    """Effects of methods from scores (methods >= 2, folds, inits), crossed and complete.

    Model: score = method + fold + residual, the residual with methods * folds * inits - methods - folds + 1 degrees of
    freedom; its SD is the residual SD. The F-test is that of randomised blocks: folds are the blocks, a method's score
    in a block is its mean over inits, since runs that share test rows are not independent; with one fold, inits are the
    blocks. Its degrees of freedom are methods - 1 and (methods - 1)(blocks - 1). Reliability is that of a method's mean
    over blocks, 1 - 1 / F, at least 0. nan with a single block.
    """
    methods, folds = scores.shape[:2]
    residual = scores - scores.mean((1, 2), keepdims=True) - scores.mean((0, 2), keepdims=True) + scores.mean()
    free = scores.size - methods - folds + 1
    sd = float(np.sqrt((residual**2).sum() / free)) if free > 0 else float("nan")
    blocks = scores.mean(2) if folds > 1 else scores[:, 0]  # (methods, blocks)
    count = blocks.shape[1]
    if count < 2:
        return Effects(sd, *[float("nan")] * 3)
    between = count * blocks.mean(1).var(ddof=1)
    left = blocks - blocks.mean(1, keepdims=True) - blocks.mean(0) + blocks.mean()
    within = float((left**2).sum()) / ((methods - 1) * (count - 1))
    f = float(between / within) if within > 0 else float("inf")
    p = float(f_distribution.sf(f, methods - 1, (methods - 1) * (count - 1)))
    return Effects(sd, f, p, max(0.0, 1 - 1 / f) if f > 0 else 0.0)


@dataclass(frozen=True)
class Reliability:
    """Reliability with its 95 % interval."""

    value: float
    low: float
    high: float


def reliability(means: np.ndarray, noise: float, df: float, level: float = 0.95) -> Reliability:
    """Reliability of the methods' means (methods >= 2,): 1 - noise / variance of the means.

    noise: the variance of one mean that would be another in a second measurement; df: its degrees of freedom. With as
    many equal parts as there are measurements this is Cronbach's alpha, the mean over all ways of halving them of the
    correlation of the halves with the Spearman-Brown correction. Interval: Feldt 1965. Below 0 means that the order
    repeats itself less than chance has it; nan where nothing repeats.
    """
    methods = len(means)
    spread = float(np.var(means, ddof=1)) if methods > 1 else 0.0
    if spread == 0 or not df > 0:
        return Reliability(*[float("nan")] * 3)
    unexplained = noise / spread  # Feldt: (1 - rho) / (1 - estimate) follows F(methods - 1, df)
    low = 1 - unexplained * f_distribution.ppf(0.5 + level / 2, methods - 1, df)
    high = 1 - unexplained * f_distribution.ppf(0.5 - level / 2, methods - 1, df)
    return Reliability(1 - unexplained, float(max(low, -1.0)), float(min(high, 1.0)))
