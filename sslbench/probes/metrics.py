"""Scores of predictions: accuracy, balanced accuracy, log-loss bits.

Each with its standard error, chance and ceiling.
"""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Measured:
    """One metric on test rows. Higher is better for all of them."""

    metric: str
    value: float
    se: float
    n: int
    chance: float | None = None
    ceiling: float | None = None
    reverse: bool = False  # of a pair of streams: from the second to the first


def class_prior(labels: np.ndarray, classes: int) -> np.ndarray:
    """Class shares with half a row added to each class, so that none is 0."""
    counts = np.bincount(labels, minlength=classes) + 0.5
    return counts / counts.sum()


def hit_scores(predicted: np.ndarray, labels: np.ndarray, classes: int) -> list[Measured]:
    """Accuracy (chance: the most frequent class) and balanced accuracy (chance: 1 / classes) of predicted classes."""
    hit = (predicted == labels).astype(float)
    n = len(labels)
    largest = np.bincount(labels, minlength=classes).max() / n
    groups = [hit[labels == c] for c in range(classes) if (labels == c).any()]
    recall = np.array([g.mean() for g in groups])
    variance = sum(g.var() / len(g) for g in groups) / len(groups) ** 2
    return [
        Measured("accuracy", hit.mean(), hit.std(ddof=1) / np.sqrt(n), n, chance=largest),
        Measured("balanced-accuracy", recall.mean(), np.sqrt(variance), n, chance=1 / len(groups)),
    ]


def bits_score(
    log_probability: np.ndarray, prior: np.ndarray, labels: np.ndarray, ceiling: float | None = None
) -> Measured:
    """Log-loss information in bits: how much better than the prior the test labels are predicted, mean over rows.

    A lower estimate of I(Y; H); 0 is the prior, negative is worse than it. log_probability: (n, classes), natural. The
    ceiling is the prior's own loss (or the world's exact information), which a sure and right prediction reaches.
    """
    rows = np.arange(len(labels))
    gain = (log_probability[rows, labels] - np.log(prior[labels])) / np.log(2)
    top = float(-np.log2(prior[labels]).mean()) if ceiling is None else ceiling
    return Measured("bits", gain.mean(), gain.std(ddof=1) / np.sqrt(len(labels)), len(labels), chance=0.0, ceiling=top)


def recall_score(ranks: np.ndarray, depth: int) -> Measured:
    """Share of rows whose partner is among the first `depth`; ranks: (rows,), 0 is best, among as many candidates."""
    hit, n = (ranks < depth).astype(float), len(ranks)
    se = hit.std(ddof=1) / np.sqrt(n)
    return Measured(f"recall@{depth}", hit.mean(), se, n, chance=min(depth / n, 1.0))
