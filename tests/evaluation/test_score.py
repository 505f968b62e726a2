"""Scores over any number of streams, and under label budgets."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from sslbench.config import STANDARD
from sslbench.data.splits import Split
from sslbench.data.streams import Columns, Stream
from sslbench.evaluation.readouts import readouts_of
from sslbench.evaluation.score import score_representation

G = torch.Generator().manual_seed(0)
ROWS = 400
SPLIT = Split(*np.split(np.random.default_rng(0).permutation(ROWS), [240, 300]))


def parity(streams):
    """One bit per stream, whose parity is the label: only all streams together tell it. A shared code pairs them."""
    bits = torch.randint(2, (ROWS, streams), generator=G)
    code = torch.randn(ROWS, 3, generator=G)
    h = {f"s{i}": torch.cat([bits[:, i : i + 1] * 2.0 - 1, code], 1) for i in range(streams)}
    columns = Columns.numbers(range(4))
    data = SimpleNamespace(
        targets={"parity": (bits.sum(1) % 2).numpy()},
        truth={"parity": {"information": 1.0}},
        streams=tuple(Stream(name, x, columns) for name, x in h.items()),
        kinds=("columns",) * streams,
    )
    return data, h


def test_three_streams_are_read_jointly_alone_and_pair_by_pair():
    data, h = parity(3)
    found, _ = score_representation(data, SPLIT, h, STANDARD)
    readouts = list(dict.fromkeys(s.readout for s in found))
    ways = ["first-second", "second-first", "first-third", "third-first", "second-third", "third-second"]
    assert readouts == ["joint", "s0", "s1", "s2", *ways]
    values = {(s.readout, s.probe, s.metric): s for s in found}
    assert all(values[w, "retrieval", "recall@1"].value > 0.5 for w in ways)
    assert values["joint", "linear", "bits"].ceiling == 1.0 and values["s1", "linear", "bits"].ceiling < 1.0


def test_the_joint_readout_is_the_fused_one_or_all_streams_on_one_scale():
    _, h = parity(3)
    h["s1"] = h["s1"] * 100
    sides = readouts_of(h, SPLIT)[0].features[0].train.split(4, 1)
    assert [float(x.var(0, unbiased=False).mean()) for x in sides] == pytest.approx([1.0] * 3, rel=1e-4)
    fused = torch.randn(ROWS, 2, generator=G)
    assert torch.equal(readouts_of(h | {"fused": fused}, SPLIT)[0].features[0].val, fused[SPLIT.val])


def test_without_test_there_is_only_what_settings_are_chosen_by():
    data, h = parity(2)
    assert score_representation(data, SPLIT, h, STANDARD, read_test=False)[0] == []
    with_test = score_representation(data, SPLIT, h, STANDARD)[1]
    assert score_representation(data, SPLIT, h, STANDARD, read_test=False)[1] == with_test
    assert score_representation(data, SPLIT, h, replace(STANDARD, probes=()))[1] == with_test


def test_fewer_labels_read_less_and_say_so():
    data, h = parity(1)  # the bit itself
    h = {"s0": h["s0"] + 1.5 * torch.randn(ROWS, 4, generator=G)}
    score = {b: score_representation(data, SPLIT, h, STANDARD, labels=b)[0][0] for b in ("all", "2 per class")}
    assert [s.labels for s in score.values()] == ["all", "2 per class"]
    assert score["all"].value > score["2 per class"].value + 0.02


def test_retrieval_uses_no_labels_whatever_the_budget():
    data, h = parity(2)
    few, every = (
        [s for s in score_representation(data, SPLIT, h, STANDARD, labels=b)[0] if s.probe == "retrieval"]
        for b in ("2 per class", "all")
    )
    assert few == every and {s.labels for s in few} == {"all"}
