"""I(Y; X): what one array tells about labels, or about numbers, as the held-out gain of stacked predictive models."""

import numpy as np
from torch import Tensor

from sslbench.errors import InputError
from sslbench.information.conditional import PAD, estimator_name, flags_of
from sslbench.information.dependence import best_supported
from sslbench.information.estimate import Estimate
from sslbench.information.intervals import Z95, mean_and_error
from sslbench.information.prepared import matrix, prepare
from sslbench.information.readers.cross_fitted import read_one


def mutual(x, y, groups=None, seed: int = 0, network: bool = True) -> Estimate:
    """Estimate I(Y; X) in nats: the held-out log-loss gain of stacked predictive models over the class prior.

    A lower estimate: predictive models can only miss information. Of numbers in several columns it is the best
    supported rung of the dependence ladder, which the estimator names. Args: x: (n, dim); y: (n,) classes, or numbers,
    which are binned; or (n, columns >= 2) numbers. Raises InputError.
    """
    if getattr(y, "ndim", 1) == 2 and y.shape[1] > 1:
        return _mutual_of_numbers(x, y, groups, seed)
    p = prepare(x, x, y, groups, (np.zeros((0, 0)),) * 2, network, seed)
    (found,) = read_one(
        p.x1, p.y[None].expand(p.folds.count, -1), p.classes, p.folds, [p.folds.full], network, seed + 11
    )
    value, se = mean_and_error(found.prior - found.single, p.groups)
    return Estimate(
        value,
        value - Z95 * se - PAD,
        value + Z95 * se + PAD,
        "nats",
        len(p.y),
        f"{estimator_name(network)}, full size only",
        flags_of(y, "lower estimate"),
    )


def _mutual_of_numbers(x, y, groups, seed: int) -> Estimate:
    """I(Y; X) for y (n, columns) of floating-point numbers, by the dependence ladder."""
    y = y.detach().cpu().numpy() if isinstance(y, Tensor) else np.asarray(y)
    if not np.issubdtype(y.dtype, np.floating):
        raise InputError(f"y of several columns must be floating-point numbers, got {y.dtype}; give classes one by one")
    if groups is not None:
        raise InputError("groups are not supported where y has several columns; leave out the copies instead")
    return best_supported(matrix(x, "x"), y, seed)
