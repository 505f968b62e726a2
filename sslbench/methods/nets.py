"""What a method is handed: the networks that its card asks for, a step's batch, and what there is at the start."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from torch import Tensor


class Named(Protocol):
    """Tensors by name."""

    def __getitem__(self, name: str) -> Tensor: ...


class Nets(Protocol):
    """The networks of the runs that train side by side: every tensor in and out has a leading axis of runs.

    A single stream has one tower, which serves every view; several streams have one tower each, and are the views.
    What the card's requirements or `heads` did not ask for is not there.
    """

    @property
    def streams(self) -> int:
        """How many streams the task has: one tower each."""
        ...

    @property
    def rep_dims(self) -> Sequence[int]:
        """Width of every stream's representation."""
        ...

    @property
    def emb_dim(self) -> int:
        """Width of an embedding."""
        ...

    @property
    def draw(self) -> Any:
        """sslbench.draws.Draw of the networks, for a representation that is drawn and not trained."""
        ...

    @property
    def heads(self) -> Mapping[str, Any]:
        """The heads that there are, by name."""
        ...

    @property
    def scalars(self) -> Named:
        """Learnable scalars by name, each (runs,)."""
        ...

    @property
    def memory(self) -> Named:
        """What the method carries from step to step, by name, each (runs, ...)."""
        ...

    def remember(self, name: str, value: Tensor) -> None:
        """What `memory[name]` shall be from the next step on; from after_step: at once after it."""
        ...

    def encode(self, stream: int, x: Tensor) -> Tensor:
        """Representation of a stream, (runs, batch, rep_dim)."""
        ...

    def encode_copies(self, stream: int, copies: Sequence[Tensor]) -> list[Tensor]:
        """Representation of several copies of a stream, (runs, batch, rep_dim) each."""
        ...

    def represent(self, views: Sequence[Tensor]) -> list[Tensor]:
        """Representation of every view, (runs, batch, rep_dim) each."""
        ...

    def project(self, h: Sequence[Tensor]) -> list[Tensor]:
        """Embedding of every view's representation, (runs, batch, emb_dim) each."""
        ...

    def embed(self, views: Sequence[Tensor]) -> list[Tensor]:
        """Embedding of every view, (runs, batch, emb_dim) each: represent, then project."""
        ...

    def predict(self, z: Sequence[Tensor]) -> list[Tensor]:
        """Prediction from every view's embedding, (runs, batch, emb_dim) each; needs "predictor"."""
        ...

    def teacher_forward(self, views: Sequence[Tensor]) -> list[Tensor]:
        """The teacher's embedding of every view, (runs, batch, emb_dim) each; needs "ema-teacher"."""
        ...

    def teacher_encode(self, stream: int, x: Tensor) -> Tensor:
        """The teacher's representation of a stream, (runs, batch, rep_dim); needs "ema-teacher"."""
        ...

    def head(self, name: str, x: Tensor, stream: int = 0, frozen: bool = False, teacher: bool = False) -> Tensor:
        """What a head of the method makes of x. frozen: its parameters get no gradient; teacher: the teacher's copy."""
        ...

    def decode(self, stream: int, h: Tensor) -> Tensor:
        """The restored flat input of a stream, (runs, batch, inputs); needs "decoder"."""
        ...

    @property
    def fuses(self) -> bool:
        """Whether the representation of an item is one that reads all its streams together."""
        ...

    def fuse(self, h: Sequence[Tensor], present: Sequence[bool] | None = None) -> Tensor:
        """The fused representation, (runs, batch, joint), of the streams' representations; absent ones are blank."""
        ...

    def calibrate(self, train: tuple[Tensor, ...]) -> None:
        """Set every encoder's batch-norm statistics to those of the train rows, (runs, rows, ...) per stream."""
        ...


@dataclass(frozen=True)
class Batch:
    """What an objective sees of a step's items; every tensor has a leading axis of runs."""

    views: tuple[Tensor, ...]  # encoded, (runs, batch, ...); the streams themselves where there are several
    clean: tuple[Tensor, ...]  # every stream uncorrupted, encoded
    rows: Tensor  # (runs, batch), numbers of the items, 0 .. Start.items - 1: an item has the same at every step
    labels: dict[str, Tensor]  # (runs, batch); empty unless the card says uses_labels
    draw: Any  # sslbench.draws.Draw of this step
    tokens: tuple[Tensor, ...] = ()  # per stream, (inputs,): which source column or patch each flat input belongs to
    copies: tuple[tuple[Tensor, Tensor], ...] = ()  # per stream two jittered copies, if the card needs them
    progress: Any = 0.0  # share of the training that is done, in [0, 1)


@dataclass(frozen=True)
class Start:
    """What a method may use to lay out its memory before the first step."""

    draw: Any  # sslbench.draws.Draw of the runs
    emb_dim: int  # width of an embedding
    batch: int  # rows of a batch
    items: int  # numbers that Batch.rows can hold: a memory per item is (runs, items, ...)
    views: int  # views of every item in a batch
    rows: Callable[[int], Tensor]  # a stream's encoded train rows, at most 4096: (runs, rows, ...)
