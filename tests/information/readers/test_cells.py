"""The cell reader: counts along known directions give the posterior; refined directions find what a product misses."""

import numpy as np
import pytest
import torch

from sslbench.information.conditional import conditional
from sslbench.information.readers.cells import cell_logits, linear_scores, refine_pair


def corner(rows, seed):
    """Two signs; the label is 1 in 90 % where both are up, a coin elsewhere."""
    g = torch.Generator().manual_seed(seed)
    s = torch.randint(2, (1, rows, 2), generator=g).float()
    p = torch.where(s.prod(-1) > 0, 0.9, 0.5)
    return s, (torch.rand(1, rows, generator=g) < p).long()


def test_cells_find_the_shares_of_every_corner():
    s, y = corner(4000, 0)
    s = s + 0.05 * torch.randn(s.shape, generator=torch.Generator().manual_seed(1))  # no ties at the edges
    base = torch.zeros(1, 4000, 2)
    asked = torch.tensor([[[1.0, 1.0], [0.0, 1.0]]])
    counted = (s, torch.nn.functional.one_hot(y, 2).float(), torch.ones(1, 4000), base, asked, torch.zeros(1, 2, 2))
    logits, gain = cell_logits(*counted, bins=2)
    up, mixed = logits.softmax(-1)[0, :, 1].tolist()
    here = (s > 0.5)[0].all(-1)
    assert up == pytest.approx(float(y[0][here].float().mean()), abs=0.02) and abs(mixed - 0.5) < 0.05
    assert float(gain) == pytest.approx(1000 * (0.9 * np.log(1.8) + 0.1 * np.log(0.2)), rel=0.2)


def test_where_the_base_is_right_nothing_moves_and_padding_counts_for_nothing():
    s, y = corner(4000, 2)
    p = torch.where(s.prod(-1) > 0, 0.9, 0.5)[..., None]
    base = torch.cat([1 - p, p], -1).log()
    s = s + 0.05 * torch.randn(s.shape, generator=torch.Generator().manual_seed(1))
    one = torch.nn.functional.one_hot(y, 2).float()
    logits, gain = cell_logits(s, one, torch.ones(1, 4000), base, s, base, bins=2)
    assert float((logits - base).abs().max()) < 0.35 and float(gain) < 8
    padded = torch.cat([torch.ones(1, 2000), torch.zeros(1, 2000)], 1)
    logits, gain = cell_logits(s, one, torch.zeros(1, 4000), base, s, base, bins=2)
    assert torch.equal(logits, base) and float(gain) == 0
    a = cell_logits(s, one, padded, base, s, base, bins=2)[0]
    wrong = torch.cat([one[:, :2000], 1 - one[:, 2000:]], 1)
    assert torch.equal(a, cell_logits(s, wrong, padded, base, s, base, bins=2)[0])


def test_pairs_that_no_product_shows_are_refined():
    """y = (a + b) mod 4 of two numbers: a product of directions shows little of it; bins show them both."""
    g = torch.Generator().manual_seed(0)
    k = torch.randint(4, (1, 3000, 2), generator=g)
    views = torch.randn(2, 1, 3000, 12, generator=g)
    views[0, ..., 3], views[1, ..., 7] = (k[..., 0] - 1.5), (k[..., 1] - 1.5)
    residual = torch.nn.functional.one_hot(k.sum(-1) % 4, 4).float() - 0.25
    start = torch.zeros(1, 12, 1)
    start[:, 7] = 0.7
    start[:, 2] = 0.7
    u, v = refine_pair(views[0], views[1], residual, start)
    assert abs(float(u[0, 3, 0])) > 0.98 and abs(float(v[0, 7, 0])) > 0.98


def test_linear_scores_are_each_blocks_direction():
    coefficient = torch.zeros(1, 5, 3)
    coefficient[0, 1], coefficient[0, 3] = torch.tensor([1.0, 0.0, -1.0]), torch.tensor([0.0, 2.0, -2.0])
    found = linear_scores(coefficient, [slice(0, 2), slice(2, 5)])
    assert found.shape == (1, 5, 2)
    assert found[0, :, 0].abs().argmax() == 1 and found[0, :, 1].abs().argmax() == 3
    assert (found[0, 2:, 0] == 0).all() and (found[0, :2, 1] == 0).all()


def test_synergy_coded_in_single_numbers_is_read():
    rng = np.random.default_rng(0)
    k = rng.integers(4, size=(2, 3000))
    x1, x2 = rng.normal(size=(2, 3000, 6))
    x1[:, 0], x2[:, 1] = k - 1.5
    y = np.where(rng.random(3000) < 0.2, rng.integers(4, size=3000), k.sum(0) % 4)
    p = np.array([0.85, 0.05, 0.05, 0.05])
    truth = np.log(4) + (p * np.log(p)).sum()
    found = conditional(y, x1, x2)
    assert found.low < truth < found.high and found.value > 0.85 * truth
