"""The networks of a pack: what the method's card needs, built for the task's streams, every layer with a leading axis
of runs.
"""

import copy
import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from sslbench.config import Protocol
from sslbench.draws import Draw
from sslbench.encoders.conv import StackedConv
from sslbench.encoders.layers import StackedLinear, StackedMLP, StackedNorm
from sslbench.harness.optimiser import of_entry
from sslbench.methods.base import Method, Pretrained
from sslbench.registry import ENCODERS
from sslbench.tasks import Task

CHUNK = 8192  # rows whose batch-norm statistics are taken at once


class Networks(nn.Module):
    """Encoders (one per stream) and heads. A single stream has one tower that serves both views."""

    def __init__(
        self,
        method: Method,
        task: Task,
        shapes: list[tuple[int, ...]],
        classes: dict[str, int],
        draw: Draw,
        protocol: Protocol,
    ):
        super().__init__()
        encoder, width = ENCODERS.get(task.encoder.name), protocol.projector_dim
        self.half = protocol.precision == "bfloat16"
        self._dense = encoder.dense
        self.encoders = nn.ModuleList(
            encoder(draw.of(f"encoder {i}"), shape, task.encoder.rep_dim, **task.encoder.options)
            for i, shape in enumerate(shapes)
        )
        self.rep_dims = [e.rep_dim for e in self.encoders]
        needs = method.card.needs
        heads = range(len(shapes))
        mlp = lambda name, i, inputs, outputs: StackedMLP(draw.of(f"{name} {i}"), (inputs, width, outputs))  # noqa: E731
        if "two views" in needs:
            self.projectors = nn.ModuleList(mlp("projector", i, self.rep_dims[i], width) for i in heads)
        if "predictor" in needs:
            self.predictors = nn.ModuleList(mlp("predictor", i, width, width) for i in heads)
        if "decoder" in needs:
            self.decoders = nn.ModuleList(mlp("decoder", i, self.rep_dims[i], math.prod(shapes[i])) for i in heads)
        if "labels" in needs and isinstance(method, Pretrained):
            self.classifiers = nn.ModuleDict(
                {t: StackedLinear(draw.of(f"head {t}"), sum(self.rep_dims), c) for t, c in classes.items()}
            )
        if "ema-teacher" in needs:
            self.teachers = copy.deepcopy(nn.ModuleList([self.encoders, self.projectors])).requires_grad_(False)
        self._norms = [m for m in self.modules() if isinstance(m, StackedNorm)]
        start = method.scalars() if isinstance(method, Pretrained) else {}
        device = draw.bits((draw.runs, 1)).device
        self.scalars = nn.ParameterDict(
            {k: nn.Parameter(torch.full((draw.runs,), v, device=device)) for k, v in start.items()}
        )

    def _run(self, x: Tensor, *parts: nn.Module) -> Tensor:
        """The parts one after another, in the protocol's arithmetic; what comes out is float32, for losses and
        probes.
        """
        with torch.autocast(x.device.type, torch.bfloat16, enabled=self.half, cache_enabled=False):
            for part in parts:
                x = part(x)
        return x.float()

    def _run_views(self, views: list[Tensor], towers: list[tuple[nn.Module, ...]]) -> list[Tensor]:
        """Each view through its tower. Views that share one of matrix products go through it in one pass, their
        batch norms apart: fewer, larger products.
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

    def embed(self, views: Sequence[Tensor]) -> list[Tensor]:
        """Embedding of every view, (runs, batch, emb_dim) each."""
        return self._run_views(views, list(zip(self.encoders, self.projectors, strict=True)))

    def predict(self, z: Sequence[Tensor]) -> list[Tensor]:
        """Prediction from every view's embedding, (runs, batch, emb_dim) each."""
        return self._run_views(z, [(p,) for p in self.predictors])

    def teach(self, views: Sequence[Tensor]) -> list[Tensor]:
        """The teacher's embedding of every view, (runs, batch, emb_dim) each."""
        return self._run_views(views, list(zip(*self.teachers, strict=True)))

    def decode(self, stream: int, h: Tensor) -> Tensor:
        """The restored flat input of a stream, (runs, batch, inputs)."""
        return self._run(h, self.decoders[stream])

    def classify(self, target: str, h: Tensor) -> Tensor:
        """Logits of a target, (runs, batch, classes)."""
        return self._run(h, self.classifiers[target])

    @torch.no_grad()
    def move_teacher(self, momentum: Tensor) -> None:
        """teacher <- momentum x teacher + (1 - momentum) x student; momentum: (runs,)."""
        students = dict(nn.ModuleList([self.encoders, self.projectors]).named_parameters())
        for name, teacher in self.teachers.named_parameters():
            teacher.lerp_(students[name], 1 - of_entry(name, momentum, teacher.ndim))

    @torch.no_grad()
    def calibrate(self, train: tuple[Tensor, ...]) -> None:
        """Set every encoder's batch-norm statistics to those of the train rows, (runs, rows, ...) per stream; nothing
        else changes. Many rows go in equal chunks, whose statistics are averaged.
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
