"""I(Y; X1 | X2) as a cross-fitted gap of stacked models, with a two-size interval and a linear bound on its upper end.

An estimate of what the predictive models can use: one that misses how view 1 helps reads low, one that misses what
view 2 holds reads high.
"""

import math
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import one_hot

from sslbench.errors import InputError
from sslbench.information.estimate import Estimate
from sslbench.information.folds import Folds, make_folds
from sslbench.information.intervals import Z95, mean_and_error
from sslbench.information.negative_control import negative_control_gap
from sslbench.information.positive_controls import positive_control_labels, positive_control_strengths
from sslbench.information.readers.cross_fitted import read_both
from sslbench.information.readers.crossview import cross_view_features, standardise
from sslbench.information.readers.softmax import path_logits, softmax_path
from sslbench.information.readers.wide import wide_scores

FOLDS = 5
PAD = 1e-3  # nats, added to both ends: at a true zero the paired error collapses
FEWEST_ROWS = 50
BINS, MOST_LEVELS = 4, 20  # classes that a numeric target is binned into; distinct values up to which it is classes


@dataclass(frozen=True)
class Reading:
    """What was found, nats.

    `gap` at full size with error `se`; `extrapolated` = 2 gap - gap at half size, with its own.
    """

    gap: float
    se: float
    extrapolated: float
    extrapolated_se: float
    left: float  # H(Y | X2) as read: more than this view 1 cannot tell
    single: float  # I(Y; X2) as read
    joint: float  # I(Y; X1, X2) as read
    low: float
    high: float
    hull_high: float
    linear: float
    linear_se: float
    load: float  # degrees of freedom per row of the linear bound's joint fit
    n: int
    classes: int
    gains: tuple[Tensor, Tensor] | None = field(default=None, repr=False, compare=False)  # per row: of view 2, of both

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
    unlabelled: tuple[Tensor, Tensor] | None = None
    own: int = 0  # columns of view 2 before its cross-view features
    dropped: Tensor | None = None  # columns of view 2 that a reduction left out, with sd 1

    @cached_property
    def every(self) -> Tensor | None:
        """All columns of view 2, those dropped included, if any were: (n, dim)."""
        return None if self.dropped is None else torch.cat([self.z2[:, : self.own], self.dropped], 1)

    @cached_property
    def wide(self) -> list[Tensor] | None:
        """Scores of all columns of view 2, if any were dropped, at full size and both halves: (folds, n, columns)."""
        if self.every is None:
            return None
        f, labels = self.folds, self.y[None].expand(self.folds.count, -1)
        return wide_scores(self.every, labels, self.classes, f, [f.full, f.half_a, f.half_b])

    @cached_property
    def given(self) -> Tensor:
        """All that is read of view 2 in one table, (n, dim): z2, and the scores of rows as each fold tests them."""
        if self.wide is None:
            return self.z2
        return torch.cat([self.z2, self.wide[0][torch.as_tensor(self.folds.fold), torch.arange(len(self.y))]], 1)


def matrix(x, name: str) -> Tensor:
    x = x.detach().cpu().float() if isinstance(x, Tensor) else torch.tensor(np.array(x, dtype=np.float32))
    x = x[:, None] if x.ndim == 1 else x.flatten(1)
    if not x.isfinite().all():
        raise InputError(
            f"{name} holds {int((~x.isfinite()).sum())} values that are nan or infinite; drop or fill them first"
        )
    return x


def is_regression(y: np.ndarray) -> bool:
    """Whether a target is a number to be binned, not a class: floating point, with more than 20 distinct values."""
    return np.issubdtype(y.dtype, np.floating) and len(np.unique(y)) > MOST_LEVELS


