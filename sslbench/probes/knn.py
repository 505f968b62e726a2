"""The nearest-neighbour probe: majority vote by cosine similarity, k chosen on val by accuracy."""

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import normalize, one_hot

from sslbench.probes.base import Frozen, Probe, ProbeCard
from sslbench.probes.metrics import Measured
from sslbench.registry import PROBES


@PROBES.register("knn")
class KNNProbe(Probe):
    """Votes of the k most similar train rows (cosine, features centred on train); ties go to the nearer votes."""

    card = ProbeCard("k nearest neighbours", "classes", {"joint": ("accuracy",)})

    def read(self, frozen: Frozen) -> list[Measured]:
        (x, xv, xt), (y, yv, _) = frozen.features[0], frozen.labels
        predicted, _ = self.classes_of((x, y), (xv, yv), xt, frozen.classes, frozen.protocol.neighbours)
        return frozen.class_scores(predicted)[:1]

    @staticmethod
    def classes_of(
        train: tuple[Tensor, np.ndarray],
        val: tuple[Tensor, np.ndarray],
        test: Tensor,
        classes: int,
        neighbours: tuple[int, ...],
    ) -> tuple[np.ndarray, int]:
        """Predicted classes of the test rows, (n,), and the k that val chose.

        train, val: (features (rows, dim), labels).
        """
        (x, y), (xv, yv) = train, val
        mean = x.mean(0)
        x, xv, xt = (normalize(h - mean, dim=-1) for h in (x, xv, test))
        labels = torch.as_tensor(y, device=x.device)
        ks = [k for k in neighbours if k <= len(x)]
        hits = [(_vote(xv, x, labels, k, classes) == yv).mean() for k in ks]
        best = ks[int(np.argmax(hits))]
        return _vote(xt, x, labels, best, classes), best


def _vote(query: Tensor, base: Tensor, labels: Tensor, k: int, classes: int, chunk: int = 1024) -> np.ndarray:
    out = []
    for part in query.split(chunk):
        nearest = (part @ base.T).topk(k, dim=-1).indices  # (rows, k), nearest first
        weight = 1 - torch.arange(k, device=base.device) * (1e-4 / k)
        out.append((one_hot(labels[nearest], classes) * weight[:, None]).sum(1).argmax(-1))
    return torch.cat(out).cpu().numpy()
