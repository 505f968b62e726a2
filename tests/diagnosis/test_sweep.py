"""The sweep over view strength: right where the truth is known, resumed where it stopped, clear where it cannot be."""

from dataclasses import replace
from itertools import product

import numpy as np
import pandas as pd
import pytest
import torch

import sslbench
from sslbench.cli.main import main
from sslbench.config import STANDARD
from sslbench.data.dataset import load_dataset
from sslbench.data.streams import Columns, Raw, Stream
from sslbench.diagnosis import sweep as module
from sslbench.diagnosis.task_views import task_views
from sslbench.errors import UnknownName, UsageError
from sslbench.records.sweep import read_sweep
from sslbench.registry import SOURCES
from sslbench.tasks import find_task

CARD = """
name = "told"
title = "t"
modality = "tabular"
description = ""
licence = ""
citation = ""
source = { kind = "told", name = "told" }
views = { generator = "swap", strength = 0.2 }
targets = [{ name = "destroyed", title = "" }, { name = "kept", title = "" }]
splits = { kind = "stratified" }
encoder = { name = "mlp", rep_dim = 2 }
budget = { steps = 1, batch = 2 }
"""
ROWS, COPIES, RATE = 1000, 9, 0.2


@pytest.fixture(scope="module")
def card(tmp_path_factory):
    """A table of two fair bits: one column says the first, nine say the second."""
    bits = np.random.default_rng(0).integers(2, size=(ROWS, 2))
    values = torch.tensor(bits[:, [0] + [1] * COPIES]).float()
    columns = Columns(tuple(f"c{j}" for j in range(1 + COPIES)), (2,) * (1 + COPIES))
    raw = Raw((Stream("told", values, columns),), {"destroyed": bits[:, 0], "kept": bits[:, 1]})
    SOURCES.add("told", lambda source: raw)
    file = tmp_path_factory.mktemp("card") / "told.toml"
    file.write_text(CARD)
    yield str(file)
    SOURCES.remove("told")


@pytest.fixture(scope="module")
def swept(card, tmp_path_factory):
    folder = tmp_path_factory.mktemp("results")
    return folder, sslbench.sweep(card, kinds=["swap"], strengths=[RATE], results=folder)


def left_open(copies, rate):
    """H(Y | V) in nats of a fair bit, of which V are copies, each replaced by a random row's with this probability."""
    flipped = np.array(list(product((0, 1), repeat=copies)))
    p = np.array([np.where(flipped == y, 1 - rate / 2, rate / 2).prod(1) / 2 for y in (0, 1)])  # (2, outcomes)
    return -(p * np.log(p / p.sum(0))).sum()


def test_views_lose_what_the_world_says(swept):
    found = swept[1].set_index("target")
    for target, copies, verdict in (("destroyed", 1, "violated"), ("kept", COPIES, "holds")):
        row, truth = found.loc[target], left_open(copies, RATE)
        assert row["low"] <= truth <= row["high"] and row["value"] == pytest.approx(truth, abs=0.03)
        assert row["survival"] == pytest.approx(1 - truth / np.log(2), abs=0.05) and row["verdict"] == verdict
    assert list(swept[1]["supported"]) == [False, True]


def test_what_is_there_is_not_measured_again_and_a_torn_row_is(card, swept, monkeypatch):
    folder, before = swept
    asked = []
    monkeypatch.setattr(module, "_measured", lambda items, point: asked.append(point.name) or [])
    again = sslbench.sweep(card, kinds=["swap"], strengths=[RATE], results=folder)
    pd.testing.assert_frame_equal(again, before)
    assert not asked
    file, whole = folder / "sweep.csv", (folder / "sweep.csv").read_bytes()
    file.write_bytes(whole[:-40])
    assert list(sslbench.sweep(card, kinds=["swap"], strengths=[RATE], results=folder)["target"]) == ["destroyed"]
    assert asked == ["swap at 0.2"]
    file.write_bytes(whole)


def test_the_command_prints_points_and_advice_and_writes_table_and_figure(card, swept, monkeypatch, capsys):
    folder, _ = swept
    words = ("sweep", card, "--kinds", "swap", "--strengths", str(RATE), "--results", str(folder))
    monkeypatch.setattr("sys.argv", ["sslbench", *words])
    with pytest.raises(SystemExit) as stop:
        main()
    out = capsys.readouterr().out
    assert not stop.value.code and "kept, swap: no violation up to 0.2" in out and "shown to hold up to 0.2" in out
    assert "destroyed: swap at 0.2 is not supported (not even the weakest strength swept is supported)" in out
    assert len(pd.read_csv(folder / "tables" / "sweep.csv")) == 2
    assert (folder / "figures" / "sweep-told.svg").read_bytes().startswith(b"<?xml")


@pytest.mark.parametrize("name", ["digits", "wine"])
def test_the_cards_own_views_are_those_of_the_premise(name):
    dataset, protocol = load_dataset(find_task(name)), replace(STANDARD, assumption_rows=150)
    (point, *_) = module._points(dataset, [dataset.task.views.generator], [dataset.task.views.strength], protocol)
    mine, premise = module._Items(dataset, protocol).viewed(point.view), task_views(dataset, protocol)[0]
    for own, theirs in zip(mine, premise, strict=True):
        for k in ("x1", "x2", "original"):
            np.testing.assert_array_equal(own.named(k), theirs.named(k))
            assert (own.dropped_of(k) is None) == (theirs.dropped_of(k) is None)


@pytest.mark.parametrize(
    ("task", "asked", "error", "match"),
    [
        (None, {"kinds": ["swpa"]}, UnknownName, "Did you mean 'swap'"),
        (None, {"kinds": ["image"]}, UsageError, "does not fit told.*resample, subset, swap"),
        (None, {"kinds": ["noise"]}, UsageError, "columns with categories"),
        (None, {"strengths": [0.2, 0]}, UsageError, "above 0.*got 0"),
        (None, {"kinds": ["swap"], "strengths": [1e-9]}, UsageError, "swap at 1e-09; give stronger ones"),
        ("views-kept", {}, UsageError, "streams as they are"),
    ],
)
def test_what_cannot_be_swept_is_said(card, tmp_path, task, asked, error, match):
    with pytest.raises(error, match=match):
        sslbench.sweep(task or card, results=tmp_path, **asked)
    assert read_sweep(tmp_path / "sweep.csv") == []
