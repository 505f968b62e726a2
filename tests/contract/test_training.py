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


VARIANTS = [
    "rc(base=byol)",
    "rc(base=dino)",
    "lbe(base=vicreg)",
    "lbe(base=tico)",
    "infomax(entropy=variance)",
    "infomax(entropy=pairwise-lower)",
    "infomax(entropy=uniformity)",
    "vicreg(convention=paper)",
    "dcl(weight_width=0.5)",
    "mmcr(within_weight=0.01)",
]


@pytest.mark.parametrize("name", VARIANTS)
@pytest.mark.parametrize("requirement", [every_part_is_trained, stacked_runs_equal_solo_runs], ids=lambda r: r.__name__)
def test_settings_that_change_the_method(requirement, name):
    hold(requirement, name, "wine")


def test_a_base_must_embed_two_views():
    from sslbench.registry import METHODS

    for base in ("pca", "mae", "rc"):
        with pytest.raises(ValueError, match="must be a method that embeds two views"):
            METHODS.get(f"lbe(base={base})").build().base_method()
