"""Metrics of one representation's spectrum: ranks, entropies and how evenly its rows lie on the sphere."""

import math

from torch import Tensor

from sslbench.information.entropy import logdet_entropy, pairwise_entropy
from sslbench.information.geometry import uniform_optimum, uniformity
from sslbench.information.rank import alpha_req, covariance_rank, participation, rankme
from sslbench.information.spectrum import effective_rank

ENTROPY_ROWS = 512


def unit_rows(z: Tensor) -> Tensor:
    """Rows centred and brought to mean variance 1 per dimension: (runs, n, dim) -> the same."""
    centred = z - z.mean(1, keepdim=True)
    return centred / centred.square().mean((1, 2), keepdim=True).sqrt().clamp_min(1e-12)


def spectra(z: Tensor) -> dict[str, float]:
    """Ranks, entropies and uniformity of one representation (1, n, dim)."""
    unit, dim = unit_rows(z.double()), z.shape[-1]
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