def class_codes(y: np.ndarray) -> tuple[np.ndarray, int]:
    """Labels (n,) as 0 .. classes-1; numbers in BINS classes of equal shares.

    Raises InputError for a target that is constant, an id, has gaps, or a class of fewer than FOLDS rows.
    """
    if np.issubdtype(y.dtype, np.floating) and not np.isfinite(y).all():
        raise InputError(
            f"y holds {int((~np.isfinite(y)).sum())} values that are nan or infinite; drop those rows first"
        )
    if is_regression(y):
        y = np.searchsorted(np.quantile(y, np.arange(1, BINS) / BINS), y, side="right")
    names, codes, counts = np.unique(y.astype(str) if y.dtype == object else y, return_inverse=True, return_counts=True)
    if len(names) < 2:
        raise InputError("y has one class only; at least 2 are needed")
    if len(names) > len(y) / 5:
        raise InputError(
            f"y has {len(names)} classes in {len(y)} rows: an id or a number, not classes. Choose another target; a "
            "number to be binned must be floating point"
        )
    if counts.min() < FOLDS:
        raise InputError(
            f"class {names[counts.argmin()]!r} has {counts.min()} rows; every class needs at least {FOLDS}. "
            "Merge rare classes, or drop their rows"
        )
    return codes.ravel(), len(names)


def prepare(x1, x2, y, groups=None, unlabelled=None, network: bool = True, seed: int = 0, dropped=None) -> Prepared:
    """Check and prepare two views (n, dim) and class labels (n,).

    groups: (n,), rows of one group stay in one fold (several views of one item, neighbouring patches); unlabelled: more
    pairs (x1, x2) for the cross-view features; dropped: (n, more), columns that a reduction left out of x2, with sd 1.
    Raises InputError for what cannot be read.
    """
    x1, x2 = matrix(x1, "x1"), matrix(x2, "x2")
    y = y.cpu().numpy() if isinstance(y, Tensor) else np.asarray(y)
    y = y.reshape(len(y), -1)[:, 0] if y.ndim == 2 and y.shape[1] == 1 else y
    if y.ndim != 1:
        raise InputError(f"y must be (n,), one value per row; got shape {y.shape}. Several targets go in a dict")
    if not len(x1) == len(x2) == len(y):
        raise InputError(f"x1, x2 and y must have the same number of rows, got {len(x1)}, {len(x2)} and {len(y)}")
    if len(y) < FEWEST_ROWS:
        raise InputError(
            f"{len(y)} rows are too few to read conditional information; at least {FEWEST_ROWS} are needed"
        )
    y, classes = class_codes(y)
    groups = None if groups is None else np.asarray(groups)
    if groups is not None and len(np.unique(groups)) < 2 * FOLDS:
        raise InputError(
            f"{len(np.unique(groups))} groups are too few for {FOLDS} folds with halves; "
            f"at least {2 * FOLDS} are needed"
        )
    more = (None, None) if unlabelled is None else tuple(matrix(u, "unlabelled") for u in unlabelled)
    some = lambda u: u if u is not None and len(u) else None  # noqa: E731
    (x1, u1), (x2, u2) = standardise(x1, some(more[0])), standardise(x2, some(more[1]))
    if not x1.shape[1] or not x2.shape[1]:
        raise InputError(f"{'x1' if not x1.shape[1] else 'x2'} is constant: it can tell nothing")
    folds = make_folds(len(y), FOLDS, groups, seed)
    none = unlabelled is not None and not len(more[0])  # an empty set: no cross-view features
    pairs = None if none or unlabelled is None else (u1, u2)
    crossed = x2[:, :0] if none else cross_view_features(x1, x2, folds, seed + 5, pairs)
    z2 = torch.cat([x2, crossed], 1)
    more = None if dropped is None else torch.as_tensor(dropped).float()
    return Prepared(x1, z2, torch.as_tensor(y), classes, folds, groups, network, seed, pairs, x2.shape[1], more)


def linear_bound(p: Prepared) -> tuple[float, float, float]:
    """`linear_bound_of` the prepared views."""
    return linear_bound_of(p.given, p.x1, p.y, p.classes, p.groups)


def linear_bound_of(z2: Tensor, x1: Tensor, y: Tensor, classes: int, groups) -> tuple[float, float, float]:
    """In-sample gap of two nearly unpenalised linear models less its optimism, its error, and its load.

    The models see z2 (n, dim), and z2 beside x1. The load is the joint model's degrees of freedom per row.
    """
    n = len(y)
    target = one_hot(y, classes).float()[None]
    losses, dfs = [], []
    for side in (z2, torch.cat([z2, x1], 1)):
        rows = (side - side.mean(0))[None]
        coefficient, intercept, df = softmax_path(rows, target, torch.tensor([1e-4]), iterations=60)
        logits = path_logits(rows, coefficient, intercept)[0, :, 0].double()
        losses.append(torch.nn.functional.cross_entropy(logits, y, reduction="none"))
        dfs.append(float(df))
    mean, se = mean_and_error(losses[0] - losses[1], groups)
    more = max(dfs[1] - dfs[0], 0.0)
    return mean - more / (2 * n), math.sqrt(se**2 + more / (2 * n * n)), dfs[1] / n


