"""kNN against scikit-learn; retrieval against its definition, chance and a case with a known answer."""

import numpy as np
import pytest
import torch
from sklearn.cross_decomposition import CCA
from sklearn.neighbors import KNeighborsClassifier

from sslbench.probes.base import Parts
from sslbench.probes.knn import KNNProbe
from sslbench.probes.metrics import recall_score
from sslbench.probes.retrieval import Retrieval, align, partner_ranks

G = torch.Generator().manual_seed(0)


@pytest.mark.parametrize("k", [1, 5])
def test_knn_agrees_with_scikit_learn(k):
    centre = torch.randn(3, 8, generator=G)
    y = torch.arange(300) % 3
    x = centre[y] + torch.randn(300, 8, generator=G)
    yn = y.numpy()
    got, chosen = KNNProbe.classes_of(x[:200], yn[:200], x[200:], 3, (k,))
    unit = torch.nn.functional.normalize(x - x[:200].mean(0), dim=-1).numpy()
    want = KNeighborsClassifier(k).fit(unit[:200], yn[:200]).predict(unit[200:])
    assert chosen == k and (got == want).mean() >= (1.0 if k == 1 else 0.96)  # ties are broken differently


def test_knn_never_asks_for_more_neighbours_than_there_are():
    x, y = torch.randn(6, 2, generator=G), np.array([0, 1] * 3)
    assert KNNProbe.classes_of(x, y, x, 2, (1, 50))[1] == 1


def test_knn_leaves_out_a_row_with_its_group():
    """Five copies of each of 40 random rows: the copies tell a row's label, if they are not left out with it."""
    x, y = torch.randn(40, 4, generator=G).repeat_interleave(5, 0), np.repeat(np.arange(40) % 2, 5)
    x = x + 1e-3 * torch.randn(200, 4, generator=G) + 2.0 * torch.as_tensor(y[:, None])
    y[:5] = 1 - y[:5]  # one group is mislabelled
    alone, grouped = (KNNProbe.classes_of(x, y, x, 2, (1, 20), g)[1] for g in (None, np.repeat(np.arange(40), 5)))
    assert (alone, grouped) == (1, 20)


def test_partner_ranks_count_who_is_nearer_and_ties_against():
    a = torch.eye(3)
    assert partner_ranks(a, a).tolist() == [0, 0, 0]
    assert partner_ranks(a, a[[1, 0, 2]]).tolist() == [2, 2, 0]  # the partner is orthogonal, as is one more
    assert partner_ranks(torch.ones(4, 2), torch.ones(4, 2)).tolist() == [3] * 4


def pairs(n, noise):
    s = torch.randn(n, 5, generator=G)
    return s @ MIX[0] + noise * torch.randn(n, 12, generator=G), s @ MIX[1] + noise * torch.randn(n, 12, generator=G)


MIX = [torch.randn(5, 12, generator=G) for _ in range(2)]


def recall(noise, shuffle=False):
    parts = [pairs(n, noise) for n in (600, 200, 200)]
    if shuffle:
        parts = [(a, b[torch.randperm(len(b), generator=G)]) for a, b in parts]
    first, second = (Parts(*part) for part in zip(*parts, strict=True))
    both = zip((False, True), Retrieval.ranks(first, second), strict=True)
    return {(back, k): recall_score(ranks, k) for back, ranks in both for k in (1, 10)}


def test_a_shared_code_is_found_both_ways():
    found = recall(0.05)
    assert found[False, 1].value > 0.9 and found[True, 1].value > 0.9


def test_broken_pairs_are_at_chance():
    found = recall(0.05, shuffle=True)
    score = found[False, 10]
    assert score.chance == 0.05 and abs(score.value - 0.05) < 0.06


def test_alignment_finds_the_canonical_correlations():
    a, b = pairs(2000, 1.0)
    a, b = (a - a.mean(0)) / a.std(0), (b - b.mean(0)) / b.std(0)
    m1, m2 = align(a, b, 1e-6)
    u, v = a.double() @ m1[:, :2], b.double() @ m2[:, :2]
    ours = [abs(np.corrcoef(u[:, i], v[:, i])[0, 1]) for i in range(2)]
    x, y = CCA(2, max_iter=2000).fit_transform(a.numpy(), b.numpy())
    assert ours == pytest.approx([abs(np.corrcoef(x[:, i], y[:, i])[0, 1]) for i in range(2)], abs=0.01)
