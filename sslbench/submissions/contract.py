"""What every method must do.

Each requirement is a function that raises Broken, saying what was seen, what was expected and how to mend it;
tests/contract runs them over the registry, `sslbench check` over a file of yours.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from sslbench.config import STANDARD, Protocol, Run
from sslbench.data.dataset import Dataset, load_dataset
from sslbench.data.streams import encoding_of
from sslbench.draws import Draw
from sslbench.information.spectrum import collapse_of, embedding_collapse_of
from sslbench.methods.base import DirectClassifier, JointEmbedding, Method, Pretrained, Supervised, TrainingFree
from sslbench.registry import ASSUMPTIONS, THRESHOLDS
from sslbench.runner.plan import why_not
from sslbench.tasks import find_task
from sslbench.training.loop import Trained, pretrain
from sslbench.training.networks import Networks
from sslbench.training.represent import represent, start_of
from sslbench.training.step import TrainStep

TASKS = ("digits", "wine", "breast-cancer-views")  # an image, a table, a pair
OF_MORE_STREAMS = "shared-private-streams"  # for a method that takes none of these
CPU = torch.device("cpu")


class Broken(Exception):
    """A requirement is not met."""


class NotMeant(Exception):
    """A requirement says nothing about this method."""


@dataclass(frozen=True)
class Subject:
    """A method under test, on one task that it applies to."""

    method: Method
    dataset: Dataset

    @property
    def trained(self) -> Pretrained:
        if not isinstance(self.method, Pretrained):
            raise NotMeant("the method is not trained")
        return self.method

    @cached_property
    def hundred_steps(self) -> "ShortTraining":
        """A training of 100 steps, made once for all requirements that look at one."""
        return train(self, steps=100)

    @property
    def joint(self) -> JointEmbedding:
        if not isinstance(self.method, JointEmbedding):
            raise NotMeant("the method has a loss of its own kind")
        return self.method


def subjects(method: Method, tasks: tuple[str, ...] = TASKS) -> list[Subject]:
    """The method on every one of these tasks that it applies to."""
    found = [Subject(method, load_dataset(find_task(t))) for t in tasks_of(method, tasks)]
    return [s for s in found if not why_not(method, s.dataset.task, s.dataset.kinds)]


def tasks_of(method: Method, tasks: tuple[str, ...] = TASKS) -> list[str]:
    """The tasks that the method applies to; one of three streams where it applies to none of them."""
    applies = lambda t: not why_not(method, find_task(t), load_dataset(find_task(t)).kinds)  # noqa: E731
    return [t for t in tasks if applies(t)] or [OF_MORE_STREAMS] * applies(OF_MORE_STREAMS)


@dataclass(frozen=True)
class ShortTraining:
    """A training of a few steps: the networks, their trainable parameters before, how it went, and the train rows."""

    nets: Networks
    before: dict[str, Tensor]
    trained: Trained
    program: TrainStep
    rows: Tensor

    def clean(self, most: int = 512) -> list[Tensor]:
        """Encoded train rows of every stream, (runs, rows, ...)."""
        return [e.encode(e.take(self.rows[:, :most])) for e in self.program.encodings]


def train(
    subject: Subject,
    seeds: tuple[int, ...] = (0,),
    steps: int = 3,
    batch: int = 128,
    protocol: Protocol = STANDARD,
    rate: float | None = None,
) -> ShortTraining:
    """Train for some steps; batch: rows of a batch; rate: peak learning rate, the method's or protocol's if None."""
    method, dataset = subject.trained, subject.dataset
    budget = dataset.task.budget.model_copy(update={"steps": steps, "batch": batch})
    dataset = replace(dataset, task=dataset.task.model_copy(update={"budget": budget}))
    splits = [dataset.split(s % dataset.folds) for s in seeds]
    rows = torch.tensor(np.stack([s.train for s in splits]))
    encodings = [encoding_of(s, rows) for s in dataset.streams]
    classes = {t: int(y.max()) + 1 for t, y in dataset.targets.items()}
    draw = Draw(seeds)
    nets = Networks(method, dataset.task, encodings, classes, draw.of("networks"), protocol)
    nets.begin(method.memory(start_of(method, nets, encodings, rows, dataset, draw.of("memory"))))
    before = {k: v.detach().clone() for k, v in nets.named_parameters() if v.requires_grad}
    labels = {t: torch.as_tensor(y) for t, y in dataset.targets.items()}
    ours = draw.of("pretrain")
    rates = None if rate is None else torch.full((len(seeds),), rate)
    program = TrainStep(method, nets, dataset.task, encodings, rows, labels, ours, protocol, rates)
    val = [torch.tensor(s.val) for s in splits]
    return ShortTraining(nets, before, pretrain(program, rows, val, budget.batch, ours.of("order")), program, rows)


def pair(runs: int, batch: int, dim: int) -> tuple[Tensor, Tensor]:
    """Embeddings of positive pairs that agree in part, in float64."""
    draw = torch.Generator().manual_seed(0)
    base = torch.randn(runs, batch, dim, dtype=torch.double, generator=draw)
    views = (base + 0.5 * torch.randn(runs, batch, dim, dtype=torch.double, generator=draw) for _ in range(2))
    return tuple(views)


def card_is_complete(subject: Subject) -> None:
    """The card and the description say what a reader must know."""
    cls = type(subject.method)
    if not (cls.card.title and cls.card.source):
        raise Broken("the card has no title or no source; say which paper and equation it is, or that it is yours")
    if unknown := set(cls.card.assumes) - {*ASSUMPTIONS, *THRESHOLDS}:
        known = ", ".join([*ASSUMPTIONS, *THRESHOLDS])
        raise Broken(f"the card assumes {', '.join(sorted(unknown))}; assumption cards are {known}")
    doc = cls.__doc__ or ""
    if cls.card.family != "control" and not ("Source:" in doc and "Deviation:" in doc):
        raise Broken("the class's docstring must have a line 'Source: ...' and a line 'Deviation: ...' (or 'none.')")
    if cls.build(cls.build().settings()) != cls.build():
        raise Broken("the settings do not survive a round trip; a constructor may only store its arguments")
    if isinstance(subject.method, Supervised | DirectClassifier) and not cls.card.uses_labels:
        raise Broken("the method sees labels; its card must say uses_labels=True")
    if "ema-teacher" in subject.method.requirements and not hasattr(subject.method, "momentum"):
        raise Broken("a method with an ema-teacher must have a setting `momentum`, such as momentum: float = 0.99")


def loss_is_one_number_per_run(subject: Subject) -> None:
    """The loss of (runs, batch, emb_dim) is finite and (runs,), and no run looks at another."""
    method = subject.joint
    z1, z2 = pair(3, 24, method.emb_dim or 16)
    loss = method.loss(z1, z2)
    if loss.shape != (3,):
        raise Broken(f"loss of 3 runs has shape {tuple(loss.shape)}, expected (3,): average over batch and dimensions")
    if not loss.isfinite().all():
        raise Broken(f"the loss is {loss.tolist()} on ordinary embeddings; look for a logarithm or a division by 0")
    alone = torch.cat([method.loss(a[None], b[None]) for a, b in zip(z1, z2, strict=True)])
    if not torch.allclose(alone, loss, rtol=1e-6):
        raise Broken(f"3 runs together give {loss.tolist()}, alone {alone.tolist()}: a sum runs over the axis of runs")


def order_of_pairs_does_not_matter(subject: Subject) -> None:
    """Shuffling the rows of both views alike leaves the loss as it is."""
    method = subject.joint
    z1, z2 = pair(2, 17, method.emb_dim or 16)
    order = torch.randperm(17, generator=torch.Generator().manual_seed(1))
    one, two = method.loss(z1, z2), method.loss(z1[:, order], z2[:, order])
    if not torch.allclose(one, two, rtol=1e-6):
        raise Broken(f"the loss is {one.tolist()}, and {two.tolist()} after shuffling pairs; rows may not have a place")


def small_and_odd_batches_work(subject: Subject) -> None:
    """Batches of 2 and of 33 rows give a finite loss."""
    for batch in (2, 33):
        trained = train(subject, steps=2, batch=batch).trained
        if trained.diverged_at != [None]:
            raise Broken(f"the loss is not finite with {batch} rows; read the batch size from the tensor")


def every_part_is_trained(subject: Subject) -> None:
    """The gradient reaches every trainable part, and its numbers are finite."""
    short = train(subject)
    if short.trained.diverged_at != [None]:
        raise Broken(f"the loss is nan or infinite at step {short.trained.diverged_at[0]}")
    slope = {k: p.grad for k, p in short.nets.named_parameters() if k in short.before}
    # before a normalisation a bias has no effect, and a critic's bias may cancel
    still = [k for k, g in slope.items() if (g is None or not g.abs().sum() > 0) and k.rpartition(".")[2] == "weight"]
    held = {part for part, _ in subject.trained.recipe.held}
    still = [k for k in still if not held & set(k.split("."))]
    if still:
        raise Broken(f"no gradient reaches {', '.join(still)}; use it in the objective, or take it out of the needs")


def stacked_runs_equal_solo_runs(subject: Subject) -> None:
    """A run gives the same numbers alone and beside others, to the last bit."""
    if isinstance(subject.method, DirectClassifier):
        raise NotMeant("the method has no representation")
    # few steps, whatever the task's budget
    protocol = replace(STANDARD, step_scale=8 / subject.dataset.task.budget.steps)
    other = 1 % subject.dataset.folds
    runs = (Run(0, 0), Run(other, 0), Run(other, 1))
    stacked = represent(subject.method, subject.dataset, runs, protocol, CPU).h
    for place in (2, 0):
        solo = represent(subject.method, subject.dataset, runs[place : place + 1], protocol, CPU).h
        for stream in solo:
            apart = float((solo[stream][0] - stacked[stream][place]).abs().max())
            if apart:
                raise Broken(
                    f"a run alone and beside others differ by up to {apart:.1e} ({stream}): draw random numbers "
                    "from batch.draw only, keep state in nets.memory, and sum over no axis of runs"
                )


def loss_falls(subject: Subject) -> None:
    """The loss falls in 100 steps.

    Below its start, or, where the objective itself moves (a weight that rises, a memory that fills), below where it
    would be untrained; a method whose loss is read against its memory, which is no function that steps descend, must
    fall from its peak.
    """
    trained = subject.hundred_steps.trained
    trace = [value for _, value in trained.trace[0]]
    if trained.diverged_at == [None] and min(trace[-2:]) < trace[0]:
        return
    if trained.diverged_at == [None] and "memory" in subject.method.requirements and trace[-1] < max(trace):
        return
    untrained = [value for _, value in train(subject, steps=100, rate=0.0).trained.trace[0]]
    if trained.diverged_at != [None] or not max(trace[-2:]) < min(untrained[-2:]):
        raise Broken(
            f"the loss went {', '.join(f'{v:.4g}' for v in trace)} in 100 steps, and ends at {untrained[-1]:.4g} at "
            "learning rate 0; does its gradient point the way of its value?"
        )


def nothing_collapses(subject: Subject) -> None:
    """After 100 steps neither the representation nor the embedding, as the loss sees it, is a point or a line."""
    short = subject.hundred_steps
    clean, nets = short.clean(), short.nets
    with torch.no_grad():
        z = nets.embed(clean) if "two views" in subject.method.requirements else []
        nets.eval()
        h = [nets.encode(i, x) for i, x in enumerate(clean)]
    found = {f"representation {i}": collapse_of(x[0]) for i, x in enumerate(h)}
    found |= {f"embedding {i}": embedding_collapse_of(x[0]) for i, x in enumerate(z)}
    for what, why in found.items():
        if why:
            raise Broken(f"the {what} has collapsed: {why}; what in the loss keeps rows apart?")


def half_precision_agrees(subject: Subject) -> None:
    """In bfloat16 the first loss is the float32 one within 5 % of its size (or 0.05)."""
    first = [
        train(subject, steps=1, protocol=replace(STANDARD, precision=p)).trained.trace[0][0][1]
        for p in ("float32", "bfloat16")
    ]
    if abs(first[1] - first[0]) > max(0.05, 0.05 * abs(first[0])):
        raise Broken(f"the first loss is {first[0]:.5g} in float32 and {first[1]:.5g} in bfloat16")


def fits_on_train_rows(subject: Subject) -> None:
    """A representation that is not trained is fitted without an error and is finite."""
    if not isinstance(subject.method, TrainingFree):
        raise NotMeant("the method is trained")
    h = represent(subject.method, subject.dataset, (Run(0, 0), Run(0, 1)), STANDARD, CPU).h
    if not all(x.isfinite().all() for x in h.values()):
        raise Broken("the representation is not finite everywhere")


ONCE: tuple[Callable[[Subject], None], ...] = (
    card_is_complete,
    loss_is_one_number_per_run,
    order_of_pairs_does_not_matter,
)
PER_TASK: tuple[Callable[[Subject], None], ...] = (
    fits_on_train_rows,
    small_and_odd_batches_work,
    every_part_is_trained,
    stacked_runs_equal_solo_runs,
    loss_falls,
    nothing_collapses,
    half_precision_agrees,
)
