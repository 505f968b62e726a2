"""Estimates of I(X1; X2) of two views, in nats.

A Gaussian closed form, its copula form, nearest neighbours, and a held-out InfoNCE bound with its cap.
"""

import math
from itertools import pairwise

import numpy as np
import torch
from scipy.special import ndtri
from scipy.stats import rankdata
from torch import Tensor

from sslbench.draws import Draw
from sslbench.errors import InputError
from sslbench.information.estimate import Estimate
from sslbench.information.knn import MOST_DIMENSIONS, ksg

WIDTH, CODE, STEPS, BATCH, RATE, DECAY = 64, 32, 400, 256, 3e-3, 1e-3
NEGATIVES = 256
SCALES = (0.0, 0.25, 0.5, 0.75, 1.0)  # a critic that has learnt its rows by heart is better believed less
CAP_SHARE = 0.9  # of log K: an InfoNCE value above it says "at least"


def _two(x1, x2) -> tuple[np.ndarray, np.ndarray]:
    out = []
    for name, x in (("x1", x1), ("x2", x2)):
        x = np.asarray(x.detach().cpu() if isinstance(x, Tensor) else x, dtype=np.float64)
        x = x[:, None] if x.ndim == 1 else x.reshape(len(x), -1)
        if not np.isfinite(x).all():
            raise InputError(f"{name} holds {int((~np.isfinite(x)).sum())} values that are nan or infinite")
        kept = x.std(0) > 1e-12
        if not kept.any():
            raise InputError(f"{name} is constant: it can share nothing")
        out.append(x[:, kept])
    if len(out[0]) != len(out[1]):
        raise InputError(f"x1 and x2 must have the same number of rows, got {len(out[0])} and {len(out[1])}")
    return out[0], out[1]


def canonical_correlations(x1: Tensor, x2: Tensor, ridge: float = 0.0) -> Tensor:
    """Canonical correlations of views (runs, n, p) and (runs, n, q), largest first: (runs, min(p, q)), float64."""
    whitened = []
    for x in (x1.double(), x2.double()):
        x = x - x.mean(1, keepdim=True)
        cov = x.mT @ x / x.shape[1]
        values, vectors = torch.linalg.eigh(cov)
        floor = values[:, -1:] * 1e-10 + ridge
        scale = torch.where(values > floor, (values + ridge).clamp_min(1e-300).rsqrt(), torch.zeros_like(values))
        whitened.append(x @ (vectors * scale[:, None]))
    return torch.linalg.svdvals(whitened[0].mT @ whitened[1] / x1.shape[1]).clamp(0, 1 - 1e-12)


def gaussian_information(x1: Tensor, x2: Tensor) -> Tensor:
    """I of jointly Gaussian views in nats, less its first-order bias p q / (2 n).

    (runs, n, p), (runs, n, q) -> (runs,). -1/2 sum log(1 - rho^2) over canonical correlations; blind to dependence that
    no correlation shows.
    """
    rho = canonical_correlations(x1, x2)
    return -0.5 * torch.log1p(-rho.square()).sum(-1) - x1.shape[-1] * x2.shape[-1] / (2 * x1.shape[1])


def normal_scores(x: np.ndarray) -> np.ndarray:
    """Every column through its ranks to a standard normal."""
    return ndtri(rankdata(x, axis=0) / (len(x) + 1))


def infonce(scores: Tensor) -> tuple[Tensor, float]:
    """InfoNCE per row, (runs, K), whose mean bounds I(X1; X2) from below, and its cap log K, nats.

    scores: (runs, K, K), critic of row i of view 1 with row j of view 2; the diagonal are the pairs. Source: van den
    Oord et al. 2018, arXiv:1807.03748, Eq. 4, with the positive among the K.
    """
    count = scores.shape[-1]
    return scores.diagonal(dim1=-2, dim2=-1) - torch.logsumexp(scores, -1) + math.log(count), math.log(count)


