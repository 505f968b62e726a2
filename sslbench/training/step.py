"""The training step of a pack's runs, as tensors in and tensors out: view, encode, loss, backward, optimiser, teacher.

On CUDA the whole step is captured in one graph after a few warm-up steps, and replayed for every further step and for
every further run of the same shapes. On CPU the same function is simply called.
"""

import copy
import math
import time

import torch
from torch import Tensor

from sslbench.config import Protocol
from sslbench.data.streams import ColumnEncoding, ImageEncoding
from sslbench.draws import Draw
from sslbench.methods.base import Batch, Pretrained
from sslbench.methods.settings import PerRun
from sslbench.registry import VIEWS
from sslbench.tasks import Task
from sslbench.training.networks import Networks
from sslbench.training.optimiser import StackedOptimiser
from sslbench.views.base import View
from sslbench.views.streams import jitter

WARM_STEPS = 3  # eager steps before a capture: they settle allocators and algorithm choices


def task_view(task: Task) -> View:
    """The view generator of a task card."""
    return VIEWS.get(task.views.generator).build(task.views.strength, task.views.options)


def schedule(steps: int, warmup: float) -> Tensor:
    """Factors of the peak learning rate, (steps,): linear warm-up, then cosine to 0.

    Source: Loshchilov & Hutter 2017, arXiv:1608.03983, Eq. 5, without restarts.
    """
    warm = max(1, round(warmup * steps))
    rise = [(s + 1) / warm for s in range(min(warm, steps))]
    return torch.tensor(rise + [(1 + math.cos(math.pi * s / max(1, steps - warm))) / 2 for s in range(steps - warm)])


def distance_of(ema_schedule: str, progress: Tensor) -> Tensor:
    """How far the teacher's momentum is from 1 at each step, as a share of its first distance; progress: (steps,)."""
    return torch.ones_like(progress) if ema_schedule == "constant" else (1 + torch.cos(math.pi * progress)) / 2


def steps_of(task: Task, protocol: Protocol) -> int:
    """Optimiser steps of a run."""
    return max(1, round(task.budget.steps * protocol.step_scale))


def peak_rate(method: Pretrained, protocol: Protocol, task: Task | None = None) -> float:
    """The peak learning rate: the one of the method's recipe, or else the task card's, or else the protocol's."""
    found = (method.recipe.rate, task and task.budget.rate, protocol.learning_rate)
    return next(rate for rate in found if rate is not None)


