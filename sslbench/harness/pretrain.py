"""Train the runs of a pack side by side: sample, view, encode, loss, step. Nothing here sees val or test."""

import math
import time
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from sslbench.config import Protocol
from sslbench.data.streams import ColumnEncoding, ImageEncoding
from sslbench.draws import Draw
from sslbench.harness.networks import Networks
from sslbench.methods.base import Batch, Pretrained
from sslbench.registry import VIEWS
from sslbench.tasks import Task
from sslbench.views.base import View

TRACE_POINTS = 8
CHECK_EVERY = 50  # steps between looks at whether every run has diverged
VAL_LOOKS = 20  # a reference that sees labels keeps its best state on val, out of this many


@dataclass(frozen=True)
class Trained:
    """What training left behind, per run."""

    trace: list[tuple[tuple[int, float], ...]]
    diverged_at: list[int | None]  # first step with a loss that is not finite
    seconds: float
    samples: int  # items seen by each run


def task_view(task: Task) -> View:
    """The view generator of a task card."""
    return VIEWS.get(task.views.generator).build(task.views.strength, task.views.options)


class Batches:
    """Row indices of every step: each run walks through its own random order of its train rows, a new one each
    epoch.
    """

    def __init__(self, train: Tensor, size: int, draw: Draw):
        self.train, self.draw = train, draw
        self.size = min(size, train.shape[1])
        self.per_epoch = train.shape[1] // self.size
        self._epoch, self._order = -1, train

    def rows(self, step: int) -> Tensor:
        """(runs, size) row indices of the dataset."""
        epoch, place = divmod(step, self.per_epoch)
        if epoch != self._epoch:
            self._epoch = epoch
            self._order = self.train.gather(1, self.draw.at(epoch).permutation(self.train.shape[1]))
        return self._order[:, place * self.size : (place + 1) * self.size]


def learning_rate(step: int, steps: int, protocol: Protocol) -> float:
    """Linear warm-up, then cosine to 0. Source: Loshchilov & Hutter 2017, arXiv:1608.03983, Eq. 5, without restarts."""
    warm = max(1, round(protocol.warmup * steps))
    if step < warm:
        return protocol.learning_rate * (step + 1) / warm
    return protocol.learning_rate * (1 + math.cos(math.pi * (step - warm) / max(1, steps - warm))) / 2


