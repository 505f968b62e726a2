"""The networks of a pack: what the method's card needs, every layer with a leading axis of runs."""

import copy
import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from sslbench.config import Protocol
from sslbench.data.streams import ColumnEncoding, ImageEncoding
from sslbench.draws import Draw
from sslbench.encoders.conv import StackedConv
from sslbench.encoders.layers import StackedMLP, StackedNorm, StackedPrototypes
from sslbench.methods.base import Method, Pretrained
from sslbench.methods.card import Head
from sslbench.registry import ENCODERS
from sslbench.tasks import Task
from sslbench.training.optimiser import of_entry

FUSED = "fused"  # name of a representation that reads all streams of an item together
CHUNK = 8192  # rows whose batch-norm statistics are taken at once


class _Memory(nn.Module):
    """Tensors that a method carries from step to step, by name."""

    def __getitem__(self, name: str) -> Tensor:
        return self.get_buffer(name)


class Networks(nn.Module):
    """Encoders (one per stream) and heads. A single stream has one tower that serves both views."""

    def __init__(
        self,
        method: Method,
        task: Task,
        encodings: list[ImageEncoding | ColumnEncoding],
        classes: dict[str, int],
        draw: Draw,
        protocol: Protocol,
    ):
        super().__init__()
        shapes, tokens = [e.shape for e in encodings], [int(e.tokens.max()) + 1 for e in encodings]
        encoder, width = ENCODERS.get(task.encoder.name), protocol.projector_dim
        self.half = protocol.precision == "bfloat16"
        self._dense = encoder.dense
        self.encoders = nn.ModuleList(
            encoder(draw.of(f"encoder {i}"), shape, task.encoder.rep_dim, **task.encoder.options)
            for i, shape in enumerate(shapes)
        )
        self.rep_dims: list[int] = [e.rep_dim for e in self.encoders]
        self.draw, self.memory, self._next = draw, _Memory(), {}
        self._followed: list[tuple[str, nn.Parameter, nn.Parameter]] = []  # name, teacher's parameter, student's
        self._heads(method, draw, shapes, tokens, classes, width)
        self._norms = [m for m in self.modules() if isinstance(m, StackedNorm)]
        start = method.scalars() if isinstance(method, Pretrained) else {}
        device = draw.bits((draw.runs, 1)).device
        self.scalars = nn.ParameterDict(
            {k: nn.Parameter(torch.full((draw.runs,), v, device=device)) for k, v in start.items()}
        )

    def _heads(self, method: Method, draw: Draw, shapes: list, tokens: list, classes: dict, width: int) -> None:
        """Build the heads that the card's needs name, and those that the method asks for besides."""
        needs, trained = method.requirements, isinstance(method, Pretrained)
        self.emb_dim = (trained and method.emb_dim) or width
        asked = {
            "projector": ("two views", Head("rep", "emb")),
            "predictor": ("predictor", Head("emb", "emb")),
            "decoder": ("decoder", Head("rep", "input")),
        }
        wanted = {name: head for name, (need, head) in asked.items() if need in needs}
        wanted |= method.heads(classes, len(shapes)) if trained else {}
        sizes = [
            {
                "rep": self.rep_dims[i],
                "emb": self.emb_dim,
                "input": math.prod(shape),
                "tokens": tokens[i],
                "joint": sum(self.rep_dims),
                "streams": len(shapes),
            }
            for i, shape in enumerate(shapes)
        ]

        def build(name: str, head: Head, i: int) -> nn.Module:
            size = lambda v: v if isinstance(v, int) else sum(sizes[i][word] for word in v.split("+"))  # noqa: E731
            inputs, outputs, ours = size(head.inputs), size(head.outputs), draw.of(f"{name} {i}")
            if head.kind == "prototypes":
                return StackedPrototypes(ours, inputs, outputs)
            return StackedMLP(ours, (inputs, *[width] * head.hidden, outputs), head.norm)

        self.heads = nn.ModuleDict(
            {
                name: nn.ModuleList(build(name, head, i) for i in range(1 if head.shared else len(shapes)))
                for name, head in wanted.items()
            }
        )
        self._taught = [n for n, head in wanted.items() if n == "projector" or head.taught]
        if "ema-teacher" in needs:
            self.teachers = copy.deepcopy(self._students()).requires_grad_(False)

    @property
    def streams(self) -> int:
        """How many streams the task has: one tower each."""
        return len(self.encoders)

    def _students(self) -> nn.ModuleDict:
        """What a teacher is a moving average of."""
        return nn.ModuleDict({"encoder": self.encoders} | {n: self.heads[n] for n in self._taught})

    def begin(self, memory: dict[str, Tensor]) -> None:
        """Set the state that the method carries from step to step."""
        for name, value in memory.items():
            self.memory.register_buffer(name, value)

    def remember(self, name: str, value: Tensor) -> None:
        """What `memory[name]` shall be from the next step on."""
        self._next[name] = value.detach()

    def settle(self) -> None:
        """Let what was remembered take its place; called after the backward pass, which may still need the old."""
        for name, value in self._next.items():
            self.memory[name].copy_(value)
        self._next.clear()

    def _run(self, x: Tensor, *parts: nn.Module) -> Tensor:
        """The parts one after another, in the protocol's arithmetic; what comes out is float32."""
        with torch.autocast(x.device.type, torch.bfloat16, enabled=self.half, cache_enabled=False):
            for part in parts:
                x = part(x)
        return x.float()

    def _run_views(self, views: list[Tensor], towers: list[tuple[nn.Module, ...]]) -> list[Tensor]:
        """Each view through its tower.

        Views that share one of matrix products pass it together, their batch norms apart: fewer, larger products.
        """
        if len(towers) > 1 or len(views) == 1 or not self._dense:
            return [self._run(v, *towers[i if len(towers) > 1 else 0]) for i, v in enumerate(views)]
        for norm in self._norms:
            norm.parts = len(views)
        out = self._run(torch.cat(views, 1), *towers[0]).chunk(len(views), 1)
        for norm in self._norms:
            norm.parts = 1
        return list(out)

    def encode(self, stream: int, x: Tensor) -> Tensor:
        """Representation of a stream, (runs, batch, rep_dim)."""
        return self._run(x, self.encoders[stream])

    def encode_copies(self, stream: int, copies: Sequence[Tensor]) -> list[Tensor]:
        """Representation of several copies of a stream, (runs, batch, rep_dim) each."""
        return self._run_views(copies, [(self.encoders[stream],)])

    def embed(self, views: Sequence[Tensor]) -> list[Tensor]:
        """Embedding of every view, (runs, batch, emb_dim) each."""
        return self._run_views(views, list(zip(self.encoders, self.heads["projector"], strict=True)))

    def represent(self, views: Sequence[Tensor]) -> list[Tensor]:
        """Representation of every view, (runs, batch, rep_dim) each: one tower for all, or one per stream."""
        return self._run_views(views, [(e,) for e in self.encoders])

    def project(self, h: Sequence[Tensor]) -> list[Tensor]:
        """Embedding of every view's representation, (runs, batch, emb_dim) each."""
        return self._run_views(h, [(p,) for p in self.heads["projector"]])

    def predict(self, z: Sequence[Tensor]) -> list[Tensor]:
        """Prediction from every view's embedding, (runs, batch, emb_dim) each."""
        return self._run_views(z, [(p,) for p in self.heads["predictor"]])

    def teacher_forward(self, views: Sequence[Tensor]) -> list[Tensor]:
        """The teacher's embedding of every view, (runs, batch, emb_dim) each."""
        return self._run_views(views, list(zip(self.teachers["encoder"], self.teachers["projector"], strict=True)))

    def teacher_encode(self, stream: int, x: Tensor) -> Tensor:
        """The teacher's representation of a stream, (runs, batch, rep_dim)."""
        return self._run(x, self.teachers["encoder"][stream])

    def head(self, name: str, x: Tensor, stream: int = 0, frozen: bool = False, teacher: bool = False) -> Tensor:
        """What a head of the method makes of x. frozen: its parameters get no gradient; teacher: the teacher's copy."""
        found = (self.teachers if teacher else self.heads)[name]
        part = found[stream if len(found) > 1 else 0]
        if not frozen:
            return self._run(x, part)
        held = {k: v.detach() for k, v in part.named_parameters()}
        return self._run(x, lambda a: torch.func.functional_call(part, held, (a,)))

    def decode(self, stream: int, h: Tensor) -> Tensor:
        """The restored flat input of a stream, (runs, batch, inputs)."""
        return self.head("decoder", h, stream)

    @property
    def fuses(self) -> bool:
        """Whether the method's representation of an item is one that reads all its streams together."""
        return "fusion" in self.heads and len(self.encoders) > 1

    def fuse(self, h: Sequence[Tensor], present: Sequence[bool] | None = None) -> Tensor:
        """The fused representation, (runs, batch, joint), of the streams' representations; absent ones are blank."""
        present = [True] * len(h) if present is None else present
        marks = [h[0].new_full((*h[0].shape[:2], 1), float(p)) for p in present]
        return self.head("fusion", torch.cat([x * float(p) for x, p in zip(h, present, strict=True)] + marks, -1))

    @torch.no_grad()
    def ema_update(self, momentum: Tensor) -> None:
        """teacher <- momentum x teacher + (1 - momentum) x student; momentum: (runs,)."""
        if not self._followed:
            students = dict(self._students().named_parameters())
            self._followed = [(name, teacher, students[name]) for name, teacher in self.teachers.named_parameters()]
        if momentum.device.type == "cpu" and len(set(momentum.tolist())) == 1:  # one number for all: a single pass
            _, teachers, students = map(list, zip(*self._followed, strict=True))
            return torch._foreach_lerp_(teachers, students, 1 - momentum[0].item())
        for name, teacher, student in self._followed:
            teacher.lerp_(student, 1 - of_entry(name, momentum, teacher.ndim))

    @torch.no_grad()
    def calibrate(self, train: tuple[Tensor, ...]) -> None:
        """Set every encoder's batch-norm statistics to those of the train rows, (runs, rows, ...) per stream.

        Many rows go in equal chunks, whose statistics are averaged.
        """
        kinds = (StackedNorm, StackedConv, nn.BatchNorm2d)
        was, norms = self.training, [m for m in self.encoders.modules() if isinstance(m, kinds)]
        before = [m.momentum for m in norms]
        self.train()
        for encoder, rows in zip(self.encoders, train, strict=True):
            for i, chunk in enumerate(rows.chunk(-(-rows.shape[1] // CHUNK), 1)):
                for norm in norms:
                    norm.momentum = 1 / (i + 1)
                encoder(chunk)
        for norm, momentum in zip(norms, before, strict=True):
            norm.momentum = momentum
        self.train(was)
