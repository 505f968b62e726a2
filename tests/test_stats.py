import numpy as np
import pytest
from scipy import stats as scipy_stats
from statsmodels.stats.multitest import multipletests

from sslbench.stats import holm_adjusted, judge, mean_interval, mean_ranks, ranks, tie_groups


def test_mean_interval_is_students():
    values = np.random.default_rng(0).normal(size=5)
    want = scipy_stats.t.interval(0.95, 4, values.mean(), scipy_stats.sem(values))
    assert mean_interval(values)[1:] == pytest.approx(want)


def test_one_seed_uses_the_error_over_rows_or_none():
    assert mean_interval([0.5], [0.1]) == pytest.approx((0.5, 0.5 - 0.196, 0.5 + 0.196), abs=1e-4)
    assert np.isnan(mean_interval([0.5])[1])


def test_ranks_share_ties():
    assert ranks(np.array([[3.0, 1.0], [3.0, 2.0], [1.0, 3.0]])).tolist() == [[1.5, 3.0], [1.5, 2.0], [3.0, 1.0]]


def test_mean_ranks_separates_what_is_separate_and_covers_the_mean():
    rng = np.random.default_rng(0)
    scores = np.array([2.0, 0.0, 0.0])[:, None, None] + rng.normal(size=(3, 12, 3))
    found = mean_ranks(scores)
    assert found["rank"].argmin() == 0 and found["beats"][0, 1] > 0.975
    assert (found["low"] <= found["rank"]).all() and (found["rank"] <= found["high"]).all()
    groups = tie_groups(found["rank"], found["beats"])
    assert groups[0] == 1 and groups[1] == groups[2] == 2


def test_equal_methods_share_a_group():
    scores = np.random.default_rng(1).normal(size=(4, 10, 3))
    found = mean_ranks(scores)
    assert set(tie_groups(found["rank"], found["beats"])) <= {1, 2}


@pytest.mark.parametrize("seed", range(5))
def test_holm_agrees_with_statsmodels(seed):
    p = np.random.default_rng(seed).uniform(0, 0.05, size=7)
    assert holm_adjusted(p) == pytest.approx(multipletests(p, 0.05, "holm")[1])


def test_an_interval_is_judged_by_its_far_end():
    found = [judge(a, b, 0.1, 0.3) for a, b in ((0, 0.05), (0, 0.2), (0.2, 0.4), (0.35, 0.4))]
    assert found == ["holds", "undecided", "undecided", "violated"]
    assert [judge(a, b, 4, 2, True) for a, b in ((5, 6), (3, 6), (1, 1.5))] == ["holds", "undecided", "violated"]
    assert judge(float("nan"), float("nan"), 0.1, 0.3) == "undecided"
