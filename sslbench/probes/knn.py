"""The nearest-neighbour probe: majority vote by cosine similarity, k chosen by leaving rows out."""

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import normalize, one_hot

from sslbench.probes.base import Frozen, Probe, ProbeCard
from sslbench.probes.predictions import Predicted
from sslbench.registry import PROBES

LEFT_OUT = 1000  # most rows that are left out in turn to choose k
CHUNK = 1024


@PROBES.register("knn")
class KNNProbe(Probe):
    """Votes of the k most similar train and val rows (cosine, features centred on them); ties go to the nearer votes.

    k has the best accuracy on rows of train and val, each left out in turn with the rows of its group.
    """

    version = 2
    card = ProbeCard("k nearest neighbours", "classes", {"joint": ("accuracy",)})

    def read(self, frozen: Frozen) -> list[Predicted]:
        x, y, groups = frozen.known
        test, neighbours = frozen.features[0].test, frozen.protocol.neighbours
        return [Predicted.classes(self.classes_of(x, y, test, frozen.classes, neighbours, groups)[0])]

    @staticmethod
    def classes_of(
        x: Tensor,
        y: np.ndarray,
        test: Tensor,
        classes: int,
        neighbours: tuple[int, ...],
        groups: np.ndarray | None = None,
    ) -> tuple[np.ndarray, int]:
        """Predicted classes of the test rows, (n,), and the k that was chosen.

        x, test: features (rows, dim); y, groups: (rows,) of x.
        """
        mean = x.mean(0)
        x, test = (normalize(h - mean, dim=-1) for h in (x, test))
        labels, ks = torch.as_tensor(y, device=x.device), [k for k in neighbours if k <= len(x) - 1] or [1]
        held = torch.linspace(0, len(x) - 1, min(LEFT_OUT, len(x)), device=x.device).long()
        together = torch.as_tensor(np.arange(len(x)) if groups is None else groups, device=x.device)
        nearest = _nearest(x[held], x, max(ks), together[held], together)
        hits = [(_vote(labels[nearest[:, :k]], classes) == labels[held]).sum() for k in ks]
        best = ks[int(torch.stack(hits).argmax())]
        return _vote(labels[_nearest(test, x, best)], classes).cpu().numpy(), best


def _nearest(query: Tensor, base: Tensor, k: int, own: Tensor | None = None, groups: Tensor | None = None) -> Tensor:
    """Places of the k nearest rows of `base` not of the query's own group, (queries, k), the nearest first."""
    out = []
    for first in range(0, len(query), CHUNK):
        similarity = query[first : first + CHUNK] @ base.T
        if own is not None:
            similarity[own[first : first + CHUNK, None] == groups] = -2.0
        out.append(similarity.topk(k, dim=-1).indices)
    return torch.cat(out)


def _vote(labels: Tensor, classes: int) -> Tensor:
    """The class of most votes, (rows,); labels: (rows, k), the nearest first."""
    k = labels.shape[1]
    weight = 1 - torch.arange(k, device=labels.device) * (1e-4 / k)
    return (one_hot(labels, classes) * weight[:, None]).sum(1).argmax(-1)
