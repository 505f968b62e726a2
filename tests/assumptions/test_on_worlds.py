"""Every premise about data and views on worlds where it is known to hold or to fail."""

import numpy as np
import pytest

from sslbench.assumptions.base import ViewData
from sslbench.assumptions.overlap import overlap_graph
from sslbench.assumptions.shared import dependent_control
from sslbench.assumptions.suite import task_assumptions, test_views
from sslbench.data.worlds.factors import factor_world
from sslbench.data.worlds.gates import GATES, draw_gate
from sslbench.data.worlds.skins import as_vectors
from sslbench.information.independence import test_independence
from sslbench.metrics.catalogue import CATALOGUE
from sslbench.registry import ASSUMPTIONS, THRESHOLDS


def gate_views(name, n=2000, dim=8, **options):
    rng = np.random.default_rng(1)
    first, second, y = draw_gate(GATES[name](**options), n, rng)
    return ViewData((as_vectors(first, dim, rng), as_vectors(second, dim, rng)), {"y": y})


EXPECTED = {
    ("switch", (("mix", 0.25),)): {
        "redundancy-1": "violated",
        "redundancy-2": "holds",
        "interaction": "holds",
        "conditional-independence": "violated",
        "infomin": "violated",
        "non-shared-relevance": "holds",
    },
    ("noisy-channels", (("flip", 0.1),)): {
        "redundancy-1": "violated",
        "redundancy-2": "violated",
        "interaction": "violated",
        "conditional-independence": "holds",
        "infomin": "holds",
        "non-shared-relevance": "holds",
    },
    ("copy", ()): {
        "redundancy-1": "holds",
        "redundancy-2": "holds",
        "interaction": "holds",
        "conditional-independence": "holds",
        "infomin": "holds",
        "non-shared-relevance": "violated",
    },
}


@pytest.mark.parametrize(("world", "expected"), EXPECTED.items(), ids=[w for w, _ in EXPECTED])
def test_gates_give_the_verdicts_of_their_truth(world, expected):
    found = {v.assumption: v for v in test_views([gate_views(world[0], **dict(world[1]))])}
    assert {k: found[k].verdict for k in expected} == expected
    for name in ("label-invariance", "augmentation-overlap"):  # two streams are no corruptions of one item
        assert found[name].verdict == "not applicable" and found[name].value is None


def test_synergy_is_told_from_unique_information():
    found = {v.assumption: v for v in test_views([gate_views("and")], ["interaction"])}
    parts = found["interaction"].evidence
    assert parts["synergy"] == pytest.approx(0.5 * np.log(2), abs=0.04)
    assert parts["redundant"] == pytest.approx(0.3113 * np.log(2), abs=0.04)
    assert abs(parts["unique_1"]) < 0.03 and abs(parts["unique_2"]) < 0.03


@pytest.mark.parametrize(("flip", "verdict"), [(0.0, "holds"), (0.25, "violated")])
def test_views_that_keep_or_destroy_the_label(flip, verdict):
    draw, truth = factor_world("corrupted", (("flip", flip),))
    s = draw(np.random.default_rng(0), 3000, 6)
    (found,) = test_views([ViewData((s.x1, s.x2), {"y": s.y}, original=s.original)], ["label-invariance"])
    assert found.verdict == verdict
    assert found.low <= truth["label-invariance"] * np.log(2) <= found.high + 0.01
    assert found.evidence["flip_rate"] == pytest.approx(0.0 if flip == 0 else 0.25, abs=0.06)


def blocks(apart, items=300, views=6):
    """Views of items in two classes, on a line of `items` places each; the classes are `apart`."""
    rng = np.random.default_rng(0)
    y = np.arange(items) % 2
    centre = np.stack([rng.uniform(0, 10, items), apart * y], 1)
    return centre + 0.3 * rng.normal(size=(views, items, 2)), y


def test_overlap_of_classes_that_are_apart_and_together():
    other, met, components = overlap_graph(*blocks(20.0))
    assert other.mean() == 0 and met.mean() > 0.5 and components < 5
    other, _, _ = overlap_graph(*blocks(0.0))
    assert other.mean() == pytest.approx(0.5, abs=0.06)
    views, y = blocks(20.0)
    found = test_views(
        [ViewData((views[0], views[1]), {"y": y}, original=views[2], more=views[3:])], ["augmentation-overlap"]
    )
    assert found[0].verdict == "holds"


def test_components_fall_apart_without_overlap():
    views, y = blocks(20.0, items=40, views=4)
    still = views[:1] + 1e-6 * (views - views[:1])  # every view at its item
    assert overlap_graph(still, y)[1].mean() == 0


def test_a_planted_dependence_has_the_size_it_is_planted_with():
    rng = np.random.default_rng(0)
    y = rng.integers(2, size=4000)
    x1, x2 = rng.normal(size=(2, 4000, 5))
    planted = dependent_control(x2, x1, y, 0.2, 3)
    found = test_independence(x1, planted, y, draws=99)
    assert found.p == 0.01 and found.value == pytest.approx(0.2, abs=0.05)


def test_every_task_premise_has_a_card_and_a_test():
    for name in task_assumptions():
        card = ASSUMPTIONS.get(name).card
        assert card.statement and card.matters and card.rule and card.world and card.limits and card.source
        assert card.scope == "task" and callable(ASSUMPTIONS.get(name)().test)
    others = [THRESHOLDS.get(n).card for n in THRESHOLDS]
    assert len(others) == 9 and all(c.scope == "representation" and c.threshold.measure in CATALOGUE for c in others)
