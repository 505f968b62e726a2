"""Means over targets, and which methods are not distinguishable from the best."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class ClusteredMean:
    """Means over targets with their standard errors, and the degrees of freedom of these."""

    mean: np.ndarray
    se: np.ndarray
    df: float


def clustered_mean(values: np.ndarray, clusters: list) -> ClusteredMean:
    """Mean of values (..., targets) over targets; targets of one cluster (task) are not independent of each other.

    The mean weighs every target alike; its standard error comes from the clusters' mean residuals, each divided by the
    share of its variance that estimating the mean leaves it, and its degrees of freedom are Satterthwaite's for that
    sum. Source: Bell & McCaffrey 2002, for a mean, with clusters whose means vary alike. With one cluster both are nan.
    """
    names = sorted(set(clusters))
    member = np.array([[c == n for c in clusters] for n in names], dtype=float)  # (clusters, targets)
    weight = member.sum(1) / member.sum()
    mean = values.mean(-1)
    if len(names) < 2:
        return ClusteredMean(mean, np.full(np.shape(mean), np.nan), float("nan"))
    kept = 1 - 2 * weight + (weight**2).sum()
    scale = weight**2 / kept
    residual = values @ (member / member.sum(1, keepdims=True)).T - mean[..., None]  # (..., clusters)
    shift = np.eye(len(names)) - weight  # row g: the residual of cluster g, in clusters' means
    form = (shift * scale[:, None]).T @ shift
    return ClusteredMean(mean, np.sqrt((residual**2 * scale).sum(-1)), np.trace(form) ** 2 / np.trace(form @ form))


def near_best(
    values: np.ndarray, clusters: list, level: float = 0.95, draws: int = 2000, seed: int = 0
) -> tuple[np.ndarray, float]:
    """Which methods are not distinguishable from the best, (methods,), and how far from it a method must lie.

    values: (methods, targets). Max-T: the studentised distance from the best mean, over all methods at once, is
    compared with what it is where no method differs. For that the residuals of method + target are multiplied by
    independent normal numbers, one a method and cluster, so every method keeps its own spread. The variance of a
    method's mean is half its own, half the mean one of all methods: with few targets its own alone is too uncertain.
    Where nothing differs, some method is called worse than the best in at most 1 - level of all boards
    (tests/benchmarks/group_errors.py). The distance returned is that of a method of mean variance. With one cluster
    nothing is distinguishable, and the distance is nan.
    """
    methods = len(values)
    if methods < 2 or len(set(clusters)) < 2:
        return np.ones(methods, dtype=bool), float("nan")
    names = sorted(set(clusters))
    member = np.array([[c == n for c in clusters] for n in names], dtype=float)
    weight = member.sum(1) / member.sum()
    means = values @ (member / member.sum(1, keepdims=True)).T  # (methods, clusters)

    def studied(x):  # (..., methods, clusters) -> means, standard errors (..., methods)
        centred = x - x.mean(-2, keepdims=True)
        mean = centred @ weight
        residual = centred - mean[..., None]
        kept = 1 - 2 * weight + (weight**2).sum()
        own = (residual**2 * weight**2 / kept).sum(-1) * methods / (methods - 1)
        return mean, np.sqrt((own + own.mean(-1, keepdims=True)) / 2), residual / np.sqrt(kept)

    def distances(mean, se):
        top = mean.argmax(-1)[..., None]
        lead = np.take_along_axis(mean, top, -1) - mean
        return lead / np.hypot(se, np.take_along_axis(se, top, -1))

    mean, se, residual = studied(means)
    if not se.max() > 0:
        return mean == mean.max(), 0.0
    rng = np.random.default_rng(seed)
    noise = rng.standard_normal((draws, *residual.shape)) * residual * np.sqrt(methods / (methods - 1))
    null = distances(*studied(noise)[:2]).max(-1)
    bar = float(np.quantile(null, level))
    return distances(mean, se) <= bar, bar * float(np.sqrt(2 * (se**2).mean()))
