"""I(Y; X1 | X2) as a cross-fitted gap of stacked readers, with a two-size interval and a linear bound on its upper end.

An estimate of what the readers can use: a reader that misses how view 1 helps reads low, one that misses what view 2
holds reads high.
"""

import math
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import one_hot

from sslbench.errors import InputError
from sslbench.information.crossview import cross_view_features, standardise
from sslbench.information.estimate import Estimate
from sslbench.information.folds import Folds, make_folds
from sslbench.information.plants import plant_strengths, planted_labels
from sslbench.information.readers import read_both, read_one
from sslbench.information.softmax import path_logits, softmax_path

FOLDS = 5
Z95 = 1.959964
PAD = 1e-3  # nats, added to both ends: at a true zero the paired error collapses
FEWEST_ROWS = 50


@dataclass(frozen=True)
class Reading:
    """What the readers found, nats. `gap` at full size with error `se`; `extrapolated` = 2 gap - gap at half size, with
    its own.
    """

    gap: float
    se: float
    extrapolated: float
    extrapolated_se: float
    single: float  # I(Y; X2) as read
    joint: float  # I(Y; X1, X2) as read
    low: float
    high: float
    hull_high: float
    linear: float
    load: float  # degrees of freedom per row of the linear bound's joint fit
    n: int
    classes: int

    @property
    def tolerance(self) -> float:
        """The default: 0.01 nats, or 5 % of the label information that both views give, whichever is more."""
        return max(0.01, 0.05 * self.joint)


@dataclass(frozen=True)
class Prepared:
    """Views and labels ready to be read: standardised, folded, view 2 with its cross-view features."""

    x1: Tensor
    z2: Tensor
    y: Tensor
    classes: int
    folds: Folds
    groups: np.ndarray | None
    network: bool
    seed: int


def _matrix(x, name: str) -> Tensor:
    x = x.detach().cpu().float() if isinstance(x, Tensor) else torch.tensor(np.array(x, dtype=np.float32))
    x = x[:, None] if x.ndim == 1 else x.flatten(1)
    if not x.isfinite().all():
        raise InputError(
            f"{name} holds {int((~x.isfinite()).sum())} values that are nan or infinite; drop or fill them first"
        )
    return x


def prepare(x1, x2, y, groups=None, unlabelled=None, network: bool = True, seed: int = 0) -> Prepared:
    """Check and prepare two views (n, dim) and class labels (n,). Raises InputError for what cannot be read.

    groups: (n,), rows of one group stay in one fold (several views of one item, neighbouring patches); unlabelled: more
    pairs (x1, x2) for the cross-view features.
    """
    x1, x2 = _matrix(x1, "x1"), _matrix(x2, "x2")
    y = y.cpu().numpy() if isinstance(y, Tensor) else np.asarray(y)
    if not len(x1) == len(x2) == len(y):
        raise InputError(f"x1, x2 and y must have the same number of rows, got {len(x1)}, {len(x2)} and {len(y)}")
    if len(y) < FEWEST_ROWS:
        raise InputError(
            f"{len(y)} rows are too few to read conditional information; at least {FEWEST_ROWS} are needed"
        )
    names, y, counts = np.unique(y, return_inverse=True, return_counts=True)
    if len(names) < 2:
        raise InputError("y has one class only; at least 2 are needed")
    if len(names) > len(y) / 5:
        raise InputError(
            f"y has {len(names)} classes in {len(y)} rows: an id or a number, not classes. "
            "Bin it, or choose another target"
        )
    if counts.min() < FOLDS:
        raise InputError(
            f"class {names[counts.argmin()]!r} has {counts.min()} rows; every class needs at least {FOLDS}"
        )
    groups = None if groups is None else np.asarray(groups)
    if groups is not None and len(np.unique(groups)) < 2 * FOLDS:
        raise InputError(
            f"{len(np.unique(groups))} groups are too few for {FOLDS} folds with halves; "
            f"at least {2 * FOLDS} are needed"
        )
    more = (None, None) if unlabelled is None else tuple(_matrix(u, "unlabelled") for u in unlabelled)
    (x1, u1), (x2, u2) = standardise(x1, more[0]), standardise(x2, more[1])
    if not x1.shape[1] or not x2.shape[1]:
        raise InputError(f"{'x1' if not x1.shape[1] else 'x2'} is constant: it can tell nothing")
    folds = make_folds(len(y), FOLDS, groups, seed)
    crossed = cross_view_features(x1, x2, folds, seed + 5, None if unlabelled is None else (u1, u2))
    return Prepared(x1, torch.cat([x2, crossed], 1), torch.as_tensor(y), len(names), folds, groups, network, seed)


def mean_and_error(values: Tensor, groups: np.ndarray | None) -> tuple[float, float]:
    """Mean and its standard error, robust to dependence within groups (sandwich over clusters)."""
    n = len(values)
    if groups is None:
        return float(values.mean()), float(values.std() / math.sqrt(n))
    _, group = np.unique(groups, return_inverse=True)
    sums = torch.zeros(group.max() + 1, dtype=values.dtype).index_add_(
        0, torch.as_tensor(group), values - values.mean()
    )
    count = len(sums)
    return float(values.mean()), float(math.sqrt(float(sums.square().sum()) * count / (count - 1)) / n)


