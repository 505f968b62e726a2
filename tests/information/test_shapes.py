"""Gaussianity, geometry and ranks against independent formulas and closed forms."""

import numpy as np
import pytest
import torch

from sslbench.information.gaussianity import rejection_rate
from sslbench.information.geometry import alignment, local_affinity, overlap, uniform_optimum, uniformity
from sslbench.information.rank import alpha_req, covariance_rank, lidar, participation, rankme


def normal(*shape, seed=0):
    return torch.tensor(np.random.default_rng(seed).normal(size=shape))


def test_rejection_rate_has_its_null_and_its_power():
    assert rejection_rate(normal(4000, 64)) == pytest.approx(0.058, abs=0.012)
    assert rejection_rate(normal(500, 64) ** 3) > 0.9
    assert rejection_rate(torch.zeros(5, 64)) == 1.0
    half = torch.cat([torch.full((3, 1, 64), 7.0), 1e-6 * normal(3, 1, 64)], 1)  # one column that does not vary
    assert rejection_rate(half, 1e-12) == pytest.approx([0.5] * 3)


def test_uniform_points_reach_the_closed_form():
    for dim in (2, 5, 40):
        assert uniformity(normal(1, 3000, dim)) == pytest.approx(uniform_optimum(dim), abs=0.03)
    assert uniform_optimum(121) == pytest.approx(uniform_optimum(123), abs=0.01)  # series and Bessel function meet
    assert uniformity(torch.ones(1, 50, 4)) == pytest.approx(0, abs=1e-6)


def test_alignment_and_overlap():
    z = normal(2, 30, 4)
    assert alignment(z, 3 * z) == pytest.approx([0, 0], abs=1e-9) and alignment(z, -z) == pytest.approx([4, 4])
    apart = 50 * normal(1, 20, 1, 3) + normal(1, 20, 8, 3, seed=1)
    assert overlap(apart) == 0
    cloud = normal(1, 32, 16, 5)
    assert overlap(cloud) == pytest.approx(1 - 1 / 32, abs=0.05)


def test_an_affine_map_has_no_residual_a_square_has_its_own():
    x, d = normal(1, 40, 3), 0.1 * normal(1, 40, 3, seed=1)
    w = normal(3, 5, seed=2)
    f = lambda v: v @ w + 1  # noqa: E731
    assert local_affinity(f(x), f(x + d), f(x - d)) == pytest.approx(0, abs=1e-9)
    g = lambda v: v**2  # noqa: E731
    want = ((2 * d**2).norm(dim=-1) / (4 * x * d).norm(dim=-1)).mean()
    assert local_affinity(g(x), g(x + d), g(x - d)) == pytest.approx(float(want))


def test_ranks_against_numpy():
    z = normal(1, 200, 6) * torch.tensor([3.0, 2, 1, 1, 0.5, 0.1]) + 1
    s = np.linalg.svd(z[0].numpy(), compute_uv=False)
    p = s / s.sum()
    assert rankme(z) == pytest.approx(np.exp(-(p * np.log(p)).sum()), rel=1e-4)
    e = np.linalg.eigvalsh(np.cov(z[0].numpy().T))
    q = e / e.sum()
    assert covariance_rank(z) == pytest.approx(np.exp(-(q * np.log(q)).sum()))
    assert participation(z) == pytest.approx(e.sum() ** 2 / (e**2).sum())
    decay = normal(1, 20000, 40) * torch.arange(1, 41).double() ** -0.75  # eigenvalues i^-1.5
    slope, fit = alpha_req(decay)
    assert slope == pytest.approx(1.5, abs=0.05) and fit > 0.99


def test_lidar_counts_the_directions_in_which_items_differ():
    items = torch.cat([10 * normal(1, 100, 1, 3), torch.zeros(1, 100, 1, 5)], -1)
    views = items + 0.1 * normal(1, 100, 10, 8, seed=1)
    assert lidar(views) == pytest.approx(3, abs=0.2)
