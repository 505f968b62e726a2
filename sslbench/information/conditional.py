"""I(Y; X1 | X2) as a cross-fitted gap of stacked models, with a two-size interval and a linear bound on its upper end.

An estimate of what the predictive models can use: one that misses how view 1 helps reads low, one that misses what
view 2 holds reads high.
"""

import math
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import one_hot

from sslbench.information.estimate import Estimate
from sslbench.information.intervals import Z95, mean_and_error
from sslbench.information.negative_control import negative_control_gap
from sslbench.information.positive_controls import positive_control_labels, positive_control_strengths
from sslbench.information.prepared import BINS, Prepared, is_regression, prepare
from sslbench.information.readers.cross_fitted import read_both
from sslbench.information.readers.softmax import path_logits, softmax_path

PAD = 1e-3  # nats, added to both ends: at a true zero the paired error collapses


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
