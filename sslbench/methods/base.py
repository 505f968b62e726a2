"""What a method is: a card, a few settings, and a loss over tensors. Methods know no task, no data and no device."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, fields
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor

from sslbench.errors import UsageError
from sslbench.methods.settings import PerRun

NEEDS = {
    "two views": "two views of every item",
    "paired streams": "two aligned streams; this task has one",
    "one table": "a single table of source columns; this task has something else",
    "columns": "streams made of table columns; this task has images",
    "predictor": "a predictor head",
    "ema-teacher": "a teacher that is a moving average of the encoder",
    "decoder": "a decoder back to the input",
    "labels": "labels in pretraining (a reference, not a self-supervised method)",
}
FAMILIES = (
    "contrastive",
    "self-distillation",
    "redundancy reduction",
    "entropy",
    "reconstruction",
    "tabular",
    "paired",
    "control",
)


@dataclass(frozen=True)
class Card:
    """What a reader must know before trusting a method's numbers."""

    title: str
    family: str
    source: str  # paper and equation
    assumes: tuple[str, ...] = ()  # assumption cards it relies on
    needs: tuple[str, ...] = ("two views",)
    deviation: str = "none"
    uses_labels: bool = False
    uses_negatives: bool = False

    def __post_init__(self):
        if unknown := set(self.needs) - set(NEEDS):
            raise ValueError(
                f"a card needs {sorted(unknown)}, which the harness does not know; it knows {', '.join(NEEDS)}"
            )
        if self.family not in FAMILIES:
            raise ValueError(f"family {self.family!r} is not one of {', '.join(FAMILIES)}")


@dataclass(frozen=True)
class Batch:
    """What the harness gives to an objective; every tensor has a leading axis of runs."""

    views: tuple[Tensor, Tensor]  # encoded, (runs, batch, ...)
    clean: tuple[Tensor, ...]  # every stream uncorrupted, encoded
    labels: dict[str, Tensor]  # (runs, batch); empty unless the card says uses_labels
    draw: Any  # sslbench.draws.Draw of this step


@dataclass(frozen=True)
class Method:
    """Base of all methods. Constructor arguments are settings; they are only stored."""

    name: ClassVar[str] = ""
    card: ClassVar[Card]

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

    def objective(self, nets, batch: Batch) -> Tensor:
        """The loss of each run, (runs,). `nets` is the harness's Networks: what the card needs is there."""
        raise NotImplementedError

    def scalars(self) -> dict[str, float]:
        """Learnable scalars, one per run, with their initial values; read as nets.scalars[name], (runs,)."""
        return {}

    def own_view(self) -> tuple[str, float] | None:
        """A view generator and its strength, if the method brings its own: view 1 is then clean and view 2
        corrupted.
        """
        return None


class JointEmbedding(Pretrained):
    """A method that compares the embeddings of two views, and knows nothing else."""

    def loss(self, z1: Tensor, z2: Tensor) -> Tensor:
        """Loss of each run, (runs,), from the embeddings of positive pairs, each (runs, batch, emb_dim)."""
        raise NotImplementedError

    def objective(self, nets, batch: Batch) -> Tensor:
        return self.loss(*nets.embed(batch.views))


class SingleRun(JointEmbedding):
    """A method whose author wrote the loss of one run only. It is mapped over the runs by torch.func.vmap, and where
    that cannot follow the code, run by run.
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


class Fixed(Method):
    """A representation that is not trained by gradients."""

    def fit(self, nets, train: tuple[Tensor, ...]) -> Callable[[int, Tensor], Tensor]:
        """From each stream's encoded train rows (runs, rows, ...): a function (stream, inputs) -> (runs, batch,
        rep_dim).
        """
        raise NotImplementedError


class Predictor(Method):
    """A supervised reference that predicts labels directly and has no representation."""

    def predict(self, train: tuple, val: tuple, test: np.ndarray, categories: np.ndarray, seed: int) -> np.ndarray:
        """Class probabilities of the test rows, (rows, classes), from (x, y) of train and val; x: (rows, columns), nan
        for gaps.
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
