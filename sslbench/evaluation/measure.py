"""What a trained representation keeps and how it lies: every measure of `sslbench.metrics.catalogue`, per run."""

import numpy as np
import torch
from torch import Tensor

from sslbench.data.dataset import Dataset
from sslbench.data.splits import Split
from sslbench.information.gaussianity import rejection_rate
from sslbench.information.geometry import local_affinity, overlap
from sslbench.information.rank import lidar
from sslbench.metrics.bound import bound_terms
from sslbench.metrics.predictive import mlp_bits
from sslbench.metrics.spectrum import spectra, unit_rows
from sslbench.metrics.views import closeness, shared_metrics, strength_bits
from sslbench.training.networks import FUSED
from sslbench.training.probe_views import ProbeViews, measured_rows


def _views(seen: ProbeViews, i: int, h: list[Tensor]) -> dict[str, float]:
    """What two views of an item have in common, and what they do not: of run i. h: the streams' codes (n, dim)."""
    one, two = (seen.pair[0][i], seen.pair[1][i]) if seen.pair else (h[0], h[1])
    out = shared_metrics(one, two)
    if seen.pair is None:
        return out
    out |= closeness(one, two)
    out["lidar"] = float(lidar(seen.views[i : i + 1])[0])
    out["overlap-views"] = float(overlap(seen.views[i : i + 1])[0])
    out["view-strength"] = strength_bits(seen.strengths[i])
    return out


def measure_run(
    dataset: Dataset, split: Split, h: dict[str, Tensor], seen: ProbeViews, i: int, bits: dict[str, float]
) -> tuple[dict[str, float], dict[str, dict[str, float]]]:
    """The measures of run i, and those of each target.

    h: stream -> (n, rep_dim); bits: target -> linear bits on test.
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
    joint = h.get(FUSED, torch.cat([unit_rows(x[None])[0] for x in streams], -1))
    targets = {}
    for target, labels in dataset.targets.items():
        y, classes = torch.as_tensor(labels, device=joint.device), int(labels.max()) + 1
        targets[target] = {"bits-linear": bits[target], "bits-mlp": mlp_bits(joint, y, split, classes)}
        if "invariance" in out:
            targets[target] |= bound_terms(joint, y, split, classes, out["invariance"])
    return out, targets
