"""What binds verdicts together: feature maps, copies of rows, correction over the task."""

from dataclasses import replace

import numpy as np

from sslbench.assumptions.base import Verdict, ViewData
from sslbench.assumptions.suite import _agreed, corrected, keep_copies_together, test_views
from sslbench.registry import ASSUMPTIONS

PLANTS = {"plant_additive": 0.1, "plant_interaction": 0.2, "plant_interaction_se": 0.01}
ONE = Verdict("redundancy-1", "y", "", 0.2, 0.1, 0.3, 0.05, 100, "e", 0.1, "")
ENDS = {"violated": (0.1, 0.3), "holds": (-0.1, 0.01), "undecided": (-0.1, 0.3)}


def told(verdict, p=0.001):
    """Numbers from which this verdict follows if the p-value of its claim survives."""
    ps = {"p_effect": 0.9, "p_absence": 0.9} | {"p_absence" if verdict == "holds" else "p_effect": p}
    low, high = ENDS[verdict]
    return replace(
        ONE, low=low, high=high, verdict=verdict, evidence=ps | PLANTS | {"information_joint": 1.0, "load": 0.0}
    )


class Told:
    """An assumption whose verdict is written into the views."""

    card, rule = ASSUMPTIONS.get("redundancy-1").card, ASSUMPTIONS.get("redundancy-1").rule

    def test(self, readings):
        verdict, seen = readings.views.strengths
        seen.append(readings.views.map)
        return replace(told(verdict), target=readings.target)


def views_that_say(verdict, name, noise, seen):
    rng = np.random.default_rng(0)
    y = rng.integers(2, size=300)
    x = y[:, None] + noise * rng.normal(size=(300, 2))
    return ViewData((x, x), {"y": y}, map=name, strengths=(verdict, seen))


def test_the_map_that_shows_most_of_the_label_has_the_word(monkeypatch):
    monkeypatch.setattr(ASSUMPTIONS, "get", lambda name: Told)
    seen = []
    blurred, sharp = (views_that_say(v, *rest, seen) for v, *rest in (("holds", "raw", 2.0), ("undecided", "own", 0.3)))
    (found,) = test_views([blurred, sharp], ["redundancy-1"])
    assert found.verdict == "undecided" and seen == ["own"]  # nothing to contradict
    assert "by feature map: own 0.6" in found.note
    sharp = replace(sharp, strengths=("holds", seen))
    (found,) = test_views([blurred, sharp], ["redundancy-1"])
    assert found.verdict == "holds" and seen[1:] == ["own", "raw"]
    (found,) = test_views([replace(blurred, strengths=("violated", seen)), sharp], ["redundancy-1"])
    assert found.verdict == "undecided" and "contradict: holds by own" in found.note


def test_maps_that_contradict_decide_nothing():
    found = _agreed([told("violated"), told("holds")], ["raw", "convolution"])
    assert found.verdict == "undecided" and "contradict" in found.note


def test_correction_counts_every_test_of_the_task():
    others = [told("undecided", 0.5) for _ in range(4)]
    for claim in ("violated", "holds"):  # either is a family of its own
        found = corrected([told(claim, 1e-9), told(claim, 0.02), *others])
        assert [v.verdict for v in found[:2]] == [claim, "undecided"] and "Holm" in found[1].note
        assert corrected([told(claim, 1e-9), told(claim, 0.02)])[1].verdict == claim


def test_copies_of_rows_share_a_fold():
    rng = np.random.default_rng(0)
    x1, x2 = rng.normal(size=(2, 400, 4))
    y = rng.integers(2, size=400)
    twice = ViewData((np.r_[x1, x1], np.r_[x2, x2]), {"y": np.r_[y, y]})
    kept, note = keep_copies_together(twice)
    assert "100%" in note and (kept.groups[:400] == kept.groups[400:]).all()
    found = test_views([twice], ["redundancy-1"])[0]
    assert "exact copies" in found.note and found.verdict != "violated"  # labels at random: nothing to learn by heart


def test_discrete_rows_are_no_copies():
    rng = np.random.default_rng(0)
    a, b = rng.integers(2, size=(2, 500, 2)).astype(float)
    kept, note = keep_copies_together(ViewData((a, b), {"y": rng.integers(2, size=500)}))
    assert kept.groups is None and "discrete" in note
