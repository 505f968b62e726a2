import sys
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from scipy import stats as scipy_stats
from statsmodels.formula.api import ols
from statsmodels.stats.anova import anova_lm
from statsmodels.stats.multitest import multipletests

from sslbench.stats import (
    bounded,
    clustered_mean,
    effects,
    holm_adjusted,
    how_many_more,
    judge,
    mean_interval,
    near_best,
    order_of_repeats,
    ranks,
    reliability,
    runs_interval,
)

sys.path.insert(0, str(Path(__file__).parent / "benchmarks"))
from group_errors import errors, power
from interval_coverage import coverage


def test_mean_interval_is_students():
    values = np.random.default_rng(0).normal(size=5)
    want = scipy_stats.t.interval(0.95, 4, values.mean(), scipy_stats.sem(values))
    assert mean_interval(values)[1:] == pytest.approx(want)
    assert runs_interval(values, [0] * 5)[1:] == pytest.approx(want), "on one fold, inits are independent"


def test_one_run_uses_the_error_over_rows_or_none():
    assert mean_interval([0.5], [0.1]) == pytest.approx((0.5, 0.5 - 0.196, 0.5 + 0.196), abs=1e-4)
    assert np.isnan(mean_interval([0.5])[1]) and np.isnan(runs_interval([0.5], [0])[1])


def test_an_interval_over_runs_of_five_folds_is_wider_by_their_shared_train_rows():
    values = np.random.default_rng(0).normal(size=10)
    plain, found = mean_interval(values), runs_interval(values, [0, 1, 2, 3, 4] * 2)
    assert (found[2] - found[0]) / (plain[2] - plain[0]) == pytest.approx(np.sqrt((1 / 10 + 1 / 4) / (1 / 10)))


def test_an_interval_is_cut_to_its_range_and_no_further():
    assert bounded((0.95, 0.85, 1.05), 0.0, 1.0) == (0.95, 0.85, 1.0)
    assert bounded((0.5, 0.4, 0.6), None, float("nan")) == (0.5, 0.4, 0.6)


def test_intervals_hold_a_known_truth():
    """A quick run of the committed simulation: plain t intervals do not hold their level, corrected ones do."""
    rows = coverage(60, cases=((600, 5, 2, 0.5, 20),), draws=300)
    found = {r["rule"]: r["covered"] for r in rows}
    assert found["corrected, over runs"] >= 0.9 > found["t over runs"]


def test_ranks_share_ties():
    assert ranks(np.array([[3.0, 1.0], [3.0, 2.0], [1.0, 3.0]])).tolist() == [[1.5, 3.0], [1.5, 2.0], [3.0, 1.0]]


def test_effects_are_those_of_an_analysis_of_variance():
    rng = np.random.default_rng(0)
    scores = rng.normal(size=(6, 5, 2)) + rng.normal(size=(6, 1, 1)) + rng.normal(size=(1, 5, 1))
    found = effects(scores)
    data = {"y": scores.ravel(), "m": np.repeat(range(6), 10), "f": np.tile(np.repeat(range(5), 2), 6)}
    assert found.residual_sd == pytest.approx(np.sqrt(ols("y ~ C(m) + C(f)", data).fit().mse_resid))
    blocks = {"y": scores.mean(2).ravel(), "m": np.repeat(range(6), 5), "f": np.tile(range(5), 6)}
    table = anova_lm(ols("y ~ C(m) + C(f)", blocks).fit())
    assert (found.f, found.p) == pytest.approx((table.loc["C(m)", "F"], table.loc["C(m)", "PR(>F)"]))


def test_the_f_test_holds_its_level_where_methods_differ_by_fold():
    """Each method is luckier on some folds; runs that share a fold are then no independent evidence."""
    rng = np.random.default_rng(0)
    p = [effects(rng.normal(size=(8, 5, 1)) + 0.3 * rng.normal(size=(8, 5, 4))).p for _ in range(400)]
    assert np.mean(np.array(p) < 0.05) < 0.08


def test_reliability_over_equal_parts_is_the_mean_over_all_halves():
    """Cronbach's alpha = the mean of Flanagan and Rulon's coefficient over all ways of halving the parts."""
    rng = np.random.default_rng(0)
    values = rng.normal(size=(20, 1)) + rng.normal(size=(20, 6))
    found = clustered_mean(values - values.mean(0), list(range(6)))
    got = reliability(found.mean, float((found.se**2).sum()) / 19, 19 * found.df)
    halves = []
    for half in combinations(range(6), 3):
        other = [i for i in range(6) if i not in half]
        a, b = values[:, half].sum(1), values[:, other].sum(1)
        halves.append(1 - (a - b).var(ddof=1) / (a + b).var(ddof=1))
    assert got.value == pytest.approx(np.mean(halves)) and got.low < got.value < got.high <= 1