def read(p: Prepared) -> Reading:
    """The reading of I(Y; X1 | X2) with its interval.

    The interval is the hull of two training sizes, its upper end widened by the linear bound.
    """
    f = p.folds
    labels = p.y[None].expand(f.count, -1)
    full, first, second = read_both(
        p.z2, p.x1, labels, p.classes, f, [f.full, f.half_a, f.half_b], p.network, p.seed + 11, wide=p.wide
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
        left=mean(full.single),
        single=mean(full.prior - full.single),
        joint=mean(full.prior - full.joint),
        low=low,
        high=max(hull, linear + Z95 * linear_se),
        hull_high=hull,
        linear=linear,
        linear_se=linear_se,
        load=load,
        n=len(p.y),
        classes=p.classes,
        gains=(full.prior - full.single, full.prior - full.joint),
    )


def read_positive_controls(p: Prepared, tolerance: float) -> dict[str, tuple[float, float]]:
    """The models' (gap, se) on each positive control, over the same folds: what they can find at this n and d."""
    out = {}
    for kind, strength in positive_control_strengths(tolerance, p.classes).items():
        labels = positive_control_labels(p.z2, p.x1, p.y, p.classes, p.folds.count, kind, strength, p.seed + 21)
        (found,) = read_both(p.z2, p.x1, labels, p.classes, p.folds, [p.folds.full], p.network, p.seed + 31, False)
        out[kind] = mean_and_error(found.gap, p.groups)
    return out


def read_triple(p: Prepared, left: float) -> tuple[float, float]:
    """The gap on labels that hold half of `left` (nats) as a product of three signs, and that half.

    Would the predictive models have seen strong synergy?
    """
    labels = positive_control_labels(p.z2, p.x1, p.y, p.classes, p.folds.count, "triple", left / 2, p.seed + 61)
    (found,) = read_both(p.z2, p.x1, labels, p.classes, p.folds, [p.folds.full], False, p.seed + 71)
    return float(found.gap.mean()), left / 2


def read_negative_control(p: Prepared) -> tuple[float, float]:
    """The (gap, se) found if view 2 coded all that view 1 says as a product of two directions: the truth is 0."""
    return negative_control_gap(p.x1, p.z2[:, : p.own], p.y, p.classes, p.folds, p.groups, p.unlabelled, p.seed)


NAME = (
    "stacked reader gap (ridge softmax, interaction, cells, {network}cross-view features), "
    "5 folds, two-size hull, linear bound"
)


def estimator_name(network: bool) -> str:
    return NAME.format(network="network, " if network else "")


def flags_of(y, *more: str) -> tuple[str, ...]:
    binned = is_regression(np.asarray(y.cpu() if isinstance(y, Tensor) else y))
    return (*filter(None, more), *((f"target binned into {BINS} classes of equal shares",) if binned else ()))


def conditional(y, x1, given, groups=None, unlabelled=None, seed: int = 0) -> Estimate:
    """Estimate I(Y; X1 | X2) in nats: what view 1 still tells about the label once view 2 is known.

    Source: the multiview assumption of Sridharan & Kakade, COLT 2008; held-out log-loss gap of stacked models. The
    interval covers sampling and the models' training size, not what no model can see; "low" can be negative.
    Args: y: (n,) class labels, or numbers, which are binned; x1: (n, dim); given: (n, dim), view 2; groups: (n,) rows
    of one group stay in one fold; unlabelled: further pairs (x1, x2). Raises InputError for arrays that cannot be read.
    """
    p = prepare(x1, given, y, groups, unlabelled, True, seed)
    r = read(p)
    overload = "linear bound overloaded: more than 0.2 degrees of freedom per row" if r.load > 0.2 else ""
    return Estimate(r.gap, r.low, r.high, "nats", r.n, estimator_name(True), flags_of(y, overload))
