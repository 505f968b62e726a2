"""What a probe is: a card, and one method that reads a frozen representation. docs/probes.md adds one in a file."""

import typing
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

import numpy as np
import torch
from torch import Tensor

from sslbench.config import Protocol
from sslbench.draws import Draw
from sslbench.errors import UsageError
from sslbench.probes.metrics import Measured, class_prior
from sslbench.probes.predictions import Predicted, Truth
from sslbench.registry import PROBES

READOUTS = {
    "joint": "all streams of an item together",
    "stream": "each stream alone, where there are several",
    "pair": "each pair of streams, both ways",
}
NEEDS = {
    "representation": "the representation only",
    "columns": "a table of source columns; this task has images",
    "encoder": "the trained encoder; only its representation was given",
}
LABELS = {
    "none": "no labels",
    "head": "labels fit the probe; the representation stays as it is",
    "encoder": "labels change the encoder: what is scored is no longer the frozen representation",
}


@dataclass(frozen=True)
class ProbeCard:
    """What a reader must know of a probe. `outputs`: kind of readout -> the metrics it gives there, in this order."""

    title: str
    reads: str  # what is made of the representation: class probabilities, classes, ranks, ...
    outputs: dict[str, tuple[str, ...]]
    labels: str = "head"
    needs: str = "representation"
    streams: tuple[int, int | None] = (1, None)  # least and most streams of a task; None is any number
    budgets: bool = False  # whether its joint readout is also taken under the protocol's label budgets
    source: str = ""

    def __post_init__(self):
        for given, known in ((self.outputs, READOUTS), ((self.labels,), LABELS), ((self.needs,), NEEDS)):
            if unknown := [word for word in given if word not in known]:
                raise UsageError(f"the card of probe {self.title!r} says {unknown}; expected some of {list(known)}")

    def as_dict(self) -> dict:
        """The card in words, as JSON types; what is empty is left out."""
        words = {
            "title": self.title,
            "reads": self.reads,
            "gives": {f"{kind} ({READOUTS[kind]})": list(metrics) for kind, metrics in self.outputs.items()},
            "labels": LABELS[self.labels],
            "label budgets": "all, and those of the protocol" if self.budgets else "",
            "needs": NEEDS[self.needs].partition(";")[0],
            "streams": self.streams_in_words(),
            "source": self.source,
        }
        return {k: v for k, v in words.items() if v}

    def streams_in_words(self) -> str:
        """How many streams a task must have, as in "2 or more"."""
        least, most = self.streams
        return f"{least} or more" if most is None else f"{least}" if least == most else f"{least} to {most}"


class Parts(NamedTuple):
    """Something of the train, val and test rows: representations (rows, dim), labels (rows,) or indices (rows,)."""

    train: Any
    val: Any
    test: Any


class Encoder(typing.Protocol):
    """A trained encoder that a probe may train further. Its own parameters never change."""

    def parameters(self) -> dict[str, Tensor]:
        """A copy of the trained parameters by name."""
        ...

    def represent(self, parameters: dict[str, Tensor], rows: np.ndarray) -> list[Tensor]:
        """What the encoder makes of these rows of the data with these parameters, with gradients.

        (rows, rep_dim) of each stream, or of all streams together where the method fuses them.
        """
        ...


