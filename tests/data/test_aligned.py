"""Worlds of three streams: the truth by another computation, and streams that show their bits."""

import itertools

import numpy as np
import pytest

from sslbench.data.dataset import load_dataset
from sslbench.data.worlds.aligned import ALIGNED, STREAMS
from sslbench.tasks import find_task


def bits(*columns):
    """Entropy of aligned discrete columns by counting, bits."""
    counts = {}
    for row in zip(*columns, strict=True):
        counts[row] = counts.get(row, 0) + 1
    p = np.array(list(counts.values())) / len(columns[0])
    return -(p * np.log2(p)).sum()


@pytest.mark.parametrize("name", sorted(ALIGNED))
def test_truth_is_that_of_counted_outcomes(name):
    world = ALIGNED[name]()
    kept = world.probability > 0
    codes = [[tuple(row) for row in c[kept]] for c in world.codes]  # equally likely outcomes
    for target, y in world.targets.items():
        y = list(y[kept])
        for k in range(len(codes)):
            others = [c for j, c in enumerate(codes) if j != k]
            want = bits(y, *others) + bits(*codes) - bits(*others) - bits(y, *codes)
            assert world.truth[target][f"redundancy-{k + 1}"] == pytest.approx(want, abs=1e-9)
        assert world.truth[target]["information"] == pytest.approx(bits(y) + bits(*codes) - bits(y, *codes))


def test_a_turned_parity_loses_the_entropy_of_its_flips():
    flip = 0.1
    left = 1 + flip * np.log2(flip) + (1 - flip) * np.log2(1 - flip)
    truth = ALIGNED["parity-streams"](flip=flip).truth["label"]
    assert truth == pytest.approx(dict.fromkeys(["information", *(f"redundancy-{k}" for k in (1, 2, 3))], left))


def test_any_two_streams_of_parity_tell_nothing_and_three_tell_all():
    world = ALIGNED["parity-streams"]()
    kept = world.probability > 0
    y, codes = world.targets["label"][kept], [c[kept, 0] for c in world.codes]
    for a, b in itertools.combinations(codes, 2):
        assert bits(y, a, b) == pytest.approx(1 + bits(a, b))
    assert (codes[0] ^ codes[1] ^ codes[2] == y).all()


def test_streams_show_their_own_bits_to_a_linear_reader_and_no_others():
    data = load_dataset(find_task("shared-private-streams"))
    assert [s.name for s in data.streams] == list(STREAMS) and data.rows == 3000

    def read(stream, target):
        x = np.column_stack([np.ones(data.rows), data.streams[stream].values.numpy()])
        y = 2 * data.targets[target] - 1
        return (np.sign(x @ np.linalg.lstsq(x, y, rcond=None)[0]) == y).mean()

    assert min(read(k, "shared") for k in range(3)) > 0.99
    for k, j in itertools.product(range(3), repeat=2):
        found = read(j, f"private-{k + 1}")
        assert found > 0.99 if j == k else found < 0.6
