"""Retrieval for pairs: find the partner of an item in the other stream, through a linear alignment learnt on train
pairs.
"""

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import normalize

from sslbench.probes.linear import normalise
from sslbench.probes.metrics import Measured
from sslbench.registry import PROBES

RIDGES = (1e-3, 1e-2, 1e-1, 1.0)
COMPONENTS = 32


def align(h1: Tensor, h2: Tensor, ridge: float) -> tuple[Tensor, Tensor]:
    """Ridge CCA: maps (dim, components) of both streams, scaled by their canonical correlations. Rows are train pairs,
    normalised.

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
    """Rank (0 is best) of row i's partner b_i among all rows of b by cosine similarity; a tie counts against
    it. (n,).
    """
    similarity = normalize(a, dim=-1) @ normalize(b, dim=-1).T
    own = similarity.diagonal()[:, None]
    return ((similarity >= own).sum(1) - 1).cpu().numpy()


@PROBES.register("retrieval")
class Retrieval:
    """R@1, R@5, R@10 both ways between two streams' representations, aligned by ridge CCA on train pairs without
    labels.

    The ridge is chosen on val by the mean reciprocal rank. Every representation is aligned alike, also one with no
    shared space.
    """

    reads = "ranks of the partner"

    @staticmethod
    def scores(
        train: tuple[Tensor, Tensor], val: tuple[Tensor, Tensor], test: tuple[Tensor, Tensor]
    ) -> list[tuple[str, Measured]]:
        """(direction, score) of R@1/5/10 on test pairs, direction "first-second" or "second-first"; each (rows,
        dim).
        """
        (t1, v1, e1), (t2, v2, e2) = (normalise(t, v, e) for t, v, e in zip(train, val, test, strict=True))
        best, maps = -1.0, None
        for ridge in RIDGES:
            m1, m2 = align(t1, t2, ridge)
            reciprocal = (1 / (1 + partner_ranks(v1.double() @ m1, v2.double() @ m2))).mean()
            if reciprocal > best:
                best, maps = reciprocal, (m1, m2)
        a, b = e1.double() @ maps[0], e2.double() @ maps[1]
        out = []
        for direction, rank in (("first-second", partner_ranks(a, b)), ("second-first", partner_ranks(b, a))):
            n = len(rank)
            for k in (1, 5, 10):
                hit = (rank < k).astype(float)
                out.append(
                    (
                        direction,
                        Measured(f"recall@{k}", hit.mean(), hit.std(ddof=1) / np.sqrt(n), n, chance=min(k / n, 1.0)),
                    )
                )
        return out
