"""I(X1; X2): closed forms, invariances, caps; and the external benchmark where its samples are at hand."""

import numpy as np
import pytest
import torch

from sslbench.errors import InputError
from sslbench.information import dependence, ladder, mutual
from sslbench.information.dependence import canonical_correlations, gaussian_information, infonce, infonce_bound
from sslbench.information.knn import ksg


def pair(n, rho, dim=1, more=0, seed=0):
    rng = np.random.default_rng(seed)
    x, e = rng.normal(size=(2, n, dim))
    y = rho * x + np.sqrt(1 - rho**2) * e
    return np.c_[x, rng.normal(size=(n, more))], np.c_[y, rng.normal(size=(n, more))]


def test_gaussian_information_has_its_bias_removed():
    truth = -0.5 * np.log(1 - 0.6**2)
    found = [
        float(gaussian_information(*(torch.tensor(v)[None] for v in pair(400, 0.6, more=9, seed=s)))) for s in range(60)
    ]
    plugin = [f + 100 / 800 for f in found]
    assert np.mean(found) == pytest.approx(truth, abs=0.025) and np.mean(plugin) > truth + 0.1


def test_canonical_correlations_agree_with_statsmodels():
    from statsmodels.multivariate.cancorr import CanCorr

    rng = np.random.default_rng(0)
    x = rng.normal(size=(200, 3))
    y = x @ rng.normal(size=(3, 4)) + rng.normal(size=(200, 4))
    found = canonical_correlations(torch.tensor(x)[None], torch.tensor(y)[None])[0].numpy()
    np.testing.assert_allclose(found, CanCorr(x, y).cancorr, atol=1e-8)


def test_copula_does_not_see_monotone_marginals():
    x, y = pair(2000, 0.7)
    plain = dependence(x, y, "copula").value
    assert dependence(np.exp(2 * x), y**3, "copula").value == pytest.approx(plain, abs=1e-9)
    assert plain == pytest.approx(-0.5 * np.log(1 - 0.49), abs=0.05)


def test_ksg_knows_the_normal():
    x, y = pair(2000, 0.8)
    assert ksg(x, y) == pytest.approx(-0.5 * np.log(1 - 0.64), abs=0.06)
    assert ksg(x, np.random.default_rng(9).normal(size=(2000, 1))) == pytest.approx(0, abs=0.04)


def test_infonce_is_log_softmax_and_saturates_at_log_k():
    scores = torch.randn(2, 8, 8, dtype=torch.double)
    value, cap = infonce(scores)
    want = np.log(8) + np.log(np.exp(scores[1].numpy()).diagonal() / np.exp(scores[1].numpy()).sum(1))
    np.testing.assert_allclose(value[1].numpy(), want)
    assert cap == pytest.approx(np.log(8)) and infonce(50 * torch.eye(8)[None])[0].mean() == pytest.approx(np.log(8))
    rng = np.random.default_rng(0)
    x = rng.normal(size=(400, 12))
    found = infonce_bound(x, x + 1e-4 * rng.normal(size=x.shape))
    assert "saturated" in found.flags and found.value <= np.log(133) + 1e-6


def test_infonce_stays_under_the_truth_and_never_far_under_zero():
    x, y = pair(1500, 0.8, more=2)
    found = infonce_bound(x, y)
    assert found.flags == ("lower bound",) and 0.3 < found.value < -0.5 * np.log(1 - 0.64) + 0.05
    x, _ = pair(600, 0.0, more=20)
    assert infonce_bound(x, np.random.default_rng(5).normal(size=(600, 20))).value > -0.02


def test_nonsense_is_refused():
    x, y = pair(100, 0.5)
    for a, b, match in (
        (x[:50], y, "same number of rows"),
        (np.full_like(x, 2), y, "constant"),
        (np.where(x > 1, np.nan, x), y, "nan or infinite"),
    ):
        with pytest.raises(InputError, match=match):
            dependence(a, b)
    with pytest.raises(InputError, match="no estimate 'kde'"):
        dependence(x, y, "kde")


def external(shared_data, names=None):
    data = np.load(shared_data / "mi-benchmark.npz")
    tasks = sorted({k.rsplit("/", 1)[0] for k in data.files})
    for name in names or tasks:
        found = {k: v.value for k, v in ladder(data[f"{name}/x"], data[f"{name}/y"]).items()}
        yield name, float(data[f"{name}/mi_nats"]), found


GAUSSIAN = ("multinormal-dense-3-3-0.5", "multinormal-dense-25-25-0.5")


def test_external_gaussian_tasks(shared_data):
    for name, truth, found in external(shared_data, GAUSSIAN):
        assert found["gaussian"] == pytest.approx(truth, abs=0.05), name
        assert found["infonce"] < truth + 0.1, name


@pytest.mark.slow
def test_external_benchmark(shared_data):
    rows = list(external(shared_data))
    near = [min(abs(v - truth) for v in found.values()) <= 0.15 for _, truth, found in rows]
    assert len(rows) == 31 and sum(near) >= 24
    assert all(found["infonce"] <= truth + 0.1 for _, truth, found in rows)


def test_mutual_of_numbers_in_several_columns_is_the_closed_form_and_names_its_rung():
    x, y = pair(1500, 0.7, dim=2)
    found = mutual(x, torch.tensor(y))
    assert found.low - 0.03 < -np.log(1 - 0.49) < found.high + 0.03 and found.value == pytest.approx(0.673, abs=0.08)
    assert found.estimator in {e.estimator for e in ladder(x, y).values()} and found.unit == "nats"


def test_mutual_of_numbers_sees_what_no_correlation_shows_and_refuses_what_it_cannot_read():
    x = np.random.default_rng(0).normal(size=(1500, 2))
    y = x**2 + 0.1 * np.random.default_rng(1).normal(size=(1500, 2))
    assert dependence(x, y, "copula").value < 0.1 and mutual(x, y).value > 1
    wide = mutual(np.c_[x, np.random.default_rng(2).normal(size=(1500, 200))][:400], y[:400])
    assert wide.estimator.startswith("InfoNCE")  # 204 columns in 400 rows: the copula is not calibrated
    with pytest.raises(InputError, match="must be floating-point"):
        mutual(x, (y > 0).astype(int))
    with pytest.raises(InputError, match="groups are not supported"):
        mutual(x, y, groups=np.arange(1500))
