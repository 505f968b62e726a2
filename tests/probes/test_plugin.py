"""A probe is one file: the page's own example scores a representation; wrong ones are told so in one sentence."""

import importlib.util
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from sslbench.config import STANDARD
from sslbench.data.dataset import load_dataset
from sslbench.errors import UsageError
from sslbench.evaluation.score import not_applicable, score_representation
from sslbench.probes.base import Probe, ProbeCard, probe_named
from sslbench.probes.predictions import Predicted
from sslbench.registry import PROBES
from sslbench.tasks import find_task

PAGE = Path(__file__).resolve().parents[2] / "docs" / "probes.md"


@pytest.fixture
def data():
    return load_dataset(find_task("breast-cancer"))


@pytest.fixture
def register():
    """Enter a probe for one test."""
    before = set(PROBES.names())
    yield lambda name, cls: PROBES.register(name)(cls)
    for name in set(PROBES.names()) - before:
        PROBES.remove(name)


def scores(data, *probes):
    h = {s.name: torch.nn.functional.normalize(s.values.nan_to_num()) for s in data.streams}
    protocol = replace(STANDARD, probes=probes, label_budgets=())
    return score_representation(data, data.split(0), h, protocol)[0]


def test_the_pages_probe_is_one_file_and_scores(data, register, tmp_path):
    code = next(c for c in re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.S) if "@PROBES.register" in c)
    (tmp_path / "centroid.py").write_text(code)
    spec = importlib.util.spec_from_file_location("centroid", tmp_path / "centroid.py")
    spec.loader.exec_module(importlib.util.module_from_spec(spec))
    found = scores(data, "linear", "centroid")
    assert [s.probe for s in found] == ["linear"] * 3 + ["centroid"]
    score = found[-1]
    assert (score.readout, score.metric) == ("joint", "accuracy") and score.value > score.chance + 0.1


class Says(Probe):
    """Every row is of class 0."""

    card = ProbeCard("says", "classes", {"joint": ("accuracy", "balanced-accuracy")})
    given = (Predicted(np.zeros(114, dtype=np.uint8)),)

    def read(self, frozen):
        return list(self.given)


BACK = replace(Says.given[0], reverse=True)


@pytest.mark.parametrize("given", [(), Says.given * 2, (BACK,), (*Says.given, BACK), (0.5,)])
def test_other_than_one_prediction_is_an_error(data, register, given):
    register("says", type("Other", (Says,), {"given": given}))
    with pytest.raises(UsageError, match=f"probe 'says' gave {len(given)} predictions of a joint .* one Predicted"):
        scores(data, "says")


@pytest.mark.parametrize("metric", ["bits", "recalled", "accuracies"])
def test_metrics_that_do_not_follow_from_what_is_predicted_are_an_error(data, register, metric):
    card = ProbeCard("says", "classes", {"joint": ("accuracy", metric)})
    register("says", type("Other", (Says,), {"card": card}))
    with pytest.raises(
        UsageError, match=f"declares .'accuracy', '{metric}'. .*, but '{metric}' does not follow from cl"
    ):
        scores(data, "says")


def test_outputs_as_declared_are_scores(data, register):
    register("says", Says)
    share = float((data.targets["diagnosis"][data.split(0).test] == 0).mean())
    found = [(s.probe, s.metric, s.value) for s in scores(data, "says")]
    assert found == [("says", "accuracy", pytest.approx(share, rel=1e-4)), ("says", "balanced-accuracy", 0.5)]


@pytest.mark.parametrize(
    "wrong, message",
    [
        (int, "expected a subclass of sslbench.probes.base.Probe"),
        (lambda frozen: [], "expected a subclass of sslbench.probes.base.Probe"),
        (type("Bare", (Probe,), {"read": lambda self, frozen: []}), "has no card"),
    ],
)
def test_what_is_no_probe_is_told_so(data, wrong, message):
    PROBES._entries["wrong"] = wrong
    try:
        with pytest.raises(UsageError, match=f"probe 'wrong' .*{message}"):
            scores(data, "wrong")
    finally:
        PROBES.remove("wrong")


def test_a_card_says_only_what_the_harness_knows():
    for wrong in ({"outputs": {"all": ("bits",)}}, {"labels": "some"}, {"needs": "luck"}):
        with pytest.raises(UsageError, match="the card of probe 'x' says"):
            ProbeCard(**{"title": "x", "reads": "y", "outputs": {"joint": ("bits",)}} | wrong)


def test_what_cannot_read_a_task_says_why(data):
    assert not_applicable([probe_named("retrieval")], data) == {
        "retrieval": "retrieval takes 2 or more streams; this task has 1"
    }
    assert scores(data, "retrieval") == []
