"""What a method is: a card, a few settings, and a loss over tensors. Methods know no task, no data and no device."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, fields, replace
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from sslbench.errors import UsageError
from sslbench.methods.card import Card, Head, OptimizerConfig, deviation_of
from sslbench.methods.nets import Batch, Nets, Start
from sslbench.methods.pairing import over_pairs
from sslbench.methods.settings import PerRun


@dataclass(frozen=True)
class Method:
    """Base of all methods. Constructor arguments are settings; they are only stored."""

    name: ClassVar[str] = ""
    version: ClassVar[int] = 1  # raised when its numbers change; runs of the old one are made again
    origin: ClassVar[str] = ""  # file.py:Class of a method that is not installed
    card: ClassVar[Card]

    def __init_subclass__(cls, **more):
        """Let the card say the deviation that the docstring says, so that it is written once."""
        super().__init_subclass__(**more)
        if isinstance(card := cls.__dict__.get("card"), Card):
            cls.card = replace(card, deviation=deviation_of(cls.__doc__))

    @property
    def requirements(self) -> tuple[str, ...]:
        """What the training must supply; the card's, unless a setting changes it."""
        return self.card.requirements

    def settings(self) -> dict:
        """The settings as JSON types."""
        return asdict(self)

    @classmethod
    def build(cls, settings: dict | None = None) -> "Method":
        """The method with these settings; raises UsageError for one that it does not have."""
        known = [f.name for f in fields(cls)]
        if unknown := set(settings or {}) - set(known):
            raise UsageError(
                f"method {cls.name!r} has no setting {', '.join(sorted(unknown))}; it has {', '.join(known) or 'none'}"
            )
        return cls(**(settings or {}))


class Pretrained(Method):
    """A method that trains encoders by an objective."""

    emb_dim = 0  # width of an embedding; 0 means the protocol's

    @property
    def recipe(self) -> OptimizerConfig:
        """How the method is optimised; the card's, unless a setting changes it."""
        return self.card.recipe

    @property
    def ema_schedule(self) -> str:
        """How the teacher's momentum goes on from `momentum`; the card's, unless a setting changes it."""
        return self.card.ema_schedule

    def objective(self, nets: Nets, batch: Batch) -> Tensor:
        """The loss of each run, (runs,), from the networks that the card asks for and a step's items."""
        raise NotImplementedError

    def scalars(self) -> dict[str, float]:
        """Learnable scalars, one per run, with their initial values; read as nets.scalars[name], (runs,)."""
        return {}

    def heads(self, classes: dict[str, int], streams: int) -> dict[str, Head]:
        """Further heads by name, called as nets.head(name, x, stream).

        classes: target -> number of classes; streams: how many the task has.
        """
        return {}

    def memory(self, start: Start) -> dict[str, Tensor]:
        """State at the first step, each (runs, ...), read as nets.memory[name].

        nets.remember(name, value) sets what the next step finds.
        """
        return {}

    def after_step(self, nets: Nets, batch: Batch) -> None:
        """What is done after the optimiser's step and the teacher's, without gradient. Nothing by default.

        Tensors only, as on a GPU the step is captured: no Python number of a tensor, no branch on a value.
        """

    def own_view(self) -> tuple[str, float] | None:
        """A view generator and its strength, if the method brings its own.

        View 1 is then clean and view 2 corrupted.
        """
        return None


class JointEmbedding(Pretrained):
    """A method that compares embeddings of views, and knows nothing else.

    Its loss is that of two views; more of them, or of streams, are compared pair by pair. Only a method that requires
    "more views" has a loss of all at once.
    """

    def loss(self, z1: Tensor, z2: Tensor) -> Tensor:
        """Loss of each run, (runs,), from the embeddings of positive pairs, each (runs, batch, emb_dim)."""
        raise NotImplementedError

    def objective(self, nets: Nets, batch: Batch) -> Tensor:
        z = nets.embed(batch.views)
        return self.loss(*z) if "more views" in self.requirements else over_pairs(self.loss, z)


