"""Three aligned streams: each is held against all others, and what takes two says that it does."""

from dataclasses import replace

import numpy as np
import pytest

from sslbench.assumptions.base import ViewData
from sslbench.assumptions.readings import Readings
from sslbench.assumptions.suite import keep_copies_together, task_assumptions, test_views
from sslbench.config import STANDARD, RunOptions
from sslbench.data.dataset import load_dataset
from sslbench.diagnosis.task_views import task_views
from sslbench.errors import UnknownName
from sslbench.information.conditional import read
from sslbench.records import read_cards
from sslbench.registry import ASSUMPTIONS
from sslbench.runner.cards import write_cards
from sslbench.runner.plan import AssumptionPack, make_plan
from sslbench.tasks import find_task

LN2 = np.log(2)
EACH = ("redundancy-1", "redundancy-2", "redundancy-3")


def world(name, rows, targets=None):
    """The views of a world's first rows, and its truth in bits."""
    data = load_dataset(find_task(name))
    (views,), note = task_views(data, replace(STANDARD, assumption_rows=rows))
    assert "the three streams" in note and len(views.views) == 3
    return replace(views, targets={t: views.targets[t] for t in targets or views.targets}), data.truth


def test_each_stream_of_parity_is_needed_beside_the_two_others():
    views, truth = world("parity-streams", 1500)
    found = test_views([views], EACH, network=False)
    assert [v.assumption for v in found] == list(EACH)
    for v in found:
        assert truth["label"][v.assumption] == 1.0 and v.verdict == "violated"
        assert 0.15 < v.low < v.value < LN2 and "given the 2 other views side by side" in v.note


def test_a_private_factor_is_missed_only_where_its_own_stream_is_left_out():
    views, truth = world("shared-private-streams", 1500, ("private-2", "shared"))
    found = {(v.target, v.assumption): v for v in test_views([views], EACH, network=False)}
    assert found["private-2", "redundancy-2"].verdict == "violated"
    for (target, name), v in found.items():
        bits = truth[target][name]
        assert v.verdict != ("holds" if bits else "violated")
        assert v.value == pytest.approx(bits * LN2, abs=0.05)


def test_a_task_of_three_streams_is_asked_about_each_and_a_pair_is_not():
    assert set(task_assumptions(3)) - set(task_assumptions(2)) == {"redundancy-3"}
    assert task_assumptions(1) == task_assumptions(2) == task_assumptions()
    assert "redundancy-3" not in ASSUMPTIONS.names() and "redundancy-12" in ASSUMPTIONS
    assert ASSUMPTIONS.get("redundancy-3").card.statement == "I(Y; X3 | all other streams) <= tolerance"
    assert ASSUMPTIONS.get("redundancy-3") is ASSUMPTIONS.get("redundancy-3")
    for wrong in ("redundancy-0", "redundancy-03", "redundancy-x"):
        with pytest.raises(UnknownName, match="redundancy-1"):
            ASSUMPTIONS.get(wrong)


def test_what_takes_two_streams_says_so_to_three_and_a_third_to_two():
    rng = np.random.default_rng(0)
    views = ViewData(tuple(rng.normal(size=(3, 300, 2))), {"y": np.arange(300) % 2})
    for v in test_views([views], ("conditional-independence", "infomin", "interaction")):
        assert v.verdict == "not applicable" and v.note == f"{v.assumption} takes 1 or 2 streams; this task has 3"
    for v in test_views([views], ("label-invariance", "augmentation-overlap")):
        assert v.note == "the views are three streams, not corruptions of one item"
    (found,) = test_views([replace(views, views=views.views[:2])], ["redundancy-3"])
    assert found.verdict == "not applicable" and "speaks of view 3; this task has 2" in found.note


@pytest.mark.parametrize(
    "takes, streams, words",
    [
        ((1, None), 9, ""),
        ((1, 2), 2, ""),
        ((1, 1), 2, "a takes 1 stream; this task has 2"),
        ((2, 2), 3, "a takes 2 streams; this task has 3"),
        ((1, 3), 4, "a takes 1 to 3 streams; this task has 4"),
        ((3, None), 2, "a takes 3 or more streams; this task has 2"),
    ],
)
def test_a_card_says_how_many_streams_it_takes(takes, streams, words):
    assert replace(ASSUMPTIONS.get("redundancy-1").card, streams=takes).misfit("a", streams) == words


def test_views_side_by_side_are_named_after_their_places():
    rng = np.random.default_rng(0)
    x = [rng.normal(size=(500, d)) for d in (1, 2, 3)]
    views = ViewData(tuple(x), {"y": (x[1][:, 0] > 0).astype(int)})
    assert [views.given(k) for k in (1, 2, 3)] == ["x2+x3", "x1+x3", "x1+x2"]
    assert (views.named("x1+x3") == np.c_[x[0], x[2]]).all() and views.named("x2") is x[1]
    readings = Readings(views, "y", network=False)
    pair = Readings(ViewData((x[1], np.c_[x[0], x[2]]), views.targets), "y", network=False)
    assert readings.read("x2", "x1+x3") == read(pair.prepared("x1", "x2"))


def test_rows_alike_in_two_of_three_streams_are_no_copies():
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(2, 100, 2)).repeat(2, 1)
    views = ViewData((a, b, rng.normal(size=(200, 2))), {"y": np.arange(200) % 2})
    assert keep_copies_together(views)[0].groups is None
    assert keep_copies_together(replace(views, views=(a, b, a)))[0].groups is not None


def test_a_run_plans_a_verdict_on_every_stream_and_keeps_its_card(tmp_path):
    options = RunOptions(methods=("raw-input",), tasks=("parity-streams", "xor"), seeds=1)
    plan = make_plan(options, [])
    wanted = {pack.task.name: {a for a, _ in pack.wanted} for pack in plan.packs if isinstance(pack, AssumptionPack)}
    assert wanted["parity-streams"] - wanted["xor"] == {"redundancy-3"} and set(EACH) <= wanted["parity-streams"]
    write_cards(tmp_path, plan)
    assert read_cards(tmp_path)["assumptions"]["redundancy-3"]["statement"].startswith("I(Y; X3 |")
