"""The ridge softmax path against scikit-learn, and its degrees of freedom against their definition."""

import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression

from sslbench.information.readers.softmax import path_logits, softmax_path

RNG = np.random.default_rng(0)
X = RNG.normal(size=(2, 300, 5)) * np.array([3.0, 1, 1, 0.3, 0.1])
X -= X.mean(1, keepdims=True)
W = RNG.normal(size=(5, 3))
Y = np.stack([[RNG.choice(3, p=np.exp(l) / np.exp(l).sum()) for l in x @ W] for x in X])
RIDGES = (1e-3, 1e-1, 10.0)


def fit(weight=None, iterations=400):
    onehot = torch.nn.functional.one_hot(torch.tensor(Y), 3).double()
    return softmax_path(torch.tensor(X), onehot, torch.tensor(RIDGES), weight, iterations=iterations)


@pytest.mark.parametrize("which", range(2))
def test_every_fit_and_strength_is_scikit_learns(which):
    coefficient, intercept, _ = fit()
    for i, ridge in enumerate(RIDGES):
        want = LogisticRegression(C=1 / (300 * ridge), tol=1e-10, max_iter=10_000).fit(X[which], Y[which])
        ours = torch.softmax(path_logits(torch.tensor(X), coefficient, intercept)[which, :, i], -1).numpy()
        assert ours == pytest.approx(want.predict_proba(X[which]), abs=2e-3)


def test_22_iterations_are_nearly_there_where_the_readers_use_them():
    early, late = (path_logits(torch.tensor(X), *fit(iterations=i)[:2])[:, :, 1].softmax(-1) for i in (22, 400))
    assert (early - late).abs().max() < 0.02


def test_padding_with_weight_0_changes_nothing():
    padded = np.concatenate([X, X[:, :40] * 7], 1)
    onehot = torch.nn.functional.one_hot(torch.tensor(np.concatenate([Y, Y[:, :40]], 1)), 3).double()
    weight = torch.cat([torch.ones(2, 300), torch.zeros(2, 40)], 1).double()
    a = softmax_path(torch.tensor(padded), onehot, torch.tensor(RIDGES), weight)
    b = softmax_path(torch.tensor(X), torch.nn.functional.one_hot(torch.tensor(Y), 3).double(), torch.tensor(RIDGES))
    assert all(torch.allclose(u, v, atol=1e-8) for u, v in zip(a, b, strict=True))


def test_degrees_of_freedom_run_from_all_to_none():
    onehot = torch.nn.functional.one_hot(torch.tensor(Y), 3).double()
    _, _, df = softmax_path(torch.tensor(X), onehot, torch.tensor([1e-9, 1e9]))
    assert df[:, 0].tolist() == pytest.approx([10, 10], rel=1e-3) and df[:, 1].tolist() == pytest.approx(
        [0, 0], abs=1e-3
    )
