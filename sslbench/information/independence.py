"""Whether X1 is independent of X2 given a class: an exact permutation test, and how much they share in nats."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from sslbench.information.folds import make_folds
from sslbench.information.intervals import mean_and_error

DRAWS = 499
FEATURES = 24  # random cosines of each view, beside its leading components; fewer than one for 100 rows
ROWS_PER_FEATURE = 5  # of a class, from which on the classes are fitted one by one
MOST_NEGATIVES = 256
CHOICES = ((0, 0.0), *((pairs, belief) for pairs in (1, 2, 4, 0) for belief in (0.1, 0.3, 0.6, 1.0)))  # 0 pairs: all
COMPONENTS, ROWS_EACH = 64, 15  # leading components, at most one for so many rows


@dataclass(frozen=True)
class Independence:
    """p-value of "X1 and X2 are independent given y" (exact at any n), and I(X1; X2 | Y) with its 95 % interval.

    I(X1; X2 | Y) is by held-out InfoNCE with a Gaussian critic: nats, a lower estimate.
    """

    p: float
    statistic: float
    value: float
    low: float
    high: float
    se: float


def _features(x: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Leading principal components and random cosines of them, (n, features)."""
    x = (x - x.mean(0)) / np.maximum(x.std(0), 1e-9)
    most = max(4, min(COMPONENTS, len(x) // ROWS_EACH))
    if x.shape[1] > most:
        x = x @ np.linalg.svd(x, full_matrices=False)[2][:most].T
    x = x / np.maximum(x.std(0), 1e-9)
    count = min(FEATURES, len(x) // 100)
    w = rng.normal(size=(x.shape[1], count)) / np.sqrt(x.shape[1])
    return np.concatenate([x, np.cos(x @ w + rng.uniform(0, 2 * np.pi, count))], 1)


def _within(f: np.ndarray, y: np.ndarray) -> Tensor:
    """Features centred within classes and whitened, (n, kept)."""
    f = f - np.stack([f[y == c].mean(0) for c in range(y.max() + 1)])[y]
    values, vectors = np.linalg.eigh(f.T @ f / len(f))
    kept = values > 1e-6 * values[-1]
    return torch.as_tensor(f @ (vectors[:, kept] / np.sqrt(values[kept])))


def permute_within(y: np.ndarray, groups: np.ndarray | None, rng: np.random.Generator) -> np.ndarray:
    """A random order of the rows that keeps every row's class, and whole groups together where there are groups.

    Rows trade places with rows of their class only. With groups, whole groups of one class and size trade.
    """
    out = np.arange(len(y))
    if groups is None:
        for c in range(y.max() + 1):
            rows = np.flatnonzero(y == c)
            out[rows] = rng.permutation(rows)
        return out
    blocks: dict[tuple, list[np.ndarray]] = {}
    order = np.lexsort((y, groups))
    starts = np.flatnonzero(np.r_[True, (np.diff(groups[order]) != 0) | (np.diff(y[order]) != 0)])
    for rows in np.split(order, starts[1:]):
        blocks.setdefault((int(y[rows[0]]), len(rows)), []).append(rows)
    for members in blocks.values():
        for k, j in enumerate(rng.permutation(len(members))):
            out[members[k]] = members[j]
    return out


def test_independence(x1, x2, y, groups=None, draws: int = DRAWS, seed: int = 0) -> Independence:
    """Test X1 independent of X2 given classes y.

    x1: (n, p); x2: (n, q); y: (n,) integers; groups: (n,) or None. Statistic: the squared cross-covariance of whitened
    within-class features (components and random cosines), summed over classes. Its null is exact: under independence
    given y every order of x2 within a class is equally likely.
    """
    x1, x2, y = np.asarray(x1, dtype=float), np.asarray(x2, dtype=float), np.asarray(y)
    rng = np.random.default_rng(seed)
    f1, f2 = _within(_features(x1, rng), y), _within(_features(x2, rng), y)
    members = [torch.as_tensor(np.flatnonzero(y == c)) for c in range(y.max() + 1)]
    fixed, f2 = [(f1[rows] / len(rows) ** 0.5).float().T.contiguous() for rows in members], f2.float()

    def statistic(order: Tensor) -> float:
        return sum(float((f @ f2[order[rows]]).square().sum()) for f, rows in zip(fixed, members, strict=True))

    seen = statistic(torch.arange(len(y)))
    null = [statistic(torch.as_tensor(permute_within(y, groups, rng))) for _ in range(draws)]
    p = (1 + sum(v >= seen for v in null)) / (1 + draws)
    value, se = _shared_given(x1, x2, y, groups, seed)
    return Independence(p, seen, value, value - 1.96 * se - 1e-3, value + 1.96 * se + 1e-3, se)


test_independence.__test__ = False  # not a pytest test


def _shared_given(x1: np.ndarray, x2: np.ndarray, y: np.ndarray, groups, seed: int, folds: int = 5):
    """Held-out InfoNCE of X1 and X2 within classes: (value, standard error) in nats.

    Its critic is the log density ratio of a Gaussian fitted to components and cosines of the other rows. A lower
    bound in expectation: it misses what these features do not show, and is capped at the log of the rows of a class
    in a fold (at most 256).
    """
    rng = np.random.default_rng(seed + 1)
    f1, f2 = (torch.as_tensor(_features(x, rng)) for x in (x1, x2))
    fold = make_folds(len(y), folds, groups, seed)
    label = torch.as_tensor(y)
    classes = int(y.max()) + 1
    value = torch.zeros(len(CHOICES), len(y), dtype=torch.double)
    for train, test in zip(fold.full, fold.tests, strict=True):
        train, test = torch.as_tensor(train), torch.as_tensor(test)
        a, b = (_whitened(f, label, train, classes) for f in (f1, f2))
        counts = torch.bincount(label[train], minlength=classes)
        pooled = int(counts.min()) < ROWS_PER_FEATURE * (a.shape[1] + b.shape[1])
        for c in range(classes):
            fitted, held = (train if pooled else train[label[train] == c]), test[label[test] == c]
            u, rho, v = _canonical(a[fitted], b[fitted])
            for rows in held.split(MOST_NEGATIVES):
                value[:, rows] = _infonce(a[rows] @ u, b[rows] @ v, rho)
    by_fold = torch.stack([value[:, torch.as_tensor(rows)].mean(1) for rows in fold.tests])  # (folds, choices)
    best = (by_fold.sum(0) - by_fold).argmax(1)  # the critic of a fold is the one that is best on the others
    return mean_and_error(value[best[torch.as_tensor(fold.fold)], torch.arange(len(y))], groups)


def _infonce(s: Tensor, t: Tensor, rho: Tensor) -> Tensor:
    """Held-out InfoNCE per row of every critic in CHOICES, (choices, rows).

    A critic is a choice of so many canonical pairs, believed so much.
    """
    s, t, out = s.clamp(-4, 4), t.clamp(-4, 4), []
    scale = rho / (1 - rho.square())
    for pairs, belief in CHOICES:
        used = slice(pairs or None)
        one, two = ((rho * scale * q.square())[:, used].sum(1) / 2 for q in (s, t))
        scores = belief * ((s * scale)[:, used] @ t[:, used].T - one[:, None] - two[None])
        out.append(scores.diagonal() - torch.logsumexp(scores, 1) + np.log(len(s)))
    return torch.stack(out)


def _whitened(f: Tensor, label: Tensor, train: Tensor, classes: int) -> Tensor:
    """Features centred by their class and whitened, both by the train rows."""
    means = torch.stack([f[train][label[train] == c].mean(0) for c in range(classes)])
    centred = f - means[label]
    values, vectors = torch.linalg.eigh(centred[train].T @ centred[train] / len(train))
    scale = torch.where(values > 1e-4 * values[-1], values.clamp_min(1e-12).rsqrt(), torch.zeros_like(values))
    return centred @ (vectors * scale)


def _canonical(a: Tensor, b: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Directions of both sides and their correlations, shrunk by what noise alone would show, 0 where it could."""
    u, rho, vh = torch.linalg.svd(a.T @ b / len(a), full_matrices=False)
    noise = (a.shape[1] + b.shape[1]) / len(a)
    shrunk = ((rho.square() - noise) / max(1 - noise, 1e-3)).clamp(0, 0.98).sqrt()
    return u, torch.where(rho.square() > 2.5 * noise, shrunk, torch.zeros_like(rho)), vh.T
