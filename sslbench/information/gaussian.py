"""I(Y; X1 | X2) of variables that are jointly Gaussian, in closed form."""

import math

import numpy as np
import torch
from torch import Tensor

from sslbench.errors import InputError
from sslbench.information.estimate import Estimate
from sslbench.information.intervals import Z95
from sslbench.information.prepared import matrix


def gaussian_conditional(y, x1, given) -> Estimate:
    """Estimate I(Y; X1 | X2) in nats for a numeric target that is jointly Gaussian with the views: the closed form.

    1/2 log [Var(Y | X2) / Var(Y | X1, X2)] of linear regressions, residual variances unbiased; interval by the delta
    method. Blind to everything that no linear regression shows. y: (n,) numbers; x1, given: (n, dim). Raises
    InputError.
    """
    a, b = matrix(x1, "x1").double(), matrix(given, "given").double()
    y = torch.as_tensor(np.asarray(y.cpu() if isinstance(y, Tensor) else y, dtype=float))
    if not len(a) == len(b) == len(y):
        raise InputError(f"x1, given and y must have the same number of rows, got {len(a)}, {len(b)} and {len(y)}")
    n, width = len(y), a.shape[1] + b.shape[1]
    if n < 2 * width + 10:
        raise InputError(f"{n} rows are too few for a linear regression on {width} columns; at least {2 * width + 10}")
    one = torch.ones(n, 1, dtype=torch.double)

    def residual(x: Tensor) -> tuple[Tensor, int]:
        design = torch.cat([one, x], 1)
        found = torch.linalg.lstsq(design, y[:, None], driver="gelsd")
        return (y - (design @ found.solution)[:, 0]), int(found.rank)

    (r2, k2), (r12, k12) = residual(b), residual(torch.cat([b, a], 1))
    v2, v12 = r2.square().sum() / (n - k2), r12.square().sum() / (n - k12)
    value = 0.5 * float(torch.log(v2 / v12))
    se = float(((r2.square() / v2 - r12.square() / v12) / 2).std()) / math.sqrt(n)
    return Estimate(value, value - Z95 * se, value + Z95 * se, "nats", n, "Gaussian closed form", ("Gaussian",))
