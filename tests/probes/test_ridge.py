"""The ridge probe: leave-one-out against fits that leave one out, and against scikit-learn."""

import numpy as np
import pytest
import torch
from sklearn.linear_model import Ridge, RidgeClassifierCV

from sslbench.probes.linear import normalise
from sslbench.probes.ridge import RidgeProbe, ridge_path

RNG = np.random.default_rng(0)
X = RNG.normal(size=(40, 6))
Y = np.eye(3)[RNG.integers(3, size=40)]


@pytest.mark.parametrize("ridge", [1e-3, 0.3, 5.0])
def test_the_error_is_that_of_leaving_each_row_out(ridge):
    x, y = torch.tensor(X - X.mean(0)), torch.tensor(Y - Y.mean(0))
    _, error = ridge_path(x, y, torch.tensor([ridge], dtype=torch.double))
    wrong = []
    for i in range(40):
        rest = np.arange(40) != i
        # the sum of squares of 39 rows with the penalty of 40: what leaving a row out of one fit means
        model = Ridge(alpha=40 * ridge).fit(X[rest], Y[rest])
        wrong.append(Y[i] - model.predict(X[i : i + 1])[0])
    assert float(error[0]) == pytest.approx(np.square(wrong).mean(), rel=1e-9)


def test_agrees_with_scikit_learn_on_digits():
    from sklearn.datasets import load_digits

    data = load_digits()
    x, y = torch.tensor(data.data), data.target
    strengths = (1e-4, 1e-2, 1.0)
    predicted, _ = RidgeProbe.classes_of((x[:1200], y[:1200]), x[1200:], 10, strengths)
    a, b = (v.numpy() for v in normalise(x[:1200], x[1200:]))
    want = RidgeClassifierCV(alphas=[1200 * s for s in strengths]).fit(a, y[:1200])
    assert (predicted == y[1200:]).mean() == pytest.approx(want.score(b, y[1200:]), abs=0.003)