class TrainStep:
    """Everything that a step touches, each tensor at a fixed place."""

    def __init__(
        self,
        method: Pretrained,
        nets: Networks,
        task: Task,
        encodings: list[ImageEncoding | ColumnEncoding],
        train: Tensor,
        labels: dict[str, Tensor],
        draw: Draw,
        protocol: Protocol,
        rates: Tensor | None = None,
    ):
        """train: (runs, rows) indices; labels: target -> (n,) classes; rates: (runs,), the recipe's peak if None."""
        self.method, self.nets, self.encodings, self.draw = method, nets, encodings, draw
        self.labels = labels if method.card.uses_labels else {}
        device, steps = train.device, steps_of(task, protocol)
        rates = torch.full((draw.runs,), peak_rate(method, protocol, task)) if rates is None else rates
        graph = device.type == "cuda"
        own = method.own_view()
        self._one_sided = own is not None
        self._view = task_view(task) if own is None else VIEWS.get(own[0]).build(own[1], {})
        self._needs = method.requirements
        self._wants_views = bool({"two views", "corrupted view"} & set(self._needs))
        # images draw nothing from the pool
        self._pools = [e.take(train) if e.stream.columns else train.clone() for e in encodings]
        self._trained = [p for p in nets.parameters() if p.requires_grad]
        self.optimiser = StackedOptimiser(nets, method.recipe, protocol.weight_decay)
        self._rates, self._schedule = rates.to(device, copy=True), schedule(steps, protocol.warmup).to(device)
        self._progress = torch.arange(steps, device=device) / steps
        self._distance = distance_of(method.ema_schedule, self._progress)
        self.clock = torch.zeros((), dtype=torch.int32, device=device)
        self.losses = torch.zeros(steps, draw.runs, device=device)
        self.seconds = dict.fromkeys(("views", "forward", "backward", "optimiser"), 0.0)
        self._wants_graph, self._graph, self._static = graph, None, None
        self.graph_error = ""

    def restart(
        self, nets: Networks, encodings: list[ImageEncoding | ColumnEncoding], train: Tensor, draw: Draw
    ) -> None:
        """Begin again for other runs of the same shapes, at the same places in memory: a captured graph stays good."""
        self.nets.load_state_dict(nets.state_dict())
        self.draw.become(draw)
        for mine, new in zip(self.encodings, encodings, strict=True):
            mine.mean.copy_(new.mean)
            mine.sd.copy_(new.sd)
        for pool, e in zip(self._pools, encodings, strict=True):
            pool.copy_(e.take(train) if e.stream.columns else train)
        self.optimiser.reset()
        self.losses.zero_()
        self.clock.zero_()

    def state(self) -> dict[str, Tensor]:
        """Every tensor that changes while training, at its place: what a checkpoint holds."""
        out = {f"nets.{k}": v for k, v in self.nets.state_dict().items()}
        out |= {f"optimiser.{k}": v for k, v in self.optimiser.state().items()}
        return out | {"clock": self.clock, "losses": self.losses}

    def step(self, rows: Tensor, values: list[Tensor]) -> None:
        """One step of all runs; rows: (runs, batch) indices, values: the stored values of these rows, per stream."""
        if not self._wants_graph:
            return self._step(rows, values)
        if self._static is None:
            self._static = rows.clone(), [v.clone() for v in values]
            self._warm = 0
        for place, new in zip((self._static[0], *self._static[1]), (rows, *values), strict=True):
            place.copy_(new)
        if self._graph is not None:
            return self._graph.replay()
        if self._warm < WARM_STEPS:
            self._warm += 1
            aside = torch.cuda.Stream()
            aside.wait_stream(torch.cuda.current_stream())
            with torch.cuda.stream(aside):
                self._step(*self._static)
            return torch.cuda.current_stream().wait_stream(aside)
        self._capture()

    def _capture(self) -> None:
        """Capture the step, then run it once. One that cannot be captured goes on eagerly, and the record says so."""
        graph = torch.cuda.CUDAGraph()
        self._clear_gradients()
        try:
            with torch.cuda.graph(graph):
                self._step(*self._static)
        except RuntimeError as error:
            torch.cuda.synchronize()
            self._wants_graph, self.graph_error = False, str(error).splitlines()[0][:120]
            return self._step(*self._static)
        self._graph = graph
        graph.replay()

    def _clear_gradients(self) -> None:
        """Drop the gradients, so that the next backward makes its own."""
        for p in self._trained:
            p.grad = None

    def _step(self, rows: Tensor, values: list[Tensor]) -> None:
        began = time.perf_counter()
        # on a CPU the step as a number: its keys then cost no tensor operation
        here = self.draw.at(self.clock if self._wants_graph else int(self.clock))
        raw = [e.open(v) for e, v in zip(self.encodings, values, strict=True)]
        views = self._views(raw, here) if self._wants_views else ()
        clean = () if self._wants_views else tuple(e.encode(x) for e, x in zip(self.encodings, raw, strict=True))
        now = self.clock.long()
        batch = Batch(
            views,
            clean,
            rows,
            {t: y[rows] for t, y in self.labels.items()},
            here.of("objective"),
            tuple(e.tokens for e in self.encodings),
            self._copies(views or clean, here.of("copies")),
            self._progress[now],
        )
        began = self._lap("views", began)
        loss = self.method.objective(self.nets, batch)
        began = self._lap("forward", began)
        self._clear_gradients()
        loss.sum().backward()
        began = self._lap("backward", began)
        self.nets.settle()
        self.optimiser.step(self._rates, self._schedule[now], self._progress[now])
        if "ema-teacher" in self._needs:
            momentum = self.method.momentum
            start = momentum.values if isinstance(momentum, PerRun) else torch.full_like(self._rates, momentum)
            self.nets.ema_update(1 - (1 - start) * self._distance[now])
        with torch.no_grad():
            self.method.after_step(self.nets, batch)
        self.nets.settle()
        self.losses.index_copy_(0, now[None], loss.detach()[None].to(self.losses.dtype))
        self.clock += 1
        self._lap("optimiser", began)

    def _lap(self, phase: str, began: float) -> float:
        now = time.perf_counter()
        self.seconds[phase] += now - began
        return now

    def _copies(self, streams: tuple[Tensor, ...], draw: Draw) -> tuple[tuple[Tensor, Tensor], ...]:
        """Two jittered copies of each stream, if the method asks for them."""
        if "views of each stream" not in self._needs:
            return ()
        return tuple(
            (jitter(x, draw.of(f"first {i}")), jitter(x, draw.of(f"second {i}"))) for i, x in enumerate(streams)
        )

    def _views(self, raw: list[Tensor], draw: Draw) -> tuple[Tensor, ...]:
        """Every item's views, encoded: the streams themselves where there are several, else corruptions of the one."""
        if len(raw) > 1:
            return tuple(e.encode(x) for e, x in zip(self.encodings, raw, strict=True))
        (encoding,), (x,), (pool,) = self.encodings, raw, self._pools
        if self._one_sided:
            first, second = x, self._view(x, draw.of("view 2"), pool)
        else:
            first, second = self._view.pair(x, draw, pool)
        more = (self._view.further(x, draw.of(f"view {i}"), pool) for i in range(3, self.method.card.views + 1))
        return tuple(encoding.encode(v) for v in (first, second, *more))

    def flops_per_item(self, rows: Tensor, values: list[Tensor]) -> float:
        """Floating-point operations per item and run of one training step (a multiply-add counts 2).

        Counted by torch on a copy; nothing of the program changes.
        """
        from torch.utils.flop_counter import FlopCounterMode

        state = copy.deepcopy(self.nets.state_dict())
        held = [t.clone() for t in (*self.optimiser.state().values(), self.clock, self.losses)]
        with FlopCounterMode(display=False) as counter:
            self._step(rows, values)
        self.nets.load_state_dict(state)
        for t, before in zip((*self.optimiser.state().values(), self.clock, self.losses), held, strict=True):
            t.copy_(before)
        return counter.get_total_flops() / rows.numel()
