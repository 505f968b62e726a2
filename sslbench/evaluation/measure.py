"""What a trained representation keeps and how it lies: every measure of `sslbench.metrics.catalogue`, per run."""

import math

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy, one_hot

from sslbench.data.dataset import Dataset
from sslbench.data.splits import Split
from sslbench.information.dependence import gaussian_information
from sslbench.information.entropy import logdet_entropy, pairwise_entropy
from sslbench.information.gaussianity import rejection_rate
from sslbench.information.geometry import alignment, local_affinity, overlap, uniform_optimum, uniformity
from sslbench.information.rank import alpha_req, covariance_rank, lidar, participation, rankme
from sslbench.information.readers.network import network_logits
from sslbench.information.readers.softmax import path_logits, softmax_path
from sslbench.information.spectrum import effective_rank
from sslbench.probes.metrics import class_prior
from sslbench.training.networks import FUSED
from sslbench.training.probe_views import STRENGTHS, ProbeViews, measured_rows

CELLS, COMPONENTS = 16, 16
ENTROPY_ROWS = 512


def _unit(z: Tensor) -> Tensor:
    """Rows centred and brought to mean variance 1 per dimension: (runs, n, dim) -> the same."""
    centred = z - z.mean(1, keepdim=True)
    return centred / centred.square().mean((1, 2), keepdim=True).sqrt().clamp_min(1e-12)


def spectra(z: Tensor) -> dict[str, float]:
    """Ranks, entropies and uniformity of one representation (1, n, dim)."""
    unit, dim = _unit(z.double()), z.shape[-1]
    isotropic = dim / 2 * math.log(2 * math.pi * math.e * (1 + 1e-3))
    few = unit[:, :ENTROPY_ROWS]
    return {
        "rankme": rankme(z),
        "effective-rank": effective_rank(z),
        "covariance-rank": covariance_rank(z),
        "participation": participation(z),
        "alpha": alpha_req(z)[0],
        "entropy-deficit": (isotropic - logdet_entropy(unit)) / dim,
        "entropy-upper": pairwise_entropy(few),
        "entropy-lower": pairwise_entropy(few, bound="lower"),
        "uniformity-gap": uniformity(unit[:, :ENTROPY_ROWS]) - (uniform_optimum(dim) if dim > 1 else 0.0),
    }


def _leading(z: Tensor) -> Tensor:
    """The leading principal components of rows (1, n, dim)."""
    centred = z.double() - z.double().mean(1, keepdim=True)
    return centred @ torch.linalg.svd(centred, full_matrices=False).Vh[:, :COMPONENTS].mT


def _standard(x: Tensor, on: Tensor) -> Tensor:
    """Columns of (n, dim) with mean 0 and sd 1 on some rows."""
    mean, sd = x[on].mean(0), x[on].std(0)
    return ((x - mean) / torch.where(sd > 1e-6 * (1 + mean.abs()), sd, torch.ones_like(sd))).clamp(-8, 8)


def linear_losses(x: Tensor, y: Tensor, train: Tensor, test: Tensor, classes: int, ridge: float = 1e-2) -> Tensor:
    """Log-loss per test row, nats, of a ridge softmax fitted on the train rows. x: (n, dim); y: (n,)."""
    x = _standard(x.float(), train)
    target = one_hot(y[train], classes).float()[None]
    coefficient, intercept, _ = softmax_path(x[train][None], target, torch.tensor([ridge], device=x.device))
    return cross_entropy(path_logits(x[test][None], coefficient, intercept)[0, :, 0], y[test], reduction="none")


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
    """H(C1 | Z2) / H(C1), by a linear reader on other rows; C1 a cluster code of z1. z1, z2: (n, dim). At most 1."""
    code = cluster_code(_unit(z1[None])[0].float(), max(2, min(CELLS, len(z1) // 40)))
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


def _views(seen: ProbeViews, i: int, h: list[Tensor]) -> dict[str, float]:
    """What two views of an item have in common, and what they do not: of run i. h: the streams' codes (n, dim)."""
    out: dict[str, float] = {}
    one, two = (seen.pair[0][i], seen.pair[1][i]) if seen.pair else (h[0], h[1])
    if len(one) >= 4 * COMPONENTS:
        shared = gaussian_information(_leading(one[None]), _leading(two[None]))
        out["shared-information"] = float(shared[0])
    out["superfluous"] = superfluous_share(one, two)
    if seen.pair is None:
        return out
    mean = torch.cat([one, two]).mean(0)
    out["alignment"] = float(alignment((one - mean)[None], (two - mean)[None])[0])
    size = torch.cat([one, two]).square().sum(-1).mean().sqrt().clamp_min(1e-12)
    out["invariance"] = float((one - two).norm(dim=-1).mean() / size)
    out["lidar"] = float(lidar(seen.views[i : i + 1])[0])
    out["overlap-views"] = float(overlap(seen.views[i : i + 1])[0])
    out["view-strength"] = strength_bits(seen.strengths[i])
    return out


def mlp_bits(x: Tensor, y: Tensor, split: Split, classes: int) -> float:
    """Held-out bits of a two-layer reader; val chooses among its snapshots and the class prior."""
    train, val, test = (torch.as_tensor(rows, device=x.device)[None] for rows in (split.train, split.val, split.test))
    x = _standard(x.float(), train[0])
    sizes, both = torch.tensor([train.shape[1]], device=x.device), torch.cat([val, test], 1)
    found = network_logits(x, train, sizes, y[None], both, classes, 3)
    prior = torch.as_tensor(class_prior(y[train[0]].cpu().numpy(), classes), device=x.device).log().float()
    options = [prior.expand(both.shape[1], -1), *(f[0] for f in found)]
    count = val.shape[1]
    best = min(options, key=lambda logits: float(cross_entropy(logits[:count], y[val[0]])))
    loss = [float(cross_entropy(logits[count:], y[test[0]])) for logits in (options[0], best)]
    return (loss[0] - loss[1]) / math.log(2)


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


def measure_run(
    dataset: Dataset, split: Split, h: dict[str, Tensor], seen: ProbeViews, i: int, bits: dict[str, float]
) -> tuple[dict[str, float], dict[str, dict[str, float]]]:
    """The measures of run i, and those of each target. h: stream -> (n, rep_dim); bits: target -> linear bits on
    test.
    """
    streams = [x for name, x in h.items() if name != FUSED]
    rows = torch.as_tensor(measured_rows(dataset), device=streams[0].device)
    parts = []
    for k, x in enumerate(streams):
        found = {name: float(v) for name, v in spectra(x[rows][None]).items()}
        found["gaussian-rejections"] = float(rejection_rate(seen.noisy[k][i].movedim(1, -1).flatten(0, 1)))
        found["affinity-residual"] = float(local_affinity(*(s[i : i + 1] for s in seen.steps[k]))[0])
        found["overlap-noise"] = float(overlap(seen.noisy[k][i : i + 1])[0])
        parts.append(found)
    out = {name: float(np.mean([p[name] for p in parts])) for name in parts[0]}
    out |= _views(seen, i, [x[rows] for x in streams])
    joint = h.get(FUSED, torch.cat([_unit(x[None])[0] for x in streams], -1))
    targets = {}
    for target, labels in dataset.targets.items():
        y, classes = torch.as_tensor(labels, device=joint.device), int(labels.max()) + 1
        targets[target] = {"bits-linear": bits[target], "bits-mlp": mlp_bits(joint, y, split, classes)}
        if "invariance" in out:
            targets[target] |= bound_terms(joint, y, split, classes, out["invariance"])
    return out, targets
