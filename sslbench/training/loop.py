"""Train a pack's runs side by side, step by step; only a reference that uses labels sees val, and none sees test."""

import time
from dataclasses import dataclass, field

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from sslbench.draws import Draw
from sslbench.methods.base import Supervised
from sslbench.training.checkpoint import Checkpoint
from sslbench.training.loader import Batches, loader_of
from sslbench.training.optimiser import of_entry
from sslbench.training.step import TrainStep

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
    phases: dict[str, float] = field(default_factory=dict)  # seconds of views, forward, backward, optimiser; on CPU
    flops_per_item: float | None = None
    note: str = ""


def pretrain(
    program: TrainStep,
    train: Tensor,
    val: list[Tensor],
    size: int,
    draw: Draw,
    checkpoint: Checkpoint | None = None,
    count_flops: bool = False,
) -> Trained:
    """Train the program's networks in place by the method's objective, from its checkpoint if there is one.

    train: (runs, rows) indices; val: each run's val rows, read only by a reference that sees labels, to choose when to
    stop; size: rows of a batch; draw: the runs' draws of the order of rows.
    """
    began = time.perf_counter()
    steps = len(program.losses)
    batches = Batches(train, size, draw)
    best = BestState(program, val) if isinstance(program.method, Supervised) else None
    state = program.state() | (best.kept() if best else {})
    first = int(program.clock) if checkpoint and checkpoint.restore(state) else 0
    flops, done, feed = None, steps, loader_of(program.encodings, batches, first, steps)
    program.nets.train()
    try:
        for step in range(first, steps):
            rows, values = feed.step(step)
            if count_flops and step == first:
                flops = program.flops_per_item(rows, values)
            program.step(rows, values)
            if best and (step + 1) % max(1, steps // VAL_LOOKS) == 0:
                best.look()
            if step % CHECK_EVERY == CHECK_EVERY - 1 and not program.losses[: step + 1].isfinite().all(0).any():
                done = step + 1
                break
            if checkpoint and step + 1 < steps:
                checkpoint.save_if_due(state)
    finally:
        feed.close()
    if best:
        best.restore()
    if checkpoint:
        checkpoint.remove()
    return Trained(
        *_trace(program.losses[:done].cpu()),
        seconds=time.perf_counter() - began,
        samples=(done - first) * batches.size,
        phases={} if train.device.type == "cuda" else dict(program.seconds),
        flops_per_item=flops,
        note=f"the step could not be captured: {program.graph_error}" if program.graph_error else "",
    )


class BestState:
    """Each run's state with the lowest val cross-entropy so far: how a supervised reference stops early."""

    def __init__(self, program: TrainStep, val: list[Tensor]):
        self.method, self.nets, self.labels, self.val = program.method, program.nets, program.labels, val
        longest = max(len(rows) for rows in val)
        table = torch.stack(
            [torch.cat([rows, rows[:1].expand(longest - len(rows))]) for rows in val]
        )  # padded with a row that counts not
        self.table, self.inputs = table, [e.encode(e.take(table)) for e in program.encodings]
        self.loss = torch.full((len(val),), float("inf"), device=table.device)
        self.state = {k: v.clone() for k, v in self.nets.state_dict().items()}

    def kept(self) -> dict[str, Tensor]:
        """What a checkpoint holds of it, each tensor at its place."""
        return {f"best.{k}": v for k, v in self.state.items()} | {"best loss": self.loss}

    @torch.no_grad()
    def look(self) -> None:
        """Keep the state of every run that is better on val than ever before."""
        self.nets.eval()
        losses = sum(
            cross_entropy(p.mT, self.labels[t][self.table], reduction="none")
            for t, found in self.method.logits(self.nets, self.inputs).items()
            for p in found
        )
        loss = torch.stack([row[: len(rows)].mean() for row, rows in zip(losses, self.val, strict=True)])
        better = loss < self.loss
        self.loss.copy_(torch.where(better, loss, self.loss))
        for key, now in self.nets.state_dict().items():
            self.state[key].copy_(torch.where(of_entry(key, better, now.ndim), now, self.state[key]))
        self.nets.train()

    def restore(self) -> None:
        """Put the best states back into the networks."""
        self.nets.load_state_dict(self.state)


def _trace(losses: Tensor) -> tuple[list, list]:
    steps, runs = losses.shape
    points = sorted({round(p * (steps - 1) / (TRACE_POINTS - 1)) for p in range(TRACE_POINTS)})
    traces, diverged = [], []
    for run in range(runs):
        bad = (~losses[:, run].isfinite()).nonzero()
        diverged.append(int(bad[0]) if len(bad) else None)
        traces.append(tuple((p, float(f"{losses[p, run].item():.5g}")) for p in points if losses[p, run].isfinite()))
    return traces, diverged
