"""The logistic path: converged where it says so, one solve for many problems, as good as scikit-learn."""

import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression

from sslbench.probes.logistic import logistic_path

RNG = np.random.default_rng(0)
X = RNG.normal(size=(2, 300, 5)) * np.array([3.0, 1, 1, 0.3, 0.1])
X -= X.mean(1, keepdims=True)
W = RNG.normal(size=(5, 3))
Y = np.stack([[RNG.choice(3, p=np.exp(l) / np.exp(l).sum()) for l in x @ W] for x in X])
RIDGES = (1e-3, 1e-1, 10.0)
ONEHOT = torch.nn.functional.one_hot(torch.tensor(Y), 3).double()


def fit(x=X, y=ONEHOT, weight=None, **more):
    return logistic_path(torch.as_tensor(x), y, torch.tensor(RIDGES), weight, **more)


@pytest.mark.parametrize("which", range(2))
def test_every_fit_and_strength_is_scikit_learns(which):
    path = fit(tolerance=1e-8, iterations=300)
    assert path.converged.all()
    for i, ridge in enumerate(RIDGES):
        want = LogisticRegression(C=1 / (300 * ridge), tol=1e-10, max_iter=10_000).fit(X[which], Y[which])
        ours = torch.softmax(path.logits(torch.tensor(X), i)[which], -1).numpy()
        assert ours == pytest.approx(want.predict_proba(X[which]), abs=1e-5)


def test_what_it_calls_converged_has_no_gradient():
    path = fit(tolerance=1e-6)
    x, y = torch.tensor(X), ONEHOT
    for i, ridge in enumerate(RIDGES):
        residual = (path.logits(x, i).softmax(-1) - y) / x.shape[1]
        slope = x.mT @ residual + ridge * path.coefficient[:, :, i]
        assert path.converged[:, i].all() and slope.abs().max() < 1.01e-6 and residual.sum(1).abs().max() < 1.01e-6


def test_few_iterations_are_not_called_converged():
    assert not fit(iterations=2, tolerance=1e-6).converged.all()


def test_many_problems_in_one_solve_equal_each_alone():
    both = fit(iterations=40)
    for i in range(2):
        alone = fit(X[i : i + 1], ONEHOT[i : i + 1], iterations=40)
        assert torch.allclose(both.coefficient[i], alone.coefficient[0], atol=1e-12)


def test_folds_and_label_fractions_are_weights_of_one_solve():
    """Rows of weight 0 change nothing, so folds and fractions of one table are fits over the same rows."""
    x = torch.tensor(X[0])
    weight = torch.ones(3, 300).double()
    weight[1, 100:] = 0  # a third of the labels
    weight[2, :150] = 0  # a fold
    parts = [slice(None), slice(None, 100), slice(150, None)]
    centred = torch.stack([x - x[p].mean(0) for p in parts])
    path = fit(centred, ONEHOT[:1].expand(3, -1, -1), weight, tolerance=1e-8)
    for i, p in enumerate(parts):
        alone = fit(centred[i : i + 1, p], ONEHOT[:1, p], tolerance=1e-8)
        assert torch.allclose(path.coefficient[i], alone.coefficient[0], atol=1e-5)


def test_separable_classes_and_one_feature_more_than_rows_stay_finite():
    x = torch.randn(1, 20, 40, generator=torch.Generator().manual_seed(0))
    y = torch.nn.functional.one_hot(torch.arange(20) % 2, 2).float()[None]
    path = logistic_path(x - x.mean(1, keepdim=True), y, torch.tensor([1e-8, 1.0]), iterations=200)
    assert path.coefficient.isfinite().all()
    assert (path.logits(x - x.mean(1, keepdim=True), 0).argmax(-1) == y.argmax(-1)).all()
