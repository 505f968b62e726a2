"""Retrieval for pairs: find the partner of an item in the other stream.

The search goes through a linear alignment learnt on train and val pairs.
"""

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import normalize

from sslbench.probes.base import Frozen, Parts, Probe, ProbeCard
from sslbench.probes.linear import normalise
from sslbench.probes.predictions import Predicted
from sslbench.registry import PROBES

RIDGES = (1e-3, 1e-2, 1e-1, 1.0)
COMPONENTS = 32
DEPTHS = (1, 5, 10)
GALLERY = 2000  # most items of a part that are searched among, evenly spaced: recall depends on how many there are


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


def _gallery(x: Tensor) -> Tensor:
    return x[torch.linspace(0, len(x) - 1, min(GALLERY, len(x)), device=x.device).long()]


@PROBES.register("retrieval")
class Retrieval(Probe):
    """R@1, R@5, R@10 both ways between two streams' representations.

    They are aligned by ridge CCA without labels. Fits on train are compared on val by the mean reciprocal rank; the
    best ridge is then fitted on both. Every representation is aligned alike, also one with no shared space. At most
    2,000 items of a part are looked for, among one another.
    """

    version = 2
    card = ProbeCard(
        "retrieval",
        "ranks of the partner",
        {"pair": tuple(f"recall@{k}" for k in DEPTHS)},
        labels="none",
        streams=(2, None),
        source="Vinod 1976 (ridge CCA)",
    )

    def read(self, frozen: Frozen) -> list[Predicted]:
        there, back = self.ranks(*frozen.features)
        return [Predicted.ranks(there), Predicted.ranks(back, reverse=True)]

    @staticmethod
    def ranks(first: Parts, second: Parts) -> tuple[np.ndarray, np.ndarray]:
        """Ranks of the test pairs' partners, (n,), from the first stream to the second and back.

        first, second: parts of (rows, dim); of long parts GALLERY evenly spaced rows.
        """
        first, second = (Parts(parts.train, *map(_gallery, parts[1:])) for parts in (first, second))
        (t1, v1), (t2, v2) = normalise(*first[:2]), normalise(*second[:2])
        found = []
        for ridge in RIDGES:
            m1, m2 = align(t1, t2, ridge)
            found.append((1 / (1 + partner_ranks(v1.double() @ m1, v2.double() @ m2))).mean())
        both = (normalise(torch.cat(parts[:2]), parts.test) for parts in (first, second))
        (k1, e1), (k2, e2) = both
        m1, m2 = align(k1, k2, RIDGES[int(np.argmax(found))])
        a, b = e1.double() @ m1, e2.double() @ m2
        return partner_ranks(a, b), partner_ranks(b, a)