def test_a_clustered_mean_is_students_where_each_target_is_a_task():
    values = np.random.default_rng(0).normal(size=(3, 7))
    found = clustered_mean(values, list("abcdefg"))
    assert found.se == pytest.approx(scipy_stats.sem(values, axis=1)) and found.df == pytest.approx(6)
    doubled = clustered_mean(values.repeat(2, 1), [c for c in "abcdefg" for _ in range(2)])
    assert doubled.se == pytest.approx(found.se) and doubled.df == pytest.approx(6), "copies are no evidence"
    assert np.isnan(clustered_mean(values, ["a"] * 7).se).all()


def test_the_best_are_told_apart_at_the_level_and_where_the_difference_is_large():
    """A quick run of the committed simulation: .05 and its noise where nothing differs; almost all at 4 SD."""
    assert errors(20, 6, "alike", 60, draws=200)["family_wise_error"] <= 0.15
    assert errors(20, 6, "many sizes", 60, draws=200)["family_wise_error"] <= 0.15
    assert power(20, 6, 4.0, 20, draws=200)["power"] > 0.9
    assert near_best(np.array([[2.0, 2.0], [1.0, 1.0]]), [0, 1]).tolist() == [True, False]
    assert near_best(np.array([[2.0, 2.0], [1.0, 1.0]]), [0, 0]).all(), "one task tells nothing of others"


def test_so_many_further_targets_give_the_power_that_was_asked_for():
    rng = np.random.default_rng(0)
    differences = [0.3 + rng.normal() + 0.01 * rng.normal(size=10) for _ in range(10)]
    needed = how_many_more(differences)
    assert np.isnan(needed.runs), "targets differ, so no number of runs is enough"
    mean, sd, count = (f([d.mean() for d in differences]) for f in (np.mean, lambda x: np.std(x, ddof=1), len))
    at = lambda n: scipy_stats.norm.sf(1.96 - abs(mean) / (sd / np.sqrt(n)))  # noqa: E731
    assert at(count + needed.targets) >= 0.8 > at(count + needed.targets - 1)


def test_further_runs_help_where_only_runs_differ():
    rng = np.random.default_rng(1)
    noise = rng.normal(size=(4, 10))
    differences = [*(0.1 + noise - noise.mean(1, keepdims=True) + np.array([[0.2], [-0.2], [0.2], [-0.2]]))]
    needed = how_many_more(differences)
    assert 0 < needed.runs < 1000 and needed.targets > 0
    assert how_many_more([d + 100 for d in differences]) == type(needed)(0.0, 0.0)


@pytest.mark.parametrize("seed", range(5))
def test_holm_agrees_with_statsmodels(seed):
    p = np.random.default_rng(seed).uniform(0, 0.05, size=7)
    assert holm_adjusted(p) == pytest.approx(multipletests(p, 0.05, "holm")[1])


def test_an_interval_is_judged_by_its_far_end():
    found = [judge(a, b, 0.1, 0.3) for a, b in ((0, 0.05), (0, 0.2), (0.2, 0.4), (0.35, 0.4))]
    assert found == ["holds", "undecided", "undecided", "violated"]
    assert [judge(a, b, 4, 2, True) for a, b in ((5, 6), (3, 6), (1, 1.5))] == ["holds", "undecided", "violated"]
    assert judge(float("nan"), float("nan"), 0.1, 0.3) == "undecided"


def test_the_order_of_repeats_is_that_of_noise():
    apart = np.arange(8.0)
    assert order_of_repeats(apart, 1e-9) == 1.0
    rng = np.random.default_rng(5)  # two rankings of equal methods: the 5 % quantile of Spearman's null
    null = [scipy_stats.spearmanr(rng.random(8), rng.random(8))[0] for _ in range(2000)]
    assert order_of_repeats(np.zeros(8), 1.0) == pytest.approx(np.quantile(null, 0.05), abs=0.06)
    assert order_of_repeats(np.zeros(8), 1.0) < order_of_repeats(apart, 1.0) < 1