def _critics(x1: Tensor, x2: Tensor, train: Tensor, seed: int):
    """Separable critics g(x1) . h(x2), one per fit, trained by InfoNCE on its train rows.

    Returns the scoring function.
    """
    fits = len(train)
    draw = Draw([seed])
    normal = lambda name, i, o: draw.of(name).normal((1, fits, i, o))[0] * math.sqrt(2 / i)  # noqa: E731
    zeros = lambda o: torch.zeros(fits, 1, o)  # noqa: E731
    towers = []
    for side, x in (("one", x1), ("two", x2)):
        sizes = [x.shape[-1], WIDTH, WIDTH, CODE]
        pairs = pairwise(sizes)
        towers.append([t for k, (i, o) in enumerate(pairs) for t in (normal(f"{side} {k}", i, o), zeros(o))])
    for t in (parameters := [t for tower in towers for t in tower]):
        t.requires_grad_()

    def code(tower: list[Tensor], rows: Tensor) -> Tensor:
        for k in range(0, len(tower), 2):
            rows = torch.baddbmm(tower[k + 1], rows, tower[k])
            rows = torch.relu(rows) if k < len(tower) - 2 else rows
        return rows

    def score(a: Tensor, b: Tensor) -> Tensor:
        return code(towers[0], a) @ code(towers[1], b).mT / math.sqrt(CODE)

    optimiser = torch.optim.AdamW(parameters, lr=RATE, weight_decay=DECAY)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, RATE, total_steps=STEPS)
    size = min(BATCH, train.shape[1])
    for step in range(STEPS):
        rows = draw.of("rows").at(step).uniform((1, fits, train.shape[1]))[0].argsort(-1)[:, :size]
        rows = train.gather(1, rows)
        loss = -infonce(score(x1[rows], x2[rows]))[0].mean(1).sum()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
    return score


