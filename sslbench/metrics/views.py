"""Metrics of two views' codes: what they share, what only one of them has, and what they keep of the view itself."""

import math

import torch
from torch import Tensor
from torch.nn.functional import one_hot

from sslbench.information.dependence import gaussian_information
from sslbench.information.geometry import alignment
from sslbench.metrics.predictive import linear_losses
from sslbench.metrics.protocol import STRENGTHS
from sslbench.metrics.spectrum import unit_rows

CELLS, COMPONENTS = 16, 16


def _leading(z: Tensor) -> Tensor:
    """The leading principal components of rows (1, n, dim)."""
    centred = z.double() - z.double().mean(1, keepdim=True)
    return centred @ torch.linalg.svd(centred, full_matrices=False).Vh[:, :COMPONENTS].mT


def shared_metrics(one: Tensor, two: Tensor) -> dict[str, float]:
    """What two views' codes (n, dim) have in common, and what the second does not have of the first."""
    out: dict[str, float] = {}
    if len(one) >= 4 * COMPONENTS:
        shared = gaussian_information(_leading(one[None]), _leading(two[None]))
        out["shared-information"] = float(shared[0])
    out["superfluous"] = superfluous_share(one, two)
    return out


def closeness(one: Tensor, two: Tensor) -> dict[str, float]:
    """How near two views' codes of one item lie, on the sphere and in units of their size: (n, dim) twice."""
    mean = torch.cat([one, two]).mean(0)
    size = torch.cat([one, two]).square().sum(-1).mean().sqrt().clamp_min(1e-12)
    return {
        "alignment": float(alignment((one - mean)[None], (two - mean)[None])[0]),
        "invariance": float((one - two).norm(dim=-1).mean() / size),
    }


def cluster_code(z: Tensor, cells: int, sweeps: int = 8) -> Tensor:
    """Cells of rows (n, dim) by Lloyd's algorithm from rows that lie far apart: (n,) integers without gaps."""
    centres = z[:1]
    for _ in range(cells - 1):
        centres = torch.cat([centres, z[torch.cdist(z, centres).min(1).values.argmax()][None]])
    for _ in range(sweeps):
        cell = torch.cdist(z, centres).argmin(1)
        member = one_hot(cell, len(centres)).to(z)
        count = member.sum(0)[:, None]
        centres = torch.where(count > 0, member.T @ z / count.clamp_min(1), centres)
    return torch.unique(torch.cdist(z, centres).argmin(1), return_inverse=True)[1]


def superfluous_share(z1: Tensor, z2: Tensor) -> float:
    """H(C1 | Z2) / H(C1), by a linear model on other rows; C1 a cluster code of z1. z1, z2: (n, dim). At most 1."""
    code = cluster_code(unit_rows(z1[None])[0].float(), max(2, min(CELLS, len(z1) // 40)))
    classes = int(code.max()) + 1
    if classes < 2:
        return 1.0
    half = torch.arange(len(code), device=code.device) % 2
    losses, priors = [], []
    for k in (0, 1):
        train, test = (half != k).nonzero()[:, 0], (half == k).nonzero()[:, 0]
        losses.append(linear_losses(z2, code, train, test, classes))
        share = (torch.bincount(code[train], minlength=classes) + 0.5).double()
        priors.append(-(share / share.sum()).log()[code[test]])
    prior = float(torch.cat(priors).mean())
    return min(1.0, float(torch.cat(losses).mean()) / max(prior, 1e-9))


def strength_bits(h: Tensor) -> float:
    """Bits about which strength a view was made with: (rows x strengths, rep_dim), strengths one after another."""
    rows = len(h) // len(STRENGTHS)
    y = torch.arange(len(STRENGTHS), device=h.device).repeat_interleave(rows)
    item = torch.arange(rows, device=h.device).repeat(len(STRENGTHS))
    train, test = (item < rows // 2).nonzero()[:, 0], (item >= rows // 2).nonzero()[:, 0]
    loss = float(linear_losses(h, y, train, test, len(STRENGTHS)).mean())
    return max(0.0, (math.log(len(STRENGTHS)) - loss) / math.log(2))
