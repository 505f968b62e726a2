"""Scores of every column: what they find, and that no row's score has seen its own label."""

import pytest
import torch

from sslbench.information.folds import make_folds
from sslbench.information.readers.wide import wide_scores

N, DIM = 1500, 60


def scores_of(x, y, classes=2):
    folds = make_folds(len(y), 5, None, 0)
    labels = y[None].expand(5, -1)
    full, half = wide_scores(x, labels, classes, folds, [folds.full, folds.half_a])
    held = full[torch.as_tensor(folds.fold), torch.arange(len(y))]
    return folds, full, half, held


@pytest.mark.parametrize("column", [0, 1])
def test_a_line_and_a_product_of_many_columns_are_found_on_rows_not_seen(column):
    g = torch.Generator().manual_seed(0)
    x = torch.randn(N, DIM, generator=g)
    code = x.sum(1) / DIM**0.5 if column == 0 else x[:, 0] * x[:, 1]
    _, _, _, held = scores_of(x, (code < 0).long())
    found = torch.corrcoef(torch.stack([code, held[:, 0], held[:, 1]]))[0, 1:]
    assert found[column] > 0.8 and found[1 - column].abs() < 0.2


def test_scores_of_a_row_do_not_depend_on_labels_of_its_own_fold():
    """Labels of fold 1 are rolled: in fits that train on it its rows keep their scores, up to mean and scale."""
    g = torch.Generator().manual_seed(1)
    x, y = torch.randn(300, 20, generator=g), torch.randint(2, (300,), generator=g)
    folds, full, half, _ = scores_of(x, y)
    assert full.shape == half.shape == (5, 300, 2)
    rows = torch.as_tensor(folds.tests[1])
    other = y.clone()
    other[rows] = y[rows].roll(1)
    _, again, _, _ = scores_of(x, other)
    for column in range(2):
        pair = torch.stack([full[0][rows, column], again[0][rows, column]])
        assert torch.corrcoef(pair)[0, 1] > 0.99
    elsewhere = torch.as_tensor(folds.tests[2])
    pair = torch.stack([full[0][elsewhere, 1], again[0][elsewhere, 1]])
    assert torch.corrcoef(pair)[0, 1] < 0.99  # whose scores come from the rolled labels too
    unseen = torch.ones(300, dtype=torch.bool)
    unseen[torch.as_tensor(folds.half_a[0])] = False
    unseen[torch.as_tensor(folds.tests[0])] = False
    assert (half[0][unseen] == 0).all() and (half[0][~unseen] != 0).any()
