"""What every registered method must do, on one task: card, loss, batches, learning, half precision."""

import pytest
import torch
from methods import ALL, FIRST, hold

from sslbench.errors import UsageError
from sslbench.methods.base import JointEmbedding
from sslbench.registry import METHODS
from sslbench.submissions.contract import (
    ONCE,
    half_precision_agrees,
    loss_falls,
    representation_does_not_collapse,
    small_and_odd_batches_work,
)

JOINT = [n for n in ALL if issubclass(METHODS.get(n), JointEmbedding)]
ON_ONE_TASK = (small_and_odd_batches_work, loss_falls, representation_does_not_collapse, half_precision_agrees)


@pytest.mark.parametrize("name, task", FIRST, ids=lambda v: v)
@pytest.mark.parametrize("requirement", [*ONCE, *ON_ONE_TASK], ids=lambda r: r.__name__)
def test_requirement(requirement, name, task):
    hold(requirement, name, task)


@pytest.mark.parametrize("name", JOINT)
def test_joint_embedding_losses_refuse_what_they_cannot_compare(name):
    method = METHODS.get(name).build()
    with pytest.raises(ValueError, match="same shape"):
        method.loss(torch.randn(1, 8, 4), torch.randn(1, 8, 5))
    with pytest.raises(ValueError, match="batch of at least 2"):
        method.loss(torch.randn(1, 1, 4), torch.randn(1, 1, 4))


def test_an_unknown_setting_names_those_there_are():
    with pytest.raises(UsageError, match="'simclr' has no setting temp; it has temperature"):
        METHODS.get("simclr").build({"temp": 1})