def infonce_bound(x1, x2, seed: int = 0, folds: int = 3) -> Estimate:
    """A lower bound on I(X1; X2) in nats from a critic trained on other rows, with K = 256 (or as many as a fold has).

    Above 0.9 log K the flag "saturated" says to read it as "at least". x1: (n, p), x2: (n, q). Raises InputError.
    """
    x1, x2 = _two(x1, x2)
    n = len(x1)
    if n < 30:
        raise InputError(f"{n} rows are too few for a held-out bound; at least 30 are needed")
    scaled = [torch.tensor((x - x.mean(0)) / x.std(0)).float().clamp(-8, 8) for x in (x1, x2)]
    order = np.random.default_rng(seed).permutation(n)
    size = n // folds
    tests = [order[k * size : (k + 1) * size] for k in range(folds)]
    train = torch.stack([torch.as_tensor(np.setdiff1d(order, t)[: n - size - (n % folds)]) for t in tests])
    score = _critics(*scaled, train, seed)
    negatives = min(NEGATIVES, size)
    rows = torch.as_tensor(np.stack(tests))[:, : size // negatives * negatives]
    found = []
    with torch.no_grad():
        for chunk in rows.split(negatives, 1):
            scores = score(scaled[0][chunk], scaled[1][chunk])
            found.append(torch.stack([infonce(scale * scores)[0] for scale in SCALES], 1))  # (folds, scales, K)
    by_group = torch.cat(found).double()
    mean = by_group.mean(-1)  # each group of K rows is read at the scale that is best for the other groups
    best = ((mean.sum(0) - mean) / (len(mean) - 1)).argmax(1)
    values = by_group[torch.arange(len(mean)), best].flatten()
    cap = math.log(negatives)
    value, se = float(values.mean()), float(values.std() / math.sqrt(len(values)))
    flags = ("lower bound", *(("saturated",) if value > CAP_SHARE * cap else ()))
    return Estimate(value, value - 1.96 * se, value + 1.96 * se, "nats", n, f"InfoNCE, K = {negatives}", flags)


def _jackknife(function, n: int, blocks: int = 20) -> float:
    """Standard error by a delete-a-block jackknife of a function of row indices."""
    rows = np.random.default_rng(0).permutation(n)
    left = [function(np.concatenate([rows[: b * n // blocks], rows[(b + 1) * n // blocks :]])) for b in range(blocks)]
    return float(np.sqrt((blocks - 1) / blocks * np.square(np.array(left) - np.mean(left)).sum()))


def _gaussian_rung(kind: str, x1: np.ndarray, x2: np.ndarray) -> Estimate:
    a, b = (x1, x2) if kind == "gaussian" else (normal_scores(x1), normal_scores(x2))
    n, width = len(a), a.shape[1] + b.shape[1]
    at = lambda rows: float(gaussian_information(torch.as_tensor(a[rows])[None], torch.as_tensor(b[rows])[None])[0])  # noqa: E731
    value, se = at(np.arange(n)), _jackknife(at, n)
    flags = ("uncalibrated: fewer than 5 rows per column",) if n < 5 * width else ()
    label = "Gaussian closed form" if kind == "gaussian" else "Gaussian copula"
    return Estimate(value, value - 1.96 * se, value + 1.96 * se, "nats", n, f"{label}, bias-corrected", flags)


def _ksg_rung(kind: str, x1: np.ndarray, x2: np.ndarray) -> Estimate:
    a, b = (x1, x2) if kind == "ksg" else (normal_scores(x1), normal_scores(x2))
    n, value = len(a), ksg(a, b)
    few = a.shape[1] + b.shape[1] <= MOST_DIMENSIONS
    se = _jackknife(lambda rows: ksg(a[rows], b[rows]), n, 10) if n <= 5000 else 0.02
    flags = () if few else ("reads low in more than 5 dimensions",)
    return Estimate(value, value - 1.96 * se, value + 1.96 * se, "nats", n, "KSG, k = 10", flags)


def rungs(width: int) -> tuple[str, ...]:
    """Names of the estimates that apply to views of `width` columns in all."""
    return ("gaussian", "copula", *(("ksg", "ksg-ranks") if width <= 2 * MOST_DIMENSIONS else ()), "infonce")


def ladder(x1, x2, seed: int = 0) -> dict[str, Estimate]:
    """Every estimate of I(X1; X2) that applies, nats, by its name.

    "gaussian", "copula", "infonce", and in few dimensions "ksg" and "ksg-ranks". They bracket the truth from different
    sides: read the ladder, not one rung. x1: (n, p), x2: (n, q). Raises InputError.
    """
    x1, x2 = _two(x1, x2)
    return {kind: dependence(x1, x2, kind, seed) for kind in rungs(x1.shape[1] + x2.shape[1])}


UNSUPPORTED = ("uncalibrated", "reads low")  # how the flags begin of a rung that is not to be relied on here


def best_supported(x1, x2, seed: int = 0) -> Estimate:
    """The rung of the ladder that these views support best, named by its `estimator`: I(X1; X2) in nats.

    Every rung misses the dependence that it is blind to, so of those that no flag speaks against the one with the
    highest low end is taken. Of the two Gaussian rungs the copula stands for both: it asks nothing of the columns.
    x1: (n, p), x2: (n, q). Raises InputError.
    """
    found = [e for kind, e in ladder(x1, x2, seed).items() if kind != "gaussian"]
    return max((e for e in found if not any(f.startswith(UNSUPPORTED) for f in e.flags)), key=lambda e: e.low)


def dependence(x1, x2, kind: str = "copula", seed: int = 0) -> Estimate:
    """I(X1; X2) in nats by one rung of the ladder: "gaussian", "copula", "infonce", "ksg" or "ksg-ranks".

    x1: (n, p), x2: (n, q). Raises InputError for arrays or a kind that cannot be used.
    """
    x1, x2 = _two(x1, x2)
    if kind not in rungs(x1.shape[1] + x2.shape[1]):
        raise InputError(
            f"no estimate {kind!r} for these views; choose gaussian, copula or infonce, and up to "
            f"{2 * MOST_DIMENSIONS} columns in all ksg or ksg-ranks"
        )
    if kind == "infonce":
        return infonce_bound(x1, x2, seed)
    return (_ksg_rung if kind.startswith("ksg") else _gaussian_rung)(kind, x1, x2)
