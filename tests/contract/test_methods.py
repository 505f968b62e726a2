"""What every registered method must do, on every kind of task it applies to."""

import numpy as np
import pytest
import torch

from sslbench.config import QUICK
from sslbench.data.dataset import load_dataset
from sslbench.data.streams import encoding_of
from sslbench.draws import Draw
from sslbench.harness.networks import Networks
from sslbench.harness.plan import why_not
from sslbench.harness.pretrain import make_program, pretrain
from sslbench.harness.represent import represent
from sslbench.methods.base import JointEmbedding, Pretrained
from sslbench.registry import ASSUMPTIONS, METHODS
from sslbench.tasks import find_task

TASKS = ["digits", "wine", "breast-cancer-views"]
ALL = METHODS.names()
TRAINED = [n for n in ALL if issubclass(METHODS.get(n), Pretrained)]


def cell(name, task):
    method, dataset = METHODS.get(name).build(), load_dataset(find_task(task))
    if reason := why_not(method, dataset.task, dataset.kinds):
        pytest.skip(reason)
    return method, dataset


def shorter(task, steps):
    return task.model_copy(update={"budget": task.budget.model_copy(update={"steps": steps})})


def train(method, dataset, seeds=(0,), steps=3):
    splits = [dataset.split(s) for s in seeds]
    rows = torch.tensor(np.stack([s.train for s in splits]))
    encodings = [encoding_of(s, rows) for s in dataset.streams]
    classes = {t: int(y.max()) + 1 for t, y in dataset.targets.items()}
    draw = Draw(seeds)
    nets = Networks(method, dataset.task, [e.shape for e in encodings], classes, draw.of("networks"), QUICK)
    before = {k: v.clone() for k, v in nets.named_parameters() if v.requires_grad}
    labels = {t: torch.as_tensor(y) for t, y in dataset.targets.items()}
    protocol = QUICK.__class__(step_scale=1.0)
    val = [torch.tensor(s.val) for s in splits]
    task, ours = shorter(dataset.task, steps), draw.of("pretrain")
    program = make_program(method, nets, task, encodings, rows, labels, ours, protocol)
    trained = pretrain(program, rows, val, task.budget.batch, ours.of("order"))
    return nets, before, trained


@pytest.mark.parametrize("name", ALL)
def test_the_card_is_complete(name):
    cls = METHODS.get(name)
    assert cls.name == name and cls.card.title and cls.card.source and cls.__doc__
    assert set(cls.card.assumes) <= set(ASSUMPTIONS)
    if cls.card.family != "control":
        assert "Source:" in cls.__doc__ and "Deviation:" in cls.__doc__
    assert cls.build(cls.build().settings()) == cls.build()


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("name", TRAINED)
def test_the_loss_is_finite_and_every_trainable_part_moves(name, task):
    method, dataset = cell(name, task)
    nets, before, trained = train(method, dataset)
    assert trained.diverged_at == [None]
    moved = {k for k, v in nets.named_parameters() if k in before and not torch.equal(v, before[k])}
    still = set(before) - moved
    # a bias before a normalisation has no effect on the loss: weight decay leaves its 0 where it is
    assert all("bias" in k or "shift" in k for k in still), still


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize(
    "name",
    [
        n
        for n in ALL
        if METHODS.get(n).card.family != "control" or n in ("supervised", "pca", "random-encoder", "raw-input")
    ],
)
def test_stacked_runs_equal_solo_runs_to_the_last_bit(name, task):
    method, dataset = cell(name, task)
    protocol = QUICK.__class__(step_scale=0.06)
    stacked = represent(method, dataset, (0, 1, 2), protocol, torch.device("cpu")).h
    for place, seed in ((2, 2), (0, 0)):
        solo = represent(method, dataset, (seed,), protocol, torch.device("cpu")).h
        for stream in solo:
            assert torch.equal(solo[stream][0], stacked[stream][place]), (
                f"{stream}: {(solo[stream][0] - stacked[stream][place]).abs().max()}"
            )


@pytest.mark.parametrize("name", [n for n in TRAINED if issubclass(METHODS.get(n), JointEmbedding)])
def test_joint_embedding_losses_do_not_care_about_the_order_of_pairs(name):
    z1, z2 = torch.randn(2, 2, 17, 8, dtype=torch.double, generator=torch.Generator().manual_seed(0))
    method, order = METHODS.get(name).build(), torch.randperm(17)
    assert torch.allclose(method.loss(z1, z2), method.loss(z1[:, order], z2[:, order]))


@pytest.mark.parametrize("name", [n for n in TRAINED if issubclass(METHODS.get(n), JointEmbedding)])
def test_joint_embedding_losses_refuse_what_they_cannot_compare(name):
    method = METHODS.get(name).build()
    with pytest.raises(ValueError, match="same shape"):
        method.loss(torch.randn(1, 8, 4), torch.randn(1, 8, 5))
    with pytest.raises(ValueError, match="batch of at least 2"):
        method.loss(torch.randn(1, 1, 4), torch.randn(1, 1, 4))


@pytest.mark.parametrize("name", TRAINED)
def test_the_loss_falls_in_60_steps(name):
    task = next(
        t for t in TASKS if not why_not(METHODS.get(name).build(), find_task(t), load_dataset(find_task(t)).kinds)
    )
    method, dataset = cell(name, task)
    _, _, trained = train(method, dataset, steps=60)
    trace = trained.trace[0]
    assert trace[-1][1] < trace[0][1]


def test_an_unknown_setting_names_those_there_are():
    from sslbench.errors import UsageError

    with pytest.raises(UsageError, match="'simclr' has no setting temp; it has temperature"):
        METHODS.get("simclr").build({"temp": 1})
