"""Retrieval for pairs: find the partner of an item in the other stream.

The search goes through a linear alignment learnt on train pairs.
"""

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import normalize

from sslbench.probes.base import Frozen, Parts, Probe, ProbeCard
from sslbench.probes.linear import normalise
from sslbench.probes.metrics import Measured
from sslbench.registry import PROBES

RIDGES = (1e-3, 1e-2, 1e-1, 1.0)
COMPONENTS = 32
DEPTHS = (1, 5, 10)


def align(h1: Tensor, h2: Tensor, ridge: float) -> tuple[Tensor, Tensor]:
    """Ridge CCA: maps (dim, components) of both streams, scaled by their canonical correlations.

    Rows are train pairs, normalised.

    Source: Hotelling 1936 with ridge on both covariances (Vinod 1976).
    """
    n = len(h1)
    h1, h2 = h1.double(), h2.double()
    root = []
    for h in (h1, h2):
        values, vectors = torch.linalg.eigh(h.T @ h / n + ridge * torch.eye(h.shape[1], dtype=h.dtype, device=h.device))
        root.append(vectors * values.clamp_min(1e-12).rsqrt() @ vectors.T)
    u, s, vt = torch.linalg.svd(root[0] @ (h1.T @ h2 / n) @ root[1], full_matrices=False)
    keep = min(COMPONENTS, len(s))
    scale = s[:keep].clamp_min(0).sqrt()
    return root[0] @ u[:, :keep] * scale, root[1] @ vt[:keep].T * scale


def partner_ranks(a: Tensor, b: Tensor) -> np.ndarray:
    """Rank (0 is best) of row i's partner b_i among all rows of b by cosine similarity, (n,).

    A tie counts against it.
    """
    similarity = normalize(a, dim=-1) @ normalize(b, dim=-1).T
    own = similarity.diagonal()[:, None]
    return ((similarity >= own).sum(1) - 1).cpu().numpy()


@PROBES.register("retrieval")
class Retrieval(Probe):
    """R@1, R@5, R@10 both ways between two streams' representations.

    They are aligned by ridge CCA on train pairs without labels; the ridge is chosen on val by the mean reciprocal rank.
    Every representation is aligned alike, also one with no shared space.
    """

    card = ProbeCard(
        "retrieval",
        "ranks of the partner",
        {"pair": tuple(f"recall@{k}" for k in DEPTHS)},
        labels="none",
        streams=(2, None),
        source="Vinod 1976 (ridge CCA)",
    )

    def read(self, frozen: Frozen) -> list[Measured]:
        return self.scores(*frozen.features)

    @staticmethod
    def scores(first: Parts, second: Parts) -> list[Measured]:
        """R@1/5/10 on test pairs, from the first stream to the second and in reverse; parts are (rows, dim)."""
        (t1, v1, e1), (t2, v2, e2) = normalise(*first), normalise(*second)
        best, maps = -1.0, None
        for ridge in RIDGES:
            m1, m2 = align(t1, t2, ridge)
            reciprocal = (1 / (1 + partner_ranks(v1.double() @ m1, v2.double() @ m2))).mean()
            if reciprocal > best:
                best, maps = reciprocal, (m1, m2)
        a, b = e1.double() @ maps[0], e2.double() @ maps[1]
        out = []
        for reverse, rank in ((False, partner_ranks(a, b)), (True, partner_ranks(b, a))):
            n = len(rank)
            for k in DEPTHS:
                hit = (rank < k).astype(float)
                se, chance = hit.std(ddof=1) / np.sqrt(n), min(k / n, 1.0)
                out.append(Measured(f"recall@{k}", hit.mean(), se, n, chance=chance, reverse=reverse))
        return out
