"""Verdicts on worlds: right where the truth is known, undecided where too little is known, never 'holds' when plants
are missed.
"""

import numpy as np
import pytest

from sslbench.assumptions import redundancy
from sslbench.assumptions.redundancy import p_value, test_redundancy
from sslbench.config import STANDARD
from sslbench.data.dataset import load_dataset
from sslbench.harness.verdicts import two_views
from sslbench.information.conditional import Reading
from sslbench.tasks import find_task


def verdicts(x1, x2, targets, **more):
    return {(v.assumption, v.target): v for v in test_redundancy(x1, x2, targets, **more)}


def core(name):
    dataset = load_dataset(find_task(name))
    x1, x2, targets, groups, _ = two_views(dataset, STANDARD)
    return verdicts(x1, x2, targets, groups=groups)


def test_switch_is_violated_one_way_and_holds_the_other():
    found = core("switch")
    one, two = found["redundancy-1", "label"], found["redundancy-2", "label"]
    assert one.verdict == "violated" and one.low <= 0.137925 * np.log(2) + 0.002 <= one.high + 0.002
    assert two.verdict == "holds" and two.high < two.tolerance and two.evidence["plant_additive"] >= two.tolerance


def test_xor_is_violated_both_ways():
    found = core("xor")
    assert all(v.verdict == "violated" and v.value > 0.6 and v.high <= np.log(2) + 0.01 for v in found.values())


def test_one_representation_two_targets_two_verdicts():
    """The left half alone decides its ink; about the digit each half knows something of its own."""
    found = core("digit-halves")
    assert found["redundancy-1", "left-ink"].verdict == "violated"
    assert found["redundancy-2", "left-ink"].verdict != "violated" and found["redundancy-2", "left-ink"].high < 0.01
    assert found["redundancy-1", "class"].verdict == found["redundancy-2", "class"].verdict == "violated"
    # independently read before: [.172, .224] left given right, [.269, .352] right given left
    assert found["redundancy-1", "class"].value == pytest.approx(0.198, abs=0.03)
    assert found["redundancy-2", "class"].value == pytest.approx(0.31, abs=0.04)


def test_few_rows_and_many_columns_never_hold():
    rng = np.random.default_rng(0)
    s = rng.normal(size=400)
    x1, x2 = rng.normal(size=(2, 400, 40))
    x1[:, 0] = x2[:, 0] = s
    y = (s + 0.3 * rng.normal(size=400) > 0).astype(int)
    assert {v.verdict for v in verdicts(x1, x2, {"y": y}).values()} == {"undecided"}


def test_a_missed_plant_forbids_holds(monkeypatch):
    rng = np.random.default_rng(0)
    s = rng.normal(size=3000)
    x1, x2 = rng.normal(size=(2, 3000, 4))
    x1[:, 0] = x2[:, 0] = s
    y = (s + 0.3 * rng.normal(size=3000) > 0).astype(int)
    assert verdicts(x1, x2, {"y": y})["redundancy-1", "y"].verdict == "holds"
    monkeypatch.setattr(redundancy, "read_plants", lambda p, t: {"additive": (2 * t, 0.0), "interaction": (0.0, 0.01)})
    found = verdicts(x1, x2, {"y": y})["redundancy-1", "y"]
    assert found.verdict == "undecided" and "planted interaction effect was not found" in found.note


def test_a_violation_from_few_rows_per_column_says_what_else_it_could_be():
    rng = np.random.default_rng(0)
    private = rng.normal(size=900)
    y = (private > 0).astype(int)
    for columns, warned in ((4, False), (30, True)):
        x1, x2 = rng.normal(size=(2, 900, columns))
        x1[:, 0] = private
        found = verdicts(x1, x2, {"y": y})["redundancy-1", "y"]
        assert found.verdict == "violated" and ("rows per column" in found.note) == warned


def test_p_value_needs_both_sizes():
    base = {
        "se": 0.01,
        "extrapolated_se": 0.01,
        "single": 0.3,
        "joint": 0.4,
        "low": 0.0,
        "high": 0.1,
        "hull_high": 0.1,
        "linear": 0.0,
        "load": 0.0,
        "n": 100,
        "classes": 2,
    }
    assert p_value(Reading(gap=0.1, extrapolated=0.1, **base)) < 1e-6
    assert p_value(Reading(gap=0.1, extrapolated=0.0, **base)) > 0.9


def test_holm_can_take_a_violation_back(monkeypatch):
    rng = np.random.default_rng(0)
    x1, x2, y = rng.normal(size=(300, 3)), rng.normal(size=(300, 3)), rng.integers(2, size=300)
    reading = Reading(
        gap=0.06,
        se=0.012,
        extrapolated=0.06,
        extrapolated_se=0.012,
        single=0.3,
        joint=0.4,
        low=0.035,
        high=0.1,
        hull_high=0.1,
        linear=0.0,
        load=0.0,
        n=300,
        classes=2,
    )
    monkeypatch.setattr(redundancy, "read", lambda p: reading)
    monkeypatch.setattr(redundancy, "holm", lambda p: np.zeros(len(p), dtype=bool))
    found = verdicts(x1, x2, {"y": y})["redundancy-1", "y"]
    assert found.verdict == "undecided" and "Holm" in found.note
