"""Partial information decomposition: what two views say about a label redundantly, each alone, and only together."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from sslbench.errors import InputError

SWEEPS, SCALINGS, LAST = 400, 12, 300  # alternating projections; marginal scalings inside each, and at the end
LOG2 = float(np.log(2))


@dataclass(frozen=True)
class Decomposition:
    """R, U1, U2 and S in bits: I(Y; X1) = R + U1, I(Y; X2) = R + U2, I(Y; X1, X2) = R + U1 + U2 + S."""

    redundant: float
    unique_1: float
    unique_2: float
    synergy: float


def _information(p: Tensor, keep: tuple[int, ...]) -> Tensor:
    """I(Y; the kept axes) in nats of joints (runs, a, b, classes); keep is a subset of (1, 2)."""
    drop = tuple(a for a in (1, 2) if a not in keep)
    joint = p.sum(drop) if drop else p.flatten(1, 2)
    x, y = joint.sum(-1, keepdim=True), joint.sum(1, keepdim=True)
    return (joint * (joint / (x * y).clamp_min(1e-300)).clamp_min(1e-300).log()).sum((1, 2))


def least_joint(p: Tensor, sweeps: int = SWEEPS) -> Tensor:
    """The joint with the marginals p(x1, y) and p(x2, y) that tells least about y: (runs, a, b, classes), float64.

    Source: Bertschinger et al. 2014, arXiv:1311.2852 (BROJA): max H_Q(Y | X1, X2). Both sets are convex, so alternating
    projections (Csiszar & Tusnady 1984) go to the optimum: on the joints with these marginals, one class at a time by
    scaling, and on those whose (x1, x2) is independent of y.
    """
    p = p.double()
    first, second = p.sum(2), p.sum(1)  # (runs, a, classes), (runs, b, classes)
    prior = first.sum(1).clamp_min(1e-300)  # (runs, classes)
    q = first[:, :, None] * second[:, None] / prior[:, None, None]
    for sweep in range(sweeps):
        q = q.sum(-1, keepdim=True) * prior[:, None, None]
        for _ in range(SCALINGS if sweep < sweeps - 1 else LAST):
            q = q * (first / q.sum(2).clamp_min(1e-300))[:, :, None]
            q = q * (second / q.sum(1).clamp_min(1e-300))[:, None]
    return q


def parts(p: Tensor, sweeps: int = SWEEPS) -> dict[str, Tensor]:
    """R, U1, U2 and S of joints (runs, a, b, classes), each (runs,), in nats."""
    p = p.double() / p.double().sum((1, 2, 3), keepdim=True)
    q = least_joint(p, sweeps)
    one, two, both = _information(p, (1,)), _information(p, (2,)), _information(p, (1, 2))
    least = torch.minimum(_information(q, (1, 2)), both).maximum(torch.maximum(one, two))
    return {"redundant": one + two - least, "unique_1": least - two, "unique_2": least - one, "synergy": both - least}


def decompose(p) -> Decomposition:
    """The decomposition of a discrete joint distribution P(X1, X2, Y), array (a, b, classes), in bits.

    Source: Bertschinger et al. 2014 (BROJA). p may be counts: it is normalised. Raises InputError for another shape,
    negative or non-finite entries.
    """
    p = torch.as_tensor(np.asarray(p, dtype=float))
    if p.ndim != 3:
        raise InputError(f"decompose needs P(X1, X2, Y) of shape (a, b, classes), got shape {tuple(p.shape)}")
    if not bool(p.isfinite().all()) or bool((p < 0).any()) or float(p.sum()) <= 0:
        raise InputError("decompose needs probabilities or counts: finite, not negative, not all 0")
    return Decomposition(**{k: round(float(v[0]) / LOG2, 9) + 0.0 for k, v in parts(p[None]).items()})
