"""What every registered method must do, on one task: card, loss, batches, learning, half precision."""

import pytest
import torch
from methods import ALL, FIRST, hold

from sslbench.errors import UsageError
from sslbench.methods.base import JointEmbedding
from sslbench.registry import METHODS
from sslbench.submissions.contract import (
    ONCE,
    Broken,
    half_precision_agrees,
    loss_falls,
    nothing_collapses,
    small_and_odd_batches_work,
    subjects,
)

JOINT = [n for n in ALL if issubclass(METHODS.get(n), JointEmbedding)]
ON_ONE_TASK = (small_and_odd_batches_work, loss_falls, nothing_collapses, half_precision_agrees)


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


@pytest.mark.parametrize("spec", ["simsiam(stop_gradient=false)", "vicreg(variance_weight=0)"])
def test_collapse_is_detected_where_it_is_known_to_come(spec):
    """Without the stop-gradient, and without the variance term, nothing keeps embeddings apart."""
    subject = subjects(METHODS.get(spec).build(), ("digits",))[0]
    with pytest.raises(Broken, match="embedding 0 has collapsed"):
        nothing_collapses(subject)
