"""Label budgets: counted class by class, nested, and a function of the key."""

import numpy as np
import pytest

from sslbench.draws import Draw
from sslbench.errors import UsageError
from sslbench.evaluation.label_budget import counts_of, shown

LABELS = np.repeat([0, 1, 2], [100, 30, 4])


@pytest.mark.parametrize(
    "budget, counts", [("all", [100, 30, 4]), ("10 %", [10, 3, 1]), ("2.5%", [3, 1, 1]), ("5 per class", [5, 5, 4])]
)
def test_a_budget_is_counted_class_by_class(budget, counts):
    assert counts_of(budget, np.array([100, 30, 4])).tolist() == counts
    places = shown(budget, LABELS, Draw((0,)))
    assert places is None if budget == "all" else np.bincount(LABELS[places]).tolist() == counts


def test_budgets_are_nested_and_drawn_by_key():
    few, more = (set(shown(b, LABELS, Draw((0,))).tolist()) for b in ("5 %", "40 %"))
    assert few < more and few == set(shown("5 %", LABELS, Draw((0,))).tolist())
    assert few != set(shown("5 %", LABELS, Draw((1,))).tolist())


@pytest.mark.parametrize("wrong", ["", "0 %", "120 %", "0 per class", "ten", "5"])
def test_what_is_no_budget_is_told_so(wrong):
    with pytest.raises(UsageError, match="a label budget is 'all', a share as in '10 %'"):
        shown(wrong, LABELS, Draw((0,)))
