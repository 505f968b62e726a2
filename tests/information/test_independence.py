"""X1 independent of X2 given Y: the size of the test, its power, and that its estimate stays under the truth."""

import numpy as np
import pytest

from sslbench.information.independence import permute_within, test_independence


def draws(seed, n=150):
    rng = np.random.default_rng(seed)
    y = rng.integers(3, size=n)
    return rng.normal(size=(n, 4)) + y[:, None], rng.standard_t(3, size=(n, 4)) + y[:, None], y


def test_size_at_five_percent():
    """400 data sets whose views share the class only, the fewest draws that can reject. 5 % +- 3 standard errors."""
    rejected = [test_independence(*draws(s), draws=19, seed=s).p <= 0.05 for s in range(400)]
    assert np.mean(rejected) == pytest.approx(0.05, abs=3 * np.sqrt(0.05 * 0.95 / 400))


@pytest.mark.slow
def test_size_lies_within_3_5_and_6_5_percent():
    rejected = [test_independence(*draws(s), draws=99, seed=s).p <= 0.05 for s in range(2000)]
    assert 0.035 <= np.mean(rejected) <= 0.065


def test_linear_and_other_dependence_is_found():
    rng = np.random.default_rng(0)
    n = 1200
    y, s = rng.integers(2, size=n), rng.normal(size=n)
    a, b = rng.normal(size=(2, n, 5))
    a[:, 0], b[:, 0] = s, 0.7 * s + 0.714 * b[:, 0]
    found = test_independence(a, b, y, draws=99)
    assert found.p == 0.01 and 0.2 < found.value < -0.5 * np.log(1 - 0.49) + 0.03
    b[:, 0] = np.abs(s) + 0.3 * rng.normal(size=n)  # no correlation
    assert test_independence(a, b, y, draws=99).p == 0.01


def test_independent_views_share_nothing():
    found = test_independence(*draws(1, 1000), draws=99)
    assert found.p > 0.05 and found.low <= 0 <= found.high < 0.02


def test_rows_trade_places_within_classes_and_groups_stay_whole():
    rng = np.random.default_rng(0)
    y = np.repeat([0, 1], 20)
    order = permute_within(y, None, rng)
    assert sorted(order) == list(range(40)) and (y[order] == y).all() and (order != np.arange(40)).any()
    groups = np.repeat(np.arange(10), 4)
    order = permute_within(y, groups, rng)
    moved = groups[order]
    assert sorted(order) == list(range(40)) and (y[order] == y).all()
    assert all(len(set(moved[groups == g])) == 1 for g in range(10)) and (moved != groups).any()
