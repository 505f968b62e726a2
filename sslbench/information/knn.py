"""Nearest-neighbour estimate of mutual information for few dimensions (KSG), in nats."""

import numpy as np
from scipy.spatial import cKDTree
from scipy.special import digamma

from sslbench.errors import InputError

MOST_DIMENSIONS = 5  # of both views together; beyond, KSG was seen to lose most of the information


def _spread(x: np.ndarray) -> np.ndarray:
    """Columns with sd 1 and ties broken by noise of 1e-10."""
    x = np.asarray(x, dtype=float)
    x = x[:, None] if x.ndim == 1 else x
    sd = x.std(0)
    if (sd == 0).any():
        raise InputError(f"column {int(np.flatnonzero(sd == 0)[0])} is constant: it has no density")
    return (x - x.mean(0)) / sd + 1e-10 * np.random.default_rng(0).normal(size=x.shape)


def ksg(x: np.ndarray, y: np.ndarray, k: int = 10) -> float:
    """I(X; Y) in nats by nearest neighbours in the maximum norm.

    Source: Kraskov, Stoegbauer & Grassberger 2004, Eq. 8 (first algorithm). x: (n, dim), y: (n, dim). Needs n of order
    exp(I); loses sparse dependence in many dimensions.
    """
    x, y = _spread(x), _spread(y)
    n = len(x)
    radius = cKDTree(np.concatenate([x, y], 1)).query(np.concatenate([x, y], 1), k + 1, p=np.inf)[0][:, -1]
    count = lambda z: cKDTree(z).query_ball_point(z, radius * (1 - 1e-12), p=np.inf, return_length=True)  # noqa: E731
    return float(digamma(k) + digamma(n) - (digamma(count(x)) + digamma(count(y))).mean())
