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
from sslbench.evaluation.score import score_representation, selection_bits
from sslbench.probes.predictions import Predicted, Truth

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
        groups=None,
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


def test_settings_are_chosen_by_val_and_test_is_not_read():
    data, h = parity(1)
    blind = {
        k: torch.where(torch.isin(torch.arange(ROWS), torch.as_tensor(SPLIT.test))[:, None], torch.nan, x)
        for k, x in h.items()
    }
    assert 0.9 < selection_bits(data, SPLIT, blind, STANDARD) == selection_bits(data, SPLIT, h, STANDARD)


def budgets_of(h, data):
    found = score_representation(data, SPLIT, h, replace(STANDARD, probes=("linear", "knn")))[0]
    return {(s.probe, s.labels): s for s in found if (s.readout, s.metric) == ("joint", "accuracy")}, found


def test_the_linear_probe_is_read_under_every_label_budget():
    data, h = parity(1)  # the bit itself
    noisy = {"s0": h["s0"] + 1.5 * torch.randn(ROWS, 4, generator=G)}
    found, every = budgets_of(noisy, data)
    assert list(found) == [("linear", "all"), ("linear", "10 %"), ("linear", "5 per class"), ("knn", "all")]
    assert found["linear", "all"].value > found["linear", "5 per class"].value + 0.02
    assert {s.metric for s in every if s.labels != "all"} == {"bits", "accuracy"}


def test_labels_shown_come_from_train_and_val_alike_and_one_row_of_a_class_is_no_trouble():
    data, h = parity(2)
    lone = data.targets["parity"].copy()
    lone[SPLIT.val[0]] = 2  # the only row of its class, in val
    data.targets["parity"] = lone
    found, _ = budgets_of(h, data)
    assert all(np.isfinite(s.value) for s in found.values())
    few = SimpleNamespace(**vars(data))
    few.targets = {"parity": np.where(np.isin(np.arange(ROWS), SPLIT.train), 0, data.targets["parity"])}
    assert budgets_of(h, few)[0]["linear", "5 per class"].n == len(SPLIT.test)


def test_no_row_costs_more_than_the_share_of_the_prior():
    """A probe that is sure and wrong in one row: log2(100) bits at most for it, over the prior."""
    log_p = np.log(np.array([[1 - 1e-12, 1e-12]] * 10))
    said = Predicted.probabilities(log_p, np.array([0.5, 0.5]), 0.01)
    y = np.array([0] * 9 + [1])
    (bits,) = said.measured(("bits",), Truth(y, np.array([0.5, 0.5])))
    assert bits.value == pytest.approx((9 * np.log2(1.99) - np.log2(100)) / 10, abs=2e-3)
