"""The conditional estimate on worlds whose truth is known, also where its parts are needed; and what it refuses."""

import numpy as np
import pytest
import torch
from worlds import world

from sslbench.information import Estimate, conditional, mutual
from sslbench.information.conditional import mean_and_error, read, read_positive_controls
from sslbench.information.folds import index_table, make_folds
from sslbench.information.positive_controls import positive_control_labels
from sslbench.information.prepared import prepare
from sslbench.information.readers.stacking import stack


@pytest.mark.parametrize("name, d", [("shared", 8), ("partly", 8), ("private", 8), ("xor", 8), ("coded", 8)])
def test_the_interval_covers_the_truth(name, d):
    x1, x2, y, truth = world(name, 2500, d, seed=0)
    found = conditional(y, x1, given=x2)
    assert isinstance(found, Estimate) and found.unit == "nats" and found.n == 2500
    assert found.low <= truth + 0.002 and found.high >= truth - 0.002, (str(found), truth)
    assert found.high - found.low < 0.12


def test_the_estimator_could_have_failed():
    """The same bounds on a wrong truth are missed: private information is not called shared."""
    x1, x2, y, truth = world("private", 2500, 8, seed=0)
    assert conditional(y, x1, given=x2).low > truth / 2 > 0.1


def test_shuffled_labels_say_nothing():
    x1, x2, y, _ = world("private", 1500, 8, seed=1)
    found = conditional(np.random.default_rng(0).permutation(y), x1, given=x2)
    assert found.low <= 0 and abs(found.value) < 0.01


def test_many_classes_and_groups():
    rng = np.random.default_rng(0)
    y = np.repeat(rng.integers(5, size=400), 3)  # three views of every item
    centre = rng.normal(size=(5, 6)) * 0.8
    x1, x2 = (centre[y] + rng.normal(size=(1200, 6)) for _ in range(2))
    found = conditional(y, x1, given=x2, groups=np.repeat(np.arange(400), 3))
    assert found.low > 0.05


def test_mutual_information_of_gaussian_classes():
    """Two unit Gaussians 2 apart: I(Y; X) by quadrature."""
    rng = np.random.default_rng(0)
    y = rng.integers(2, size=4000)
    x = rng.normal(size=(4000, 4))
    x[:, 0] += 2.0 * y
    grid = np.linspace(-8, 10, 20_001)
    density = [np.exp(-0.5 * (grid - 2 * c) ** 2) / np.sqrt(2 * np.pi) for c in (0, 1)]
    mixture = (density[0] + density[1]) / 2
    truth = sum(
        np.trapezoid(0.5 * d * np.log(np.clip(d, 1e-300, None) / np.clip(mixture, 1e-300, None)), grid) for d in density
    )
    found = mutual(x, y)
    assert found.low <= truth <= found.high and "lower estimate" in found.flags


def test_plants_of_known_strength_are_found_where_rows_suffice():
    x1, x2, y, _ = world("shared", 3000, 6, seed=2)
    plants = read_positive_controls(prepare(x1, x2, y), tolerance=0.02)
    assert plants["additive"][0] == pytest.approx(0.04, abs=0.015)
    # a product of directions reads a product of signs with correlation 2/pi only: less than the 0.2 nats planted, far
    # more than none
    assert 0.03 < plants["interaction"][0] < 0.2 and plants["interaction"][0] > 4 * plants["interaction"][1]


def test_planted_labels_carry_the_information_they_claim():
    """Independent check: the exact posterior of the planting, read from many rows with a logistic model in the planted
    direction.
    """
    x1, x2, y, _ = world("shared", 3000, 6, seed=3)
    p = prepare(x1, x2, y)
    labels = positive_control_labels(p.z2, p.x1, p.y, 2, 1, "additive", 0.15, seed=0)[0].numpy()
    found = conditional(labels, x1, given=x2)
    assert found.value == pytest.approx(0.15, abs=0.03)


def test_the_reading_is_the_same_twice_and_moves_with_the_seed():
    x1, x2, y, _ = world("partly", 600, 5, seed=0)
    one, two, other = (conditional(y, x1, given=x2, seed=s) for s in (0, 0, 1))
    assert one == two and one != other


@pytest.mark.parametrize(
    "change, words",
    [
        (lambda a, b, y: (a[:-1], b, y), "same number of rows"),
        (lambda a, b, y: (np.where(a > 2, np.nan, a), b, y), "x1 holds .* nan"),
        (lambda a, b, y: (a, b, np.zeros_like(y)), "one class only"),
        (lambda a, b, y: (a, b, np.arange(len(y))), "an id or a number"),
        (lambda a, b, y: (a * 0 + 3, b, y), "x1 is constant"),
        (lambda a, b, y: (a[:30], b[:30], y[:30]), "30 rows are too few"),
        (lambda a, b, y: (a, b, np.where(np.arange(len(y)) < 3, 7, y)), "class .*7.* has 3 rows"),
    ],
)
def test_what_cannot_be_read_is_refused_plainly(change, words):
    x1, x2, y, _ = world("shared", 300, 4, seed=0)
    a, b, c = change(x1, x2, y)
    with pytest.raises(ValueError, match=words):
        conditional(c, a, given=b)


def test_too_few_groups_are_refused():
    x1, x2, y, _ = world("shared", 300, 4, seed=0)
    with pytest.raises(ValueError, match="4 groups are too few"):
        conditional(y, x1, given=x2, groups=np.arange(300) % 4)


def test_folds_keep_groups_whole_and_halves_split_them():
    groups = np.random.default_rng(0).integers(30, size=500)
    folds = make_folds(500, 5, groups, seed=1)
    for k in range(5):
        test, train = set(groups[folds.fold == k]), set(groups[folds.full[k]])
        assert not test & train
        assert not set(groups[folds.half_a[k]]) & set(groups[folds.half_b[k]])
        assert sorted([*folds.half_a[k], *folds.half_b[k]]) == sorted(folds.full[k])
    sizes = np.bincount(folds.fold)
    assert sizes.max() - sizes.min() < 40


def test_index_tables_pad_with_weight_0():
    table, weight = index_table([np.array([4, 5, 6]), np.array([7])])
    assert table.tolist() == [[4, 5, 6], [7, 7, 7]] and weight.tolist() == [[1, 1, 1], [1, 0, 0]]


def test_stack_finds_the_better_reader_and_starts_where_it_is_told():
    good, bad = torch.full((1, 500), 0.8).double(), torch.full((1, 500), 0.3).double()
    mixed, weight = stack(torch.cat([bad, good]), torch.arange(500) % 5, 5)
    assert weight[:, 1].min() > 0.99 and mixed.mean() > 0.79
    same = torch.cat([good, good])
    assert stack(same, torch.arange(500) % 5, 5, first=0.8)[1][:, 0].tolist() == pytest.approx([0.8] * 5)


def test_errors_are_robust_to_repeated_rows():
    values = torch.randn(200, dtype=torch.double, generator=torch.Generator().manual_seed(0))
    repeated = values.repeat_interleave(5)
    assert mean_and_error(repeated, np.repeat(np.arange(200), 5))[1] == pytest.approx(
        mean_and_error(values, None)[1], rel=1e-6
    )


def test_the_linear_bound_only_widens():
    x1, x2, y, _ = world("partly", 800, 20, seed=0)
    r = read(prepare(x1, x2, y))
    assert r.high >= r.hull_high and r.low <= r.gap <= r.high
