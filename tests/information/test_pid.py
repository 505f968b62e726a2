"""The exact decomposition: the gate table, its sum rules, and a certificate that no other joint does better."""

import numpy as np
import pytest
import torch
from scipy.optimize import linprog

from sslbench.data.worlds.gates import GATES
from sslbench.errors import InputError
from sslbench.information import decompose
from sslbench.information.pid import least_joint
from sslbench.information.profile import profile

TABLE = {  # R, U1, U2, S in bits
    ("copy", ()): (1, 0, 0, 0),
    ("unique", ()): (0, 1, 0, 0),
    ("xor", ()): (0, 0, 0, 1),
    ("and", ()): (0.3113, 0, 0, 0.5),
    ("or", ()): (0.3113, 0, 0, 0.5),
    ("noisy-channels", (("flip", 0.1),)): (0.531, 0, 0, 0.211),
    ("noisy-channels", (("flip", 0.3),)): (0.1187, 0, 0, 0.1002),
    ("switch", (("mix", 0.1),)): (0.7136, 0.0519, 0, 0),
    ("mixed", ()): (1, 1, 0, 0),
}


@pytest.mark.parametrize(("gate", "want"), TABLE.items(), ids=[f"{n}{o}" for n, o in TABLE])
def test_gates(gate, want):
    found = decompose(GATES[gate[0]](**dict(gate[1])).joint)
    assert (found.redundant, found.unique_1, found.unique_2, found.synergy) == pytest.approx(want, abs=1e-3)


def information(p):
    x, y = p.sum(1, keepdims=True), p.sum(0, keepdims=True)
    return float((p * np.log2(np.where(p > 0, p / (x * y), 1))).sum())


@pytest.mark.parametrize("seed", range(4))
def test_sum_rules_on_random_joints(seed):
    p = np.random.default_rng(seed).dirichlet(np.full(24, 0.5)).reshape(3, 4, 2)
    d = decompose(p)
    assert d.redundant + d.unique_1 == pytest.approx(information(p.sum(1)), abs=1e-6)
    assert d.redundant + d.unique_2 == pytest.approx(information(p.sum(0)), abs=1e-6)
    whole = d.redundant + d.unique_1 + d.unique_2 + d.synergy
    assert whole == pytest.approx(information(p.reshape(12, 2)), abs=1e-6)
    assert min(d.redundant, d.unique_1, d.unique_2, d.synergy) > -1e-6


@pytest.mark.parametrize("seed", range(3))
def test_no_joint_with_these_marginals_tells_less(seed):
    """The programme is convex: a linear programme on its gradient bounds how far the optimum can lie below."""
    p = np.random.default_rng(seed).dirichlet(np.ones(18)).reshape(3, 3, 2)
    q = least_joint(torch.tensor(p)[None], 400)[0].numpy()
    np.testing.assert_allclose(q.sum(1), p.sum(1), atol=1e-9)
    np.testing.assert_allclose(q.sum(0), p.sum(0), atol=1e-9)
    gradient = np.log2(q / q.sum(-1, keepdims=True)).ravel()
    rows, values = [], []
    for axis, sums in ((1, p.sum(1)), (0, p.sum(0))):
        for i in range(3):
            for y in range(2):
                mask = np.zeros(p.shape)
                mask[(i, slice(None), y) if axis == 1 else (slice(None), i, y)] = 1
                rows.append(mask.ravel()), values.append(sums[i, y])
    best = linprog(gradient, A_eq=np.array(rows), b_eq=values, bounds=(0, 1))
    assert best.success and gradient @ q.ravel() - best.fun < 1e-3


def test_dit_agrees():
    dit = pytest.importorskip("dit")
    p = np.random.default_rng(0).dirichlet(np.ones(18)).reshape(3, 3, 2)
    outcomes = [f"{i}{j}{k}" for i in range(3) for j in range(3) for k in range(2)]
    found = dit.pid.PID_BROJA(dit.Distribution(outcomes, list(p.ravel())))
    assert decompose(p).redundant == pytest.approx(float(found[((0,), (1,))]), abs=5e-3)


def test_counts_are_normalised_and_nonsense_is_refused():
    assert decompose(1000 * GATES["and"]().joint).synergy == pytest.approx(0.5, abs=1e-3)
    for bad in (np.ones((2, 2)), -np.ones((2, 2, 2)), np.zeros((2, 2, 2)), np.full((2, 2, 2), np.nan)):
        with pytest.raises(InputError, match="decompose needs"):
            decompose(bad)


def test_profile_from_data_finds_the_parts_of_and():
    rng = np.random.default_rng(0)
    a, b = rng.integers(2, size=(2, 4000))
    y = a & b
    p1, p2 = (np.stack([1 - v * 0.5, v * 0.5], 1) for v in (a, b))  # P(y | one view)
    h = lambda p: -(p * np.log(np.where(p > 0, p, 1))).sum(-1)  # noqa: E731
    prior = np.full(4000, h(np.array([0.75, 0.25])))
    gain = lambda p: torch.tensor(prior + np.log(np.clip(p[np.arange(4000), y], 1e-9, 1)))  # noqa: E731
    both = torch.tensor(prior)  # y is certain from both
    found = profile(p1, p2, y, gain(p1), gain(p2), both, None)
    assert found.redundant[0] == pytest.approx(0.3113 * np.log(2), abs=0.02)
    assert found.synergy[0] == pytest.approx(0.5 * np.log(2), abs=0.02)
    assert found.synergy[1] < 0.5 * np.log(2) < found.synergy[2] + 0.01