def pretrain(
    method: Pretrained,
    nets: Networks,
    task: Task,
    encodings: list[ImageEncoding | ColumnEncoding],
    train: Tensor,
    val: list[Tensor],
    labels: dict[str, Tensor],
    draw: Draw,
    protocol: Protocol,
) -> Trained:
    """Train `nets` in place by the method's objective.

    train: (runs, rows) indices; val: each run's val rows, read only by a reference that sees labels, to choose when to
    stop; labels: target -> (n,) classes of the dataset.
    """
    began = time.perf_counter()
    steps = max(1, round(task.budget.steps * protocol.step_scale))
    batches = Batches(train, task.budget.batch, draw.of("order"))
    own = method.own_view()
    view = task_view(task) if own is None else VIEWS.get(own[0]).build(own[1], {})
    pools = [
        e.stream.values[train] if e.stream.columns else train for e in encodings
    ]  # images draw nothing from the pool
    needs_views = "two views" in method.card.needs
    labels = labels if method.card.uses_labels else {}
    momentum = getattr(method, "momentum", None)
    optimiser = torch.optim.AdamW(
        [p for p in nets.parameters() if p.requires_grad], lr=0.0, weight_decay=protocol.weight_decay
    )
    losses = torch.zeros(steps, draw.runs, device=train.device)
    best = BestState(nets, encodings, val, labels) if labels else None
    nets.train()
    done = steps
    for step in range(steps):
        here = draw.at(step)
        rows = batches.rows(step)
        raw = [e.take(rows) for e in encodings]
        views = _views(view, own is not None, encodings, raw, pools, here) if needs_views else ()
        clean = () if needs_views else tuple(e.encode(x) for e, x in zip(encodings, raw, strict=True))
        batch = Batch(views, clean, {t: y[rows] for t, y in labels.items()}, here.of("objective"))
        loss = method.objective(nets, batch)
        for group in optimiser.param_groups:
            group["lr"] = learning_rate(step, steps, protocol)
        optimiser.zero_grad()
        loss.sum().backward()
        optimiser.step()
        if momentum is not None:
            nets.move_teacher(1 - (1 - momentum) * (1 + math.cos(math.pi * step / steps)) / 2)
        losses[step] = loss.detach()
        if best and (step + 1) % max(1, steps // VAL_LOOKS) == 0:
            best.look()
        if step % CHECK_EVERY == CHECK_EVERY - 1 and not losses[: step + 1].isfinite().all(0).any():
            done = step + 1
            break
    if best:
        best.restore()
    return Trained(*_trace(losses[:done].cpu()), seconds=time.perf_counter() - began, samples=done * batches.size)


def of_state(key: str, per_run: Tensor, ndim: int) -> Tensor:
    """A value per run, (runs,), shaped to go with one entry of a state dict.

    Stacked entries have a leading axis of runs; a large encoder keeps one plain network per run under "nets.<run>".
    """
    parts = key.split(".")
    if "nets" in parts:
        return per_run[int(parts[parts.index("nets") + 1])]
    return per_run.view(-1, *[1] * (ndim - 1))


class BestState:
    """Each run's state with the lowest val cross-entropy so far: how a supervised reference stops early."""

    def __init__(self, nets: Networks, encodings: list, val: list[Tensor], labels: dict[str, Tensor]):
        self.nets, self.labels, self.val = nets, labels, val
        longest = max(len(rows) for rows in val)
        table = torch.stack(
            [torch.cat([rows, rows[:1].expand(longest - len(rows))]) for rows in val]
        )  # padded with a row that counts not
        self.table, self.inputs = table, [e.encode(e.take(table)) for e in encodings]
        self.loss = torch.full((len(val),), float("inf"), device=table.device)
        self.state = {k: v.clone() for k, v in nets.state_dict().items()}

    @torch.no_grad()
    def look(self) -> None:
        """Keep the state of every run that is better on val than ever before."""
        self.nets.eval()
        joint = torch.cat([self.nets.encode(i, x) for i, x in enumerate(self.inputs)], -1)
        losses = sum(
            cross_entropy(self.nets.classify(t, joint).mT, y[self.table], reduction="none")
            for t, y in self.labels.items()
        )
        loss = torch.stack([row[: len(rows)].mean() for row, rows in zip(losses, self.val, strict=True)])
        better = loss < self.loss
        self.loss = torch.where(better, loss, self.loss)
        for key, now in self.nets.state_dict().items():
            self.state[key] = torch.where(of_state(key, better, now.ndim), now, self.state[key])
        self.nets.train()

    def restore(self) -> None:
        self.nets.load_state_dict(self.state)


def _views(
    view: View, one_sided: bool, encodings: list, raw: list[Tensor], pools: list[Tensor], draw: Draw
) -> tuple[Tensor, Tensor]:
    if len(raw) == 2:
        return encodings[0].encode(raw[0]), encodings[1].encode(raw[1])
    first, second = (
        (raw[0], view(raw[0], draw.of("view 2"), pools[0])) if one_sided else view.pair(raw[0], draw, pools[0])
    )
    return encodings[0].encode(first), encodings[0].encode(second)


def _trace(losses: Tensor) -> tuple[list, list]:
    steps, runs = losses.shape
    points = sorted({round(p * (steps - 1) / (TRACE_POINTS - 1)) for p in range(TRACE_POINTS)})
    traces, diverged = [], []
    for run in range(runs):
        bad = (~losses[:, run].isfinite()).nonzero()
        diverged.append(int(bad[0]) if len(bad) else None)
        traces.append(tuple((p, float(f"{losses[p, run].item():.5g}")) for p in points if losses[p, run].isfinite()))
    return traces, diverged
