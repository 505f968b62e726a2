"""What columns that a reduction dropped still tell about the label: a linear reading of them beside those kept."""

import torch
from torch import Tensor
from torch.nn.functional import one_hot

from sslbench.information.conditional import PAD, Z95, linear_bound_of
from sslbench.information.folds import Folds, index_table
from sslbench.information.intervals import mean_and_error
from sslbench.information.readers.cross_fitted import FIRST_WEIGHT, RIDGES
from sslbench.information.readers.softmax import path_logits, softmax_path
from sslbench.information.readers.stacking import FLOOR, stack

BOUND_HOLDS = 0.2  # degrees of freedom per row up to which the in-sample linear bound is used
WIDE_RIDGES = (*RIDGES, 2.0)


def _linear_models(x: Tensor, y: Tensor, classes: int, folds: Folds, size: list) -> Tensor:
    """Out-of-fold probability of the true label under ridge softmax at every strength, (strengths, n)."""
    train, weight = index_table(size)
    test, _ = index_table(folds.tests)
    rows = x[train]
    mean = (rows * weight[..., None]).sum(1, keepdim=True) / weight.sum(1)[:, None, None]
    target = one_hot(y[train], classes).to(x)
    coefficient, intercept, _ = softmax_path(rows - mean, target, torch.tensor(WIDE_RIDGES), weight)
    found = path_logits(x[test] - mean, coefficient, intercept).double().softmax(-1)
    found = found.gather(-1, y[test][:, :, None, None].expand(*found.shape[:3], 1))[..., 0]  # (folds, rows, strengths)
    out = torch.zeros(len(WIDE_RIDGES), len(y), dtype=torch.double)
    out[:, test.reshape(-1)] = found.flatten(0, 1).T
    return out


def linear_stack(x: Tensor, y: Tensor, classes: int, folds: Folds) -> Tensor:
    """Held-out log-losses of the linear models of x alone, stacked, nats: (n,)."""
    found, _ = stack(_linear_models(x, y, classes, folds, folds.full), torch.as_tensor(folds.fold), folds.count)
    return -found.clamp_min(FLOOR).log()


def dropped_information(kept: Tensor, dropped: Tensor, y: Tensor, classes: int, folds: Folds, groups) -> float:
    """The most that `dropped` may tell a linear model about the label beside `kept`, nats, at least 0.

    The high end of the held-out gain at two training sizes, and of the in-sample linear bound where that bounds
    anything. kept: (n, dim), dropped: (n, more), both with sd 1; y: (n,) classes. Blind to what no line shows.
    """
    fold, gains = torch.as_tensor(folds.fold), []
    both = torch.cat([kept, dropped], 1)
    for size in (folds.full, folds.half_a, folds.half_b):
        single, _ = stack(_linear_models(kept, y, classes, folds, size), fold, folds.count)
        library = torch.cat([single[None], _linear_models(both, y, classes, folds, size)])
        joint, _ = stack(library, fold, folds.count, first=FIRST_WEIGHT)
        gains.append(joint.clamp_min(FLOOR).log() - single.clamp_min(FLOOR).log())
    full, half = gains[0], (gains[1] + gains[2]) / 2
    ends = [mean + Z95 * se for mean, se in (mean_and_error(v, groups) for v in (full, 2 * full - half))]
    linear, linear_se, load = linear_bound_of(kept, dropped, y, classes, groups)
    if load <= BOUND_HOLDS:
        ends.append(linear + Z95 * linear_se)
    return max(0.0, *ends) + PAD
