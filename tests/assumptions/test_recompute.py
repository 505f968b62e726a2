"""Every verdict follows from the numbers that its record stores, by the rule of its card."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from sslbench.assumptions.base import ViewData
from sslbench.assumptions.cases import case
from sslbench.assumptions.rules import LEVEL
from sslbench.assumptions.suite import test_views
from sslbench.calibration.worlds import TrialSpec, case_views
from sslbench.information.conditional import PAD
from sslbench.information.intervals import Z95
from sslbench.records import AssumptionRecord
from sslbench.records.identity import Identity
from sslbench.records.store import read_records
from sslbench.registry import ASSUMPTIONS
from sslbench.runner.verdicts import STORED
from sslbench.stats import holm_adjusted
from sslbench.versions import VERDICTS

RESULTS = Path(__file__).parents[2] / "results"
CONDITIONAL = ("redundancy-", "label-invariance")


def recompute(rows):
    """Check the rows of one task: both corrections, and every verdict, from the stored numbers alone."""
    tested = [r for r in rows if r.verdict != "not applicable"]
    for claim in ("effect", "absence"):
        again = holm_adjusted([r.evidence[f"p_{claim}"] for r in tested])
        assert [r.evidence[f"holm_{claim}"] for r in tested] == pytest.approx(list(again), rel=1e-3)
    for r in tested:
        ruling = ASSUMPTIONS.get(r.assumption).rule(r)
        assert (ruling.verdict, ruling.power) == (r.verdict, r.power), (r.task, r.target, r.assumption)
        if r.assumption.startswith(CONDITIONAL):
            assert (r.evidence["p_effect"] < LEVEL) == (r.low > r.tolerance)
            assert (r.evidence["p_absence"] < LEVEL) == (r.high < r.tolerance)
    return {r.assumption: r.verdict for r in tested}


def stored(verdicts, task):
    """Verdicts as they come back from a file of records."""
    blank = Identity(digest="d", task="t", data="d", split="s", protocol="p")
    records = [
        AssumptionRecord(
            **{k: getattr(v, k) for k in STORED}, note=v.note, task=task, status="ok", protocol="p", identity=blank
        )
        for v in verdicts
    ]
    return [AssumptionRecord.model_validate_json(r.model_dump_json()) for r in records]


def one_item():
    """Views of items; the label is kept by both, as copies of it lie in every view."""
    rng = np.random.default_rng(0)
    y = rng.integers(2, size=700)
    item = rng.normal(size=(700, 3)) + 3 * y[:, None] * np.array([1, 0, 0])
    views = item + 0.3 * rng.normal(size=(4, 700, 3))
    return ViewData((views[0], views[1]), {"y": y}, original=item, more=views[2:])


def test_verdicts_on_worlds_follow_from_their_records():
    views, _ = case_views(TrialSpec(case("switch", "switch", mix=0.25), (), 700, 3, 0))
    found = recompute(stored(test_views([views], network=False), "switch"))
    assert len(found) == 6 and found["redundancy-1"] == "violated"
    names = ("label-invariance", "augmentation-overlap")
    found = recompute(stored(test_views([one_item()], names, network=False), "items"))
    assert set(found) == set(names)


def test_labels_hidden_in_what_a_reduction_drops_are_not_claimed():
    """View 2 holds what view 1 shows, in components that are dropped; then view 1 alone holds it, there."""
    for where in ("given", "given-spread", "given-product"):
        views, truth = case_views(TrialSpec(case("w", "hidden", where=where), (), 1200, 4, 0))
        (found,) = test_views([views], ["redundancy-1"], network=False)
        (blind,) = test_views([replace(views, dropped={})], ["redundancy-1"], network=False)
        assert truth["redundancy-1"] == 0 and blind.verdict == "violated"  # what looking at them mends
        assert found.verdict != "violated" and found.value < blind.value / 2
        recompute(stored([found], where))
    views, _ = case_views(TrialSpec(case("w", "hidden", where="own"), (), 2000, 4, 0))
    (found,) = test_views([views], ["redundancy-1"], network=False)
    assert found.verdict == "undecided" and found.evidence["dropped_first"] > 0.1
    recompute(stored([found], "own"))


def test_what_view_1_alone_holds_is_a_violation_though_components_of_view_2_are_dropped():
    """And what they may hold is measured, stands in the evidence, and is taken off."""
    views, _ = case_views(TrialSpec(case("w", "hidden", where="given-spread"), (), 1200, 4, 0))
    noise = np.random.default_rng(1).normal(size=views.dropped["x2"].shape)
    views = replace(views, dropped={"x2": noise})
    (found,) = test_views([views], ["redundancy-1"], network=False)
    e = found.evidence
    most = e["hidden_nonlinear"] + max(0, e["hidden_spread"] + Z95 * e["hidden_spread_se"])
    assert found.verdict == "violated" and e["hidden_nonlinear"] > 0
    low = min(e["gap"] - Z95 * e["se"], e["extrapolated"] - Z95 * e["extrapolated_se"]) - PAD
    assert found.low == pytest.approx(low - most - max(0, e.get("coded", 0) + Z95 * e.get("coded_se", 0)), abs=1e-3)
    recompute(stored([found], "alone"))


def test_a_test_that_read_nothing_of_the_label_has_no_power():
    rng = np.random.default_rng(0)
    x1, x2 = rng.normal(size=(2, 600, 3))
    (found,) = test_views([ViewData((x1, x2), {"y": rng.integers(2, size=600)})], ["redundancy-1"], network=False)
    assert (found.verdict, found.power) == ("undecided", "no power") and "nothing of the label" in found.note


def test_committed_verdicts_follow_from_their_records():
    """Of the present version, the last of each; those of an earlier one are made anew before they are shown."""
    tasks: dict[tuple, dict] = {}
    for r in read_records(RESULTS)[0]:
        if isinstance(r, AssumptionRecord) and r.status == "ok" and f"verdicts {VERDICTS}" in r.identity.code:
            where = (r.task, r.protocol, r.identity.task, r.identity.data, r.identity.code)
            tasks.setdefault(where, {})[r.target, r.assumption] = r
    for rows in tasks.values():
        recompute(list(rows.values()))