@dataclass(frozen=True)
class Frozen:
    """One readout of one run's frozen representation, and all that a probe may look at. Only the test part scores."""

    readout: str  # kind: joint, stream or pair
    features: tuple[Parts, ...]  # (rows, dim) tensors; of one readout, or of both streams of a pair
    protocol: Protocol
    draw: Draw  # random numbers of this target and readout, one run
    rows: Parts  # indices into the dataset
    labels: Parts | None = None  # integers 0 .. classes-1 in NumPy; None where the probe uses no labels
    truth: Truth | None = None  # what predictions are scored by; None where the probe uses no labels
    columns: Parts | None = None  # the encoded source columns, (rows, columns) tensors, where all streams are tables
    encoder: Encoder | None = None
    groups: Parts | None = None  # (rows,) integers where the rows of a group belong together

    @property
    def classes(self) -> int:
        """How many classes the target has, shown or not."""
        return len(self.truth.prior)

    @property
    def known(self) -> tuple[Tensor, np.ndarray, np.ndarray | None]:
        """The train and val rows together: features (rows, dim), labels (rows,), and groups (rows,) if there are any.

        A probe chooses its settings inside them and is then fitted on all of them.
        """
        both = lambda parts: np.concatenate(parts[:2])  # noqa: E731
        groups = None if self.groups is None else both(self.groups)
        return torch.cat(self.features[0][:2]), both(self.labels), groups

    @property
    def prior(self) -> np.ndarray:
        """The class shares of the labels that are shown, (classes,)."""
        return class_prior(np.concatenate(self.labels[:2]), self.classes)

    def probabilities(self, log_p: np.ndarray) -> Predicted:
        """The prediction of natural log-probabilities of the test rows, (rows, classes): mixed with the prior."""
        return Predicted.probabilities(log_p, self.prior, self.protocol.prior_share)


@dataclass(frozen=True)
class Probe(ABC):
    """Reads a frozen representation. A subclass states its card and `read`, and is registered under its name."""

    card: ClassVar[ProbeCard]
    name: ClassVar[str]

    @abstractmethod
    def read(self, frozen: Frozen) -> list[Predicted]:
        """What it says of the test rows: one prediction; of a pair both ways, or only from first to second."""

    def predicted(self, frozen: Frozen) -> list[Predicted]:
        """What `read` gives; raises UsageError where that is not one prediction each way."""
        found = self.read(frozen)
        ways = [p.reverse for p in found if isinstance(p, Predicted)]
        if len(ways) < len(found) or ways not in ([False], [False, True][: 1 + (frozen.readout == "pair")]):
            raise UsageError(
                f"probe {self.name!r} gave {len(found)} predictions of a {frozen.readout} readout; expected one "
                f"Predicted{', or two, the second in reverse' if frozen.readout == 'pair' else ''}"
            )
        return found

    def measured(self, frozen: Frozen) -> list[Measured]:
        """The metrics that the card declares for this kind of readout, of what `read` gives."""
        return [m for p in self.predicted(frozen) for m in self.scores(p, frozen.readout, frozen.truth)]

    def scores(self, predicted: Predicted, readout: str, truth: Truth | None) -> list[Measured]:
        """The metrics that the card declares; raises UsageError if they do not follow from the prediction."""
        try:
            return predicted.measured(self.card.outputs[readout], truth)
        except UsageError as error:
            declared = list(self.card.outputs[readout])
            raise UsageError(f"probe {self.name!r} declares {declared} of a {readout} readout, but {error}") from None

    def not_applicable(self, streams: int, columns: bool, encoder: bool) -> str:
        """Why the probe cannot read a task of so many streams, with what is at hand; "" if it can."""
        least, most = self.card.streams
        if streams < least or (most is not None and streams > most):
            return f"{self.name} takes {self.card.streams_in_words()} streams; this task has {streams}"
        at_hand = {"representation": True, "columns": columns, "encoder": encoder}
        return "" if at_hand[self.card.needs] else f"{self.name} needs {NEEDS[self.card.needs]}"


def probe_named(name: str) -> Probe:
    """The probe called `name`; raises UsageError where what is registered is no probe with a card."""
    entry = PROBES.get(name)
    if not (isinstance(entry, type) and issubclass(entry, Probe)):
        raise UsageError(f"probe {name!r} is {entry!r}; expected a subclass of sslbench.probes.base.Probe")
    if not isinstance(getattr(entry, "card", None), ProbeCard):
        raise UsageError(f"probe {name!r} has no card; give its class `card = ProbeCard(...)`")
    return entry()
