"""A method with a memory per item, a teacher whose momentum is constant and a hook: one class, no other edit."""

from contextlib import suppress
from dataclasses import dataclass, replace

import pytest
import torch
from torch.nn.functional import normalize

from sslbench.data.dataset import load_dataset
from sslbench.methods.base import JointEmbedding, Pretrained
from sslbench.methods.card import Card
from sslbench.methods.nets import Batch, Nets, Start
from sslbench.methods.pairing import both_ways
from sslbench.submissions.contract import PER_TASK, NotMeant, Subject, train
from sslbench.tasks import find_task

STEPS = 3


@dataclass(frozen=True)
class Ensembled(Pretrained):
    """The predicted embedding of a view agrees with a moving average of what teachers made of this item before.

    Source: Laine & Aila 2017, arXiv:1610.02242, section 2.2 (temporal ensembling), on embeddings.
    Deviation: the average starts at the teacher's embedding and not at 0.
    """

    momentum: float = 0.9
    kept: float = 0.6  # of an item's average at every visit

    card = Card(
        title="Temporal ensembling",
        family="self-distillation",
        source="Laine & Aila 2017, arXiv:1610.02242, section 2.2",
        requirements=("two views", "predictor", "ema-teacher", "memory"),
        ema_schedule="constant",
    )

    def memory(self, start: Start) -> dict[str, torch.Tensor]:
        none = torch.zeros(start.draw.runs, start.items, start.emb_dim, device=start.draw.device)
        return {"average": none, "visits": none[..., :1].clone()}

    def targets(self, nets: Nets, batch: Batch) -> torch.Tensor:
        """Every item's average with the teacher's embedding of today in it, (runs, batch, emb_dim)."""
        with torch.no_grad():
            today = sum(normalize(z, dim=-1) for z in nets.teacher_forward(batch.views)) / len(batch.views)
            place = batch.rows[..., None]
            before = nets.memory["average"].gather(1, place.expand_as(today))
            known = nets.memory["visits"].gather(1, place) > 0
            return torch.where(known, before.lerp(today, 1 - self.kept), today)

    def objective(self, nets: Nets, batch: Batch) -> torch.Tensor:
        predictions, target = nets.predict(nets.embed(batch.views)), self.targets(nets, batch)
        place = batch.rows[..., None]
        nets.remember("average", nets.memory["average"].scatter(1, place.expand_as(target), target))
        agree = lambda p, t: 1 - (normalize(p, dim=-1) * normalize(t, dim=-1)).sum(-1).mean(-1)  # noqa: E731
        return both_ways(agree, predictions, [target] * len(predictions))

    def after_step(self, nets: Nets, batch: Batch) -> None:
        visits = nets.memory["visits"]
        nets.remember("visits", visits.scatter_add(1, batch.rows[..., None], torch.ones_like(visits)))


def subject(method, task="wine"):
    return Subject(method, load_dataset(find_task(task)))


def test_an_item_has_its_place_in_the_memory_and_only_train_items_are_visited():
    short = train(subject(Ensembled()), seeds=(0, 1), steps=STEPS, batch=32)
    visits, average = short.nets.memory["visits"][..., 0], short.nets.memory["average"]
    for run, rows in enumerate(short.rows):
        assert visits[run].sum() == STEPS * 32 == visits[run, rows].sum()
        assert torch.equal(visits[run] > 0, average[run].norm(dim=-1) > 0)
        assert visits[run].max() == 1  # within an epoch no item comes twice
    assert not torch.equal(visits[0], visits[1])


def test_what_is_remembered_comes_back_to_the_same_item():
    """Kept whole, an item's first average stays to the last bit, though batches come in another order each epoch."""
    method = Ensembled(kept=1.0)
    first, later = (train(subject(method), steps=n, batch=10**6) for n in (1, 3))
    assert (later.nets.memory["visits"][0, later.rows[0]] == 3).all()
    assert torch.equal(first.nets.memory["average"], later.nets.memory["average"])
    assert len(later.nets.memory["average"][0, later.rows[0]].unique(dim=0)) > 0.9 * later.rows.shape[1]


@pytest.mark.parametrize("task", ["wine", "breast-cancer-views"])
@pytest.mark.parametrize("requirement", PER_TASK, ids=lambda r: r.__name__)
def test_the_contract_holds(requirement, task):
    with suppress(NotMeant):
        requirement(subject(Ensembled(), task))


@pytest.mark.parametrize("ema_schedule, moved", [("constant", True), ("cosine", False)])
def test_the_teacher_moves_by_the_declared_schedule(ema_schedule, moved):
    """Cosine ends near momentum 1, constant does not: in the last step the teacher follows, or hardly."""

    @dataclass(frozen=True)
    class Scheduled(Ensembled):
        momentum: float = 0.0
        card = replace(Ensembled.card, ema_schedule=ema_schedule)

    short = train(subject(Scheduled()), steps=10)
    students = dict(short.nets.encoders.named_parameters())
    apart = max(
        float((t - students[k.removeprefix("encoder.")].detach()).abs().max())
        for k, t in short.nets.teachers.named_parameters()
        if k.startswith("encoder.")
    )
    assert (apart == 0) == moved


def test_the_hook_sees_the_networks_after_the_step_and_may_not_ask_for_gradients():
    seen = []

    @dataclass(frozen=True)
    class Hooked(JointEmbedding):
        """Alignment. Source: none. Deviation: none."""

        card = Card(title="hooked", family="submitted", source="none")

        def loss(self, z1, z2):
            seen.append([])
            return (z1 - z2).square().mean((1, 2))

        def objective(self, nets, batch):
            loss = super().objective(nets, batch)
            seen[-1].append(next(nets.encoders.parameters()).detach().clone())
            return loss

        def after_step(self, nets, batch):
            assert not torch.is_grad_enabled()
            seen[-1].append(next(nets.encoders.parameters()).detach().clone())

    train(subject(Hooked()), steps=2)
    (before, after), (again, _) = seen
    assert not torch.equal(before, after) and torch.equal(after, again)


def test_an_unknown_schedule_names_those_there_are():
    with pytest.raises(ValueError, match="ema_schedule 'linear' is not one of cosine, constant"):
        replace(Ensembled.card, ema_schedule="linear")
