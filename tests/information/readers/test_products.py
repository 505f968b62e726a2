"""Spectral products: coded factors and synergy of three are found, noise is not; the coded control; the link reader."""

import numpy as np
import pytest
import torch

from sslbench.data.worlds.factors import factor_world
from sslbench.information.conditional import read
from sslbench.information.folds import make_folds
from sslbench.information.negative_control import negative_control_gap
from sslbench.information.prepared import prepare
from sslbench.information.readers.cross_fitted import beyond
from sslbench.information.readers.crossview import cross_view_features, standardise
from sslbench.information.readers.link import link_logits
from sslbench.information.readers.products import predict_by_products


def sample(name, n, dim, seed=0, **options):
    draw, truth = factor_world(name, tuple(sorted(options.items())))
    return draw(np.random.default_rng(seed), n, dim), {k: v * np.log(2) for k, v in truth.items()}


def test_a_coded_factor_is_predicted_on_rows_not_trained_on():
    s, _ = sample("coded", 1500, 20)
    x1, x2 = (standardise(torch.tensor(v).float())[0] for v in (s.x1, s.x2))
    found = predict_by_products(x2[None, :1000], x1[None, :1000], torch.ones(1, 1000), x2[None, 1000:])[0]
    axis = torch.linalg.svd(found)[2][0]
    assert abs(np.corrcoef((found @ axis).numpy(), s.factors["shared"][1000:])[0, 1]) > 0.8


def test_cross_view_features_are_kept_only_where_they_are_confirmed():
    rng = np.random.default_rng(0)
    x1, x2 = (torch.tensor(rng.normal(size=(800, 10))).float() for _ in range(2))
    folds = make_folds(800, 5, None, 0)
    assert cross_view_features(x1, x2, folds, 1).shape[1] <= 1  # independent views: at most one by chance
    s, _ = sample("coded", 1500, 10)
    x1, x2 = (standardise(torch.tensor(v).float())[0] for v in (s.x1, s.x2))
    assert cross_view_features(x1, x2, make_folds(1500, 5, None, 0), 1).shape[1] >= 1


@pytest.mark.parametrize(("in_second", "most_missed"), [(1, 0.06), (2, 0.16)])
def test_synergy_of_two_and_of_three_is_read(in_second, most_missed):
    s, truth = sample("signs", 2500, 10, flip=0.1, in_second=in_second)
    found = read(prepare(s.x1, s.x2, s.y))
    assert truth["redundancy-1"] - most_missed < found.gap < truth["redundancy-1"] + 0.03 and found.low > 0.1


def test_what_is_beyond_view_2_is_uncorrelated_with_it():
    rng = np.random.default_rng(0)
    z2 = torch.tensor(rng.normal(size=(500, 4))).float()
    x1 = z2 @ torch.tensor(rng.normal(size=(4, 3))).float() + 0.1 * torch.tensor(rng.normal(size=(500, 3))).float()
    left = beyond(x1, z2)
    assert abs(np.corrcoef(np.c_[left, z2].T)[:3, 3:]).max() < 0.05 and left.std(0).min() > 0.9


def test_the_coded_control_reads_nothing_from_many_rows_and_something_from_few():
    rng = np.random.default_rng(0)

    def control(n, dim):
        x1, x2 = (torch.tensor(rng.normal(size=(n, dim))).float() for _ in range(2))
        y = torch.tensor((x1[:, 0].numpy() + 0.5 * rng.normal(size=n) > 0).astype(int))
        return negative_control_gap(x1, x2, y, 2, make_folds(n, 5, None, 0), None, None, 0)[0]

    assert control(4000, 5) < 0.02
    assert control(500, 30) > 0.05


def test_the_link_reader_learns_a_link_that_levels_off():
    rng = np.random.default_rng(0)
    t = rng.normal(size=4000) * 4
    p = 0.25 + 0.5 / (1 + np.exp(-3 * t))
    y = torch.tensor((rng.random(4000) < p).astype(int))
    base = torch.stack([-torch.tensor(t), torch.tensor(t)], 1).float()[None] / 2
    one_hot = torch.nn.functional.one_hot(y, 2).float()[None]
    found = link_logits(base[:, :2000], one_hot[:, :2000], torch.ones(1, 2000), base[:, 2000:])[0].softmax(-1)[:, 1]
    assert float((found - torch.tensor(p[2000:])).abs().mean()) < 0.03
    assert float((base[0, 2000:].softmax(-1)[:, 1] - torch.tensor(p[2000:])).abs().mean()) > 0.1
