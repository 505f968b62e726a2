"""What every registered method must do on every kind of task: all parts train, stacked runs equal solo runs."""

import pytest
from methods import CELLS, hold

from sslbench.submissions.contract import every_part_is_trained, fits_on_train_rows, stacked_runs_equal_solo_runs


@pytest.mark.parametrize("name, task", CELLS, ids=lambda v: v)
@pytest.mark.parametrize(
    "requirement", [fits_on_train_rows, every_part_is_trained, stacked_runs_equal_solo_runs], ids=lambda r: r.__name__
)
def test_requirement(requirement, name, task):
    hold(requirement, name, task)
