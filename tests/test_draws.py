"""The counter-based generator: uniform, independent over every part of its key, and the same alone or stacked."""

import numpy as np
import pytest
import torch
from scipy import stats

from sslbench.draws import Draw, mix, unit_interval

N = 200_000


def test_mix_is_a_bijection_on_a_sample():
    words = torch.arange(-500_000, 500_000, dtype=torch.int32)
    assert len(mix(words).unique()) == len(words)


def test_no_word_becomes_0_or_1():
    ends = unit_interval(torch.tensor([0, -1, 2**31 - 1, -(2**31)], dtype=torch.int32))
    assert ends.min() == 2.0**-24 and ends.max() == 1 - 2.0**-24


def test_integers_stay_below_high_and_are_even():
    class Extreme(Draw):
        def bits(self, shape):
            return torch.full(tuple(shape), -1, dtype=torch.int32)

    highs = torch.arange(1, 5001)
    assert (Extreme([0]).integers((1, 5000), high=highs)[0] == highs - 1).all()
    counts = torch.bincount(Draw([0]).integers((1, N), high=7)[0]).numpy()
    assert len(counts) == 7 and stats.chisquare(counts).pvalue > 1e-3


@pytest.mark.parametrize("seed", [0, 1, 2**31 - 1])
def test_uniform_is_uniform(seed):
    u = Draw([seed]).of("test").uniform((1, N))[0].double().numpy()
    assert u.min() > 0 and u.max() < 1
    assert stats.kstest(u, "uniform").pvalue > 1e-3
    counts = np.bincount((u * 256).astype(int), minlength=256)
    assert stats.chisquare(counts).pvalue > 1e-3


def test_every_bit_is_fair():
    bits = Draw([7]).of("bits").bits((1, N))[0].numpy().view(np.uint32)
    shares = [((bits >> b) & 1).mean() for b in range(32)]
    assert np.abs(np.array(shares) - 0.5).max() < 4.5 * 0.5 / np.sqrt(N)


def test_normal_has_the_right_moments():
    z = Draw([3]).normal((1, N))[0].double().numpy()
    assert stats.kstest(z, "norm").pvalue > 1e-3


def correlation(a, b):
    return abs(np.corrcoef(a.double().numpy(), b.double().numpy())[0, 1])


def test_seeds_steps_purposes_and_neighbours_are_independent():
    base = Draw([5])
    u = base.of("a").at(3).uniform((1, N))[0]
    others = [
        Draw([6]).of("a").at(3).uniform((1, N))[0],
        base.of("b").at(3).uniform((1, N))[0],
        base.of("a").at(4).uniform((1, N))[0],
        base.of("a").of("b").at(3).uniform((1, N))[0],
        torch.roll(u, 1),
        torch.roll(u, 64),
    ]
    for other in others:
        assert correlation(u, other) < 4.5 / np.sqrt(N)
        assert (u == other).float().mean() < 1e-3


def test_pairs_fill_the_square():
    u = Draw([11]).uniform((1, 2 * N))[0].view(-1, 2)
    cells = (u * 16).long()
    counts = torch.bincount(cells[:, 0] * 16 + cells[:, 1], minlength=256).numpy()
    assert stats.chisquare(counts).pvalue > 1e-3


def test_first_draws_of_many_seeds_are_uniform():
    u = Draw(list(range(20_000))).uniform((20_000, 1))[:, 0].double().numpy()
    assert stats.kstest(u, "uniform").pvalue > 1e-3


def test_a_run_draws_the_same_alone_or_stacked_in_any_order():
    stacked = Draw([4, 9, 2]).of("x").at(7).normal((3, 5, 6))
    for place, seed in enumerate([4, 9, 2]):
        assert torch.equal(Draw([seed]).of("x").at(7).normal((1, 5, 6))[0], stacked[place])


def test_permutation_is_one():
    assert torch.equal(Draw([1, 2]).permutation(50).sort(-1).values, torch.arange(50).expand(2, 50))


def test_the_leading_axis_is_a_run():
    with pytest.raises(ValueError, match="leading axis is a run"):
        Draw([1, 2]).uniform((3, 4))


def test_a_step_that_is_a_tensor_draws_the_same():
    number, tensor = (Draw([3, 2**31 - 1]).of("x").at(step).of("crop") for step in (77, torch.tensor(77).int()))
    assert torch.equal(number.bits((2, 500)), tensor.bits((2, 500)))
    assert torch.equal(number.of("a").at(3).uniform((2, 9)), tensor.of("a").at(3).uniform((2, 9)))


def test_a_draw_can_become_another_at_the_same_place():
    one, other = Draw([1]).of("x"), Draw([2]).of("x")
    place = one.keys[0]
    one.become(other)
    assert one.keys[0] is place
    assert torch.equal(one.of("y").bits((1, 50)), other.of("y").bits((1, 50)))
    assert torch.equal(one.bits((1, 50)), other.bits((1, 50)))