class SingleRun(JointEmbedding):
    """A method whose author wrote the loss of one run only.

    It is mapped over the runs by torch.func.vmap, and where that cannot follow the code, run by run.
    """

    def loss_of_run(self, z1: Tensor, z2: Tensor) -> Tensor:
        """The loss, a scalar, from the embeddings of positive pairs, each (batch, emb_dim)."""
        raise NotImplementedError

    def loss(self, z1: Tensor, z2: Tensor) -> Tensor:
        check_pair(z1, z2)
        for f in fields(self):
            if isinstance(getattr(self, f.name), PerRun):
                raise TypeError(f"setting {f.name} differs between runs, which a loss of one run cannot take")
        if len(z1) > 1:
            try:
                return torch.func.vmap(self.loss_of_run)(z1, z2)
            except RuntimeError:  # control flow on values, in-place writes: what vmap cannot follow
                pass
        return torch.stack([self.loss_of_run(a, b) for a, b in zip(z1, z2, strict=True)])


class Supervised(Pretrained):
    """A reference that sees labels: it is trained, and stopped on val, by the cross-entropy of its logits."""

    def logits(self, nets: Nets, inputs: Sequence[Tensor]) -> dict[str, list[Tensor]]:
        """Logits (runs, batch, classes) of every target from each stream's encoded inputs.

        A target has several if streams are read apart.
        """
        raise NotImplementedError

    def class_heads(self, classes: dict[str, int], inputs: str, shared: bool) -> dict[str, Head]:
        """A linear head for the classes of every target; shared by the streams, or one each."""
        return {f"class of {t}": Head(inputs, n, hidden=0, shared=shared) for t, n in classes.items()}

    def read_classes(self, nets: Nets, codes: Sequence[Tensor]) -> dict[str, list[Tensor]]:
        """What the heads of `class_heads` make of each code, by target."""
        names = [n for n in nets.heads if n.startswith("class of ")]
        return {n.removeprefix("class of "): [nets.head(n, z, i) for i, z in enumerate(codes)] for n in names}

    def loss(self, logits: Tensor, labels: Tensor) -> Tensor:
        """Cross-entropy of each run, (runs,); logits (runs, batch, classes), labels (runs, batch)."""
        return cross_entropy(logits.mT, labels, reduction="none").mean(-1)

    def objective(self, nets: Nets, batch: Batch) -> Tensor:
        return sum(self.loss(p, batch.labels[t]) for t, found in self.logits(nets, batch.clean).items() for p in found)


class TrainingFree(Method):
    """A representation that is not trained by gradients."""

    def fit(self, nets: Nets, train: tuple[Tensor, ...]) -> Callable[[int, Tensor], Tensor]:
        """A function (stream, inputs) -> (runs, batch, rep_dim), from each stream's train rows (runs, rows, ...)."""
        raise NotImplementedError


class DirectClassifier(Method):
    """A supervised reference that predicts labels directly and has no representation."""

    def predict(self, train: tuple, val: tuple, test: np.ndarray, categories: np.ndarray, seed: int) -> np.ndarray:
        """Class probabilities of the test rows, (rows, classes), from (x, y) of train and val.

        x: (rows, columns), nan for gaps.
        """
        raise NotImplementedError


def check_pair(z1: Tensor, z2: Tensor, least: int = 2) -> None:
    """Raise ValueError unless z1 and z2 are (runs, batch, emb_dim) of one shape, with at least `least` rows."""
    if z1.shape != z2.shape or z1.ndim != 3:
        raise ValueError(
            f"z1 and z2 must have the same shape (runs, batch, emb_dim), got {tuple(z1.shape)} and {tuple(z2.shape)}; "
            "do both views use one projector width?"
        )
    if z1.shape[1] < least:
        raise ValueError(f"the loss compares rows: it needs a batch of at least {least}, got {z1.shape[1]}")
