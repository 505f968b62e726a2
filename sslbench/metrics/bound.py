"""The first paper's generalisation bound: its measurable terms beside the test error."""

import torch
from torch import Tensor
from torch.nn.functional import one_hot

from sslbench.data.splits import Split


def bound_terms(x: Tensor, y: Tensor, split: Split, classes: int, invariance: float) -> dict[str, float]:
    """The measurable terms of the first paper's bound, and how far they lie above the test error.

    Source: arXiv:2303.00633: E |W f(x) - y| <= I + 2/sqrt(m) |P_Zbar Ybar|_F + 1/sqrt(n) |P_Z Y|_F + Q, with W the
    minimum-norm least-squares head on the n labelled rows; held-out labels stand in for Ybar; Q is left out.
    """
    train, test = (torch.as_tensor(rows, device=x.device) for rows in (split.train, split.test))
    x = x.double() / x.double().square().sum(-1).mean().sqrt().clamp_min(1e-12)
    target = one_hot(y, classes).double()

    def residual(rows: Tensor) -> tuple[Tensor, float]:
        head = torch.linalg.lstsq(x[rows], target[rows], driver="gelsd" if x.device.type == "cpu" else None).solution
        return head, float((x[rows] @ head - target[rows]).square().sum().div(len(rows)).sqrt())

    head, own = residual(train)
    _, held = residual(test)
    error = float((x[test] @ head - target[test]).norm(dim=-1).mean())
    terms = invariance + 2 * held + own
    return {"bound": terms, "bound-slack": terms - error}
