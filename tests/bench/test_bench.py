"""The benchmark compares the same work; what it reports is what it measured."""

import json
import time

import numpy as np
import pytest
import torch

from sslbench.bench.cases import CASES, CONV, _stepper
from sslbench.bench.data import image_task, learnable, made_up, table_task, training
from sslbench.bench.lightly_loop import loop_of_lightly
from sslbench.bench.timing import compare
from sslbench.cli.bench import bench_and_show
from sslbench.errors import UsageError


def spin(seconds):
    until = time.process_time() + seconds
    while time.process_time() < until:
        pass


def test_a_ratio_is_of_cost_per_unit_of_work():
    made = compare("a", "b", lambda: spin(0.02), lambda: spin(0.02), (4, 1), "unit", 5, "cpu", wanted=2.0)
    assert made.low <= made.ratio <= made.high and made.ratio == pytest.approx(4, rel=0.3)
    assert made.theirs_ms / made.ours_ms == pytest.approx(4, rel=0.3) and made.wanted == 2.0


def test_both_ways_are_called_equally_often():
    calls = {"ours": 0, "theirs": 0}

    def count(who):
        calls[who] += 1
        spin(0.001)

    compare("a", "b", lambda: count("ours"), lambda: count("theirs"), (1, 1), "unit", 4, "cpu")
    assert calls == {"ours": 5, "theirs": 5}


def test_lightlys_loop_trains_the_same_architecture():
    pytest.importorskip("lightly")
    task = image_task(CONV, 16)
    dataset = made_up(task, 64)
    program, train = training("simclr", dataset, (0,), "cpu")
    run, backbone = loop_of_lightly("conv", 128, 128, 16, "simclr", dataset.streams[0].values, "cpu")
    # ours has no convolution bias either; batch norm has two numbers per channel
    ours = sum(p.numel() for p in program.nets.encoders.parameters())
    assert ours == sum(p.numel() for p in backbone.parameters())
    before = [p.clone() for p in backbone.parameters()]
    run(2)
    assert any(not torch.equal(a, b) for a, b in zip(before, backbone.parameters(), strict=True))
    _stepper(program, train, 16)(2)
    assert program.losses[:2].isfinite().all() and int(program.clock) == 2


def test_made_up_data_are_neither_easy_nor_hopeless():
    from sklearn.linear_model import LogisticRegression

    x, y = learnable(900, 20, 4)
    score = LogisticRegression(max_iter=200).fit(x[:600], y[:600]).score(x[600:], y[600:])
    assert 0.35 < score < 0.98 and np.abs(x.mean(0)).max() < 1e-5
    assert made_up(table_task(16), 50, columns=7).streams[0].values.shape == (50, 7)


def test_a_measurement_is_printed_and_written_with_its_command(tmp_path, capsys, monkeypatch):
    def one(rounds, device):
        yield compare("fast", "slow", lambda: spin(0.001), lambda: spin(0.001), (1, 1), "x", rounds, device)

    monkeypatch.setitem(CASES, "overhead", one)
    assert bench_and_show(("overhead",), 1, "cpu", str(tmp_path / "b.json")) == 0
    facts = json.loads((tmp_path / "b.json").read_text())
    assert facts["command"] == "sslbench bench --only overhead --rounds 1" and facts["environment"]["threads"] == "1"
    (ratio,) = facts["ratios"]
    assert ratio["ratio"] > 0 and ratio["name"] in capsys.readouterr().out


WRONG = [(("speed",), 1, "it has augmentation, step"), (("step",), 0, "at least 1")]


@pytest.mark.parametrize("only, rounds, words", WRONG)
def test_a_wrong_call_says_what_would_be_right(only, rounds, words):
    with pytest.raises(UsageError, match=words):
        bench_and_show(only, rounds, "cpu", "")