def linear_bound(p: Prepared) -> tuple[float, float, float]:
    """In-sample gap of two nearly unpenalised linear readers less its optimism, its error, and degrees of freedom per
    row.
    """
    n = len(p.y)
    target = one_hot(p.y, p.classes).float()[None]
    losses, dfs = [], []
    for side in (p.z2, torch.cat([p.z2, p.x1], 1)):
        rows = (side - side.mean(0))[None]
        coefficient, intercept, df = softmax_path(rows, target, torch.tensor([1e-4]), iterations=60)
        logits = path_logits(rows, coefficient, intercept)[0, :, 0].double()
        losses.append(torch.nn.functional.cross_entropy(logits, p.y, reduction="none"))
        dfs.append(float(df))
    mean, se = mean_and_error(losses[0] - losses[1], p.groups)
    more = max(dfs[1] - dfs[0], 0.0)
    return mean - more / (2 * n), math.sqrt(se**2 + more / (2 * n * n)), dfs[1] / n


def read(p: Prepared) -> Reading:
    """The reading of I(Y; X1 | X2) with its interval: the hull of two training sizes, its upper end widened by the
    linear bound.
    """
    f = p.folds
    labels = p.y[None].expand(f.count, -1)
    full, first, second = read_both(
        p.z2, p.x1, labels, p.classes, f, [f.full, f.half_a, f.half_b], p.network, p.seed + 11
    )
    half = (first.gap + second.gap) / 2
    gap, se = mean_and_error(full.gap, p.groups)
    beyond, beyond_se = mean_and_error(2 * full.gap - half, p.groups)
    low = min(gap - Z95 * se, beyond - Z95 * beyond_se) - PAD
    hull = max(gap + Z95 * se, beyond + Z95 * beyond_se) + PAD
    linear, linear_se, load = linear_bound(p)
    mean = lambda t: float(t.mean())  # noqa: E731
    return Reading(
        gap,
        se,
        beyond,
        beyond_se,
        single=mean(full.prior - full.single),
        joint=mean(full.prior - full.joint),
        low=low,
        high=max(hull, linear + Z95 * linear_se),
        hull_high=hull,
        linear=linear,
        load=load,
        n=len(p.y),
        classes=p.classes,
    )


def read_plants(p: Prepared, tolerance: float) -> dict[str, tuple[float, float]]:
    """The readers' (gap, se) on planted labels of each kind, over the same folds: what they can find at this n
    and d.
    """
    out = {}
    for kind, strength in plant_strengths(tolerance, p.classes).items():
        labels = planted_labels(p.z2, p.x1, p.y, p.classes, p.folds.count, kind, strength, p.seed + 21)
        (found,) = read_both(p.z2, p.x1, labels, p.classes, p.folds, [p.folds.full], p.network, p.seed + 31)
        out[kind] = mean_and_error(found.gap, p.groups)
    return out


NAME = (
    "stacked reader gap (ridge softmax, interaction, {network}cross-view features), "
    "5 folds, two-size hull, linear bound"
)


def reader_name(network: bool) -> str:
    return NAME.format(network="network, " if network else "")


def conditional(y, x1, given, groups=None, unlabelled=None, seed: int = 0) -> Estimate:
    """Estimate I(Y; X1 | X2) in nats: what view 1 still tells about the label once view 2 is known.

    Source: the multiview assumption of Sridharan & Kakade, COLT 2008; held-out log-loss gap of stacked readers. The
    interval covers sampling and the readers' training size, not what no reader can see; "low" can be negative.
    Args: y: (n,) class labels; x1: (n, dim); given: (n, dim), view 2; groups: (n,) rows of one group stay in one fold;
    unlabelled: further pairs (x1, x2). Raises InputError for arrays that cannot be read.
    """
    p = prepare(x1, given, y, groups, unlabelled, True, seed)
    r = read(p)
    flags = ("linear bound overloaded: more than 0.2 degrees of freedom per row",) if r.load > 0.2 else ()
    return Estimate(r.gap, r.low, r.high, "nats", r.n, reader_name(True), flags)


def mutual(x, y, groups=None, seed: int = 0) -> Estimate:
    """Estimate I(Y; X) in nats for class labels y: the held-out log-loss gain of the stacked readers over the class
    prior.

    A lower estimate: readers can only miss information. Args: x: (n, dim); y: (n,) classes. Raises InputError.
    """
    p = prepare(x, x, y, groups, None, True, seed)
    (found,) = read_one(p.x1, p.y[None].expand(p.folds.count, -1), p.classes, p.folds, [p.folds.full], True, seed + 11)
    value, se = mean_and_error(found.prior - found.single, p.groups)
    return Estimate(
        value, value - Z95 * se - PAD, value + Z95 * se + PAD, "nats", len(p.y), reader_name(True), ("lower estimate",)
    )
