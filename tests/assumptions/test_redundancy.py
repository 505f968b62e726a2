"""Verdicts on worlds: right where the truth is known, undecided where too little is known, never 'holds' when plants
are missed.
"""

import numpy as np
import pytest

from sslbench.assumptions import conditional, suite
from sslbench.assumptions.base import ViewData
from sslbench.assumptions.conditional import p_values
from sslbench.assumptions.suite import test_views
from sslbench.config import STANDARD
from sslbench.data.dataset import load_dataset
from sslbench.diagnosis.task_views import task_views
from sslbench.information.conditional import Reading
from sslbench.tasks import find_task

BOTH = ("redundancy-1", "redundancy-2")


ONE = ("redundancy-1",)


def verdicts(x1, x2, targets, names=BOTH, **more):
    return {(v.assumption, v.target): v for v in test_views([ViewData((x1, x2), targets, **more)], names)}


def core(name):
    maps, _ = task_views(load_dataset(find_task(name)), STANDARD)
    return {(v.assumption, v.target): v for v in test_views(maps[:1], BOTH)}


def shared_factor(n, columns, seed=0):
    rng = np.random.default_rng(seed)
    s = rng.normal(size=n)
    x1, x2 = rng.normal(size=(2, n, columns))
    x1[:, 0] = x2[:, 0] = s
    return x1, x2, (s + 0.3 * rng.normal(size=n) > 0).astype(int)


def test_switch_is_violated_one_way_and_holds_the_other():
    found = core("switch")
    one, two = found["redundancy-1", "label"], found["redundancy-2", "label"]
    assert one.verdict == "violated" and one.value == pytest.approx(0.137925 * np.log(2), abs=0.03)
    assert two.verdict == "holds" and two.high < two.tolerance and two.evidence["plant_additive"] >= two.tolerance


def test_xor_is_violated_both_ways():
    found = core("xor")
    assert all(v.verdict == "violated" and v.value > 0.6 and v.high <= np.log(2) + 0.01 for v in found.values())


def test_few_rows_and_many_columns_never_hold():
    x1, x2, y = shared_factor(400, 40)
    assert {v.verdict for v in verdicts(x1, x2, {"y": y}).values()} == {"undecided"}


def test_a_missed_plant_forbids_holds(monkeypatch):
    x1, x2, y = shared_factor(2500, 4)
    assert verdicts(x1, x2, {"y": y}, ONE)["redundancy-1", "y"].verdict == "holds"
    monkeypatch.setattr(
        conditional, "read_positive_controls", lambda p, t: {"additive": (2 * t, 0.0), "interaction": (0.0, 0.01)}
    )
    found = verdicts(x1, x2, {"y": y}, ONE)["redundancy-1", "y"]
    assert found.verdict == "undecided" and "planted interaction effect was not found" in found.note


def test_from_few_rows_a_violation_must_exceed_the_coded_control(monkeypatch):
    rng = np.random.default_rng(0)
    private = rng.normal(size=900)
    y = (private > 0).astype(int)
    x1, x2 = rng.normal(size=(2, 900, 30))
    x1[:, 0] = private
    found = verdicts(x1, x2, {"y": y}, ONE)["redundancy-1", "y"]
    assert found.verdict == "violated" and 0 < found.evidence["coded"] < found.low
    monkeypatch.setattr(conditional, "read_negative_control", lambda p: (0.6, 0.02))
    found = verdicts(x1, x2, {"y": y}, ONE)["redundancy-1", "y"]
    assert found.verdict == "undecided" and "coded the same as a product" in found.note


def test_what_the_coded_control_reads_lowers_the_low_end(monkeypatch):
    rng = np.random.default_rng(0)
    x1, x2 = rng.normal(size=(2, 500, 15))
    y = (x1[:, 0] > 0).astype(int)
    monkeypatch.setattr(conditional, "read_negative_control", lambda p: (0.0, 0.0))
    plain = verdicts(x1, x2, {"y": y}, ONE)["redundancy-1", "y"]
    monkeypatch.setattr(conditional, "read_negative_control", lambda p: (0.1, 0.0))
    found = verdicts(x1, x2, {"y": y}, ONE)["redundancy-1", "y"]
    assert found.low == pytest.approx(plain.low - 0.1) and found.high == plain.high


def test_where_strong_synergy_would_be_missed_the_high_end_is_all_that_is_left():
    """Parity of three signs among many columns: not found, and not excluded; with few columns it is found."""
    rng = np.random.default_rng(0)
    signs = rng.choice([-1.0, 1.0], size=(3, 600))
    y = (signs.prod(0) > 0).astype(int)
    for columns, verdict in ((40, "undecided"), (4, "violated")):
        x1, x2 = rng.normal(size=(2, 600, columns))
        x1[:, 0], x2[:, :2] = signs[0], signs[1:].T
        found = verdicts(x1, x2, {"y": y}, ONE)["redundancy-1", "y"]
        assert found.verdict == verdict and found.low < np.log(2)
        if verdict == "undecided":
            assert found.high == pytest.approx(np.log(2), abs=0.02) and "three directions" in found.note
    assert "plant_triple" not in found.evidence  # found, so nothing is asked


def test_many_rows_need_no_coded_control(monkeypatch):
    monkeypatch.setattr(conditional, "read_negative_control", lambda p: pytest.fail("not asked for"))
    rng = np.random.default_rng(0)
    private = rng.normal(size=900)
    x1, x2 = rng.normal(size=(2, 900, 4))
    x1[:, 0] = private
    assert verdicts(x1, x2, {"y": (private > 0).astype(int)}, ONE)["redundancy-1", "y"].verdict == "violated"


BASE = {
    "se": 0.01,
    "extrapolated_se": 0.01,
    "left": 0.4,
    "single": 0.3,
    "joint": 0.4,
    "low": 0.0,
    "high": 0.1,
    "hull_high": 0.1,
    "linear": 0.0,
    "linear_se": 0.01,
    "load": 0.0,
    "n": 100,
    "classes": 2,
}


def test_p_values_need_both_sizes_and_contain_what_moved_the_ends():
    p = lambda *moved, gap=0.1, **other: p_values(Reading(gap=gap, **({"extrapolated": 0.1} | BASE | other)), *moved)  # noqa: E731
    assert p()["p_effect"] < 1e-6 and p()["p_absence"] > 0.9
    assert p(extrapolated=0.0)["p_effect"] > 0.9
    assert p(0.08)["p_effect"] > 0.25  # the coded control reads as much
    small = {"gap": 0.0, "extrapolated": 0.0, "se": 0.001, "extrapolated_se": 0.001, "linear_se": 0.001}
    assert p(**small)["p_absence"] < 1e-6
    assert p(**small | {"linear": 0.02})["p_absence"] > 0.1
    assert p(0.0, 0.02, **small)["p_absence"] > 0.1
    assert p(0.0, 0.0, True, **small)["p_absence"] == 1


def test_holm_can_take_a_violation_back(monkeypatch):
    rng = np.random.default_rng(0)
    x1 = rng.normal(size=(900, 3))
    y = (x1[:, 0] > 0).astype(int)
    x2 = rng.normal(size=(900, 3))
    assert verdicts(x1, x2, {"y": y}, ONE)["redundancy-1", "y"].verdict == "violated"
    monkeypatch.setattr(suite, "holm_adjusted", lambda p: np.ones(len(p)))
    found = verdicts(x1, x2, {"y": y}, ONE)["redundancy-1", "y"]
    assert found.verdict == "undecided" and "Holm" in found.note
