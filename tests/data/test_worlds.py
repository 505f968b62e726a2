"""Worlds: the truth in the cards is the truth of the code, and of an independent enumeration."""

import itertools
import math

import numpy as np
import pytest

from sslbench.data.dataset import load_dataset
from sslbench.data.worlds import exact_information
from sslbench.tasks import find_task


def binary_entropy(p):
    return 0.0 if p in (0, 1) else -p * math.log2(p) - (1 - p) * math.log2(1 - p)


@pytest.mark.parametrize("name", ["switch", "xor"])
def test_cards_state_the_truth_of_the_code(name):
    task = find_task(name)
    truth = load_dataset(task).truth
    for target, quantities in task.truth.items():
        assert truth[target] == pytest.approx(quantities, abs=2e-6)


def test_switch_in_closed_form():
    a = 0.25
    both = 1 - binary_entropy(a) / 2  # s and u agree half of the time: then y is certain
    shared = 1 - binary_entropy(a / 2)
    truth = load_dataset(find_task("switch")).truth["label"]
    assert truth == pytest.approx({"redundancy-1": both - shared, "redundancy-2": 0, "information": both})


@pytest.mark.parametrize("seed", range(3))
def test_exact_information_agrees_with_sums_over_outcomes(seed):
    p = np.random.default_rng(seed).dirichlet(np.ones(24)).reshape(3, 4, 2)
    want = 0.0  # I(Y; X1 | X2) from its definition
    for i, j, y in itertools.product(*map(range, p.shape)):
        want += p[i, j, y] * math.log2(p[i, j, y] * p[:, j].sum() / (p[i, j].sum() * p[:, j, y].sum()))
    assert exact_information(p)["redundancy-1"] == pytest.approx(want)


def test_bits_are_decodable_from_the_lifted_views():
    from sklearn.linear_model import LogisticRegression

    dataset = load_dataset(find_task("switch"))
    x1, x2 = (s.values.numpy() for s in dataset.streams)
    y = dataset.targets["label"]
    assert LogisticRegression().fit(x2, y).score(x2, y) == pytest.approx(0.875, abs=0.02)  # s alone: right 7 times of 8
    assert abs(np.corrcoef(x1.T)[0, 1]) < 0.9
