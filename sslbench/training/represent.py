"""A method's representation of every row, fitted on each run's train rows: train, then encode."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from sslbench.config import Protocol, Run
from sslbench.data.dataset import Dataset
from sslbench.data.streams import encoding_of
from sslbench.draws import Draw
from sslbench.methods.base import Method, Pretrained, Start, TrainingFree
from sslbench.methods.settings import PerRun
from sslbench.probes.base import probe_named
from sslbench.training.checkpoint import Checkpoint
from sslbench.training.loop import Trained, pretrain
from sslbench.training.networks import FUSED, Networks
from sslbench.training.optimiser import run_of
from sslbench.training.placement import Placement, choose, work_of
from sslbench.training.probe_views import ProbeViews, probe_views
from sslbench.training.search import RATE
from sslbench.training.step import TrainStep
from sslbench.training.trained import TrainedEncoder

CHUNK = 2048  # rows encoded at a time
MEMORY_ROWS = 4096  # train rows that a method may look at before the first step


@dataclass
class Represented:
    """The representation of every row, stream name -> (runs, n, rep_dim); how training went, and what it cost."""

    h: dict[str, Tensor]
    placement: Placement
    trace: list = field(default_factory=list)
    diverged_at: list = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)
    train_seconds: float = 0.0
    items: int = 0  # trained on, all runs together
    flops_per_item: float | None = None
    notes: list[str] = field(default_factory=list)
    seen: list[ProbeViews] = field(default_factory=list)  # of each chunk of runs, where they were looked at
    encoders: list[TrainedEncoder] = field(default_factory=list)  # of every run, where a probe needs them

    def seen_of(self, i: int) -> tuple[ProbeViews, int]:
        """What was seen of run i: its chunk's, and its place there."""
        for chunk in self.seen:
            runs = len(chunk.noisy[0])
            if i < runs:
                return chunk, i
            i -= runs
        raise IndexError("these runs were not measured")

    def add(self, trained: Trained, runs: int) -> None:
        """Count a chunk of runs in."""
        self.trace += trained.trace
        self.diverged_at += trained.diverged_at
        self.train_seconds += trained.seconds
        self.items += trained.samples * runs
        self.flops_per_item = trained.flops_per_item or self.flops_per_item
        for phase, spent in trained.phases.items():
            self.seconds[phase] = self.seconds.get(phase, 0.0) + spent
        if trained.note and trained.note not in self.notes:
            self.notes.append(trained.note)


def represent(
    method: Method,
    dataset: Dataset,
    runs: tuple[Run, ...],
    protocol: Protocol,
    device: torch.device,
    *,
    variants: list[dict] | None = None,
    placement: Placement | None = None,
    checkpoints: tuple[Path, list[str]] | None = None,
    keep: Callable[[int, dict[str, Tensor]], None] | None = None,
    count_flops: bool = False,
    measure: bool = False,
    watch: Callable | None = None,
) -> Represented:
    """Represent every row by these runs: split by fold, random numbers by init.

    variants: each run's settings, if they differ; checkpoints: a folder and the runs' identities, to go on after a
    kill; keep: called with each run's place and the state of its encoders; measure: encode copies and views too;
    watch: called with each chunk's encoding function and encodings.
    """
    placement = placement or choose(work_of(method, dataset, protocol), len(runs), str(device))
    out, parts = Represented({}, placement), {s.name: [] for s in dataset.streams}
    labels = {t: torch.as_tensor(y, device=device) for t, y in dataset.targets.items()}
    program = None
    for first in range(0, len(runs), placement.at_once):
        here = slice(first, first + placement.at_once)
        mine = None if variants is None else variants[here]
        splits = [dataset.split(run.fold) for run in runs[here]]
        train = torch.tensor(np.stack([s.train for s in splits]), device=device)
        encodings = [encoding_of(stream, train) for stream in dataset.streams]
        classes = {t: int(y.max()) + 1 for t, y in dataset.targets.items()}
        draw = Draw([run.init for run in runs[here]], device)
        now, rates = (method, None) if mine is None else with_settings(method, mine, device)
        nets = Networks(now, dataset.task, encodings, classes, draw.of("networks"), protocol)
        apply = nets.encode
        if isinstance(now, Pretrained):
            ours = draw.of("pretrain")
            nets.begin(now.memory(start_of(now, nets, encodings, train, dataset, draw.of("memory"))))
            if program is None or program.draw.runs != len(splits) or variants is not None:
                program = TrainStep(now, nets, dataset.task, encodings, train, labels, ours, protocol, rates)
            else:
                program.restart(nets, encodings, train, ours)
            nets, apply, encodings = program.nets, program.nets.encode, program.encodings
            val = [torch.tensor(s.val, device=device) for s in splits]
            place = checkpoints and Checkpoint(checkpoints[0], "-".join(checkpoints[1][here])[:200])
            before = dict(program.seconds)
            trained = pretrain(
                program, train, val, dataset.task.budget.batch, ours.of("order"), place, count_flops and first == 0
            )
            phases = {k: v - before[k] for k, v in trained.phases.items()}
            out.add(Trained(**(vars(trained) | {"phases": phases})), len(splits))
            if now.card.recalibrates:
                nets.calibrate(tuple(e.encode(e.take(train)) for e in encodings))
        elif isinstance(now, TrainingFree):
            apply = now.fit(nets, tuple(e.encode(e.take(train)) for e in encodings))
        began = time.perf_counter()
        for name, x in encode_rows(apply, nets, encodings, dataset, len(splits), device).items():
            parts.setdefault(name, []).append(x)
        out.seconds["encode"] = out.seconds.get("encode", 0.0) + time.perf_counter() - began
        if watch:
            watch(apply, encodings)
        if measure:
            began = time.perf_counter()
            out.seen.append(probe_views(apply, encodings, dataset, train, draw.of("look")))
            out.seconds["measure"] = out.seconds.get("measure", 0.0) + time.perf_counter() - began
        if keep and isinstance(now, Pretrained):
            for i in range(len(splits)):
                keep(first + i, encoder_state(nets, i))
        if isinstance(now, Pretrained) and any(probe_named(p).card.needs == "encoder" for p in protocol.probes):
            for i, run in enumerate(runs[here]):
                alone = method if mine is None else with_settings(method, mine[i : i + 1], device)[0]
                out.encoders.append(TrainedEncoder(alone, dataset, run, protocol, encoder_state(nets, i), device))
    out.h = {name: torch.cat(found) for name, found in parts.items()}
    return out


def start_of(method: Pretrained, nets: Networks, encodings: list, train: Tensor, dataset: Dataset, draw: Draw) -> Start:
    """What a method may lay out its memory from: train rows only."""

    def rows(stream: int) -> Tensor:
        e, some = encodings[stream], train[:, :MEMORY_ROWS]
        return e.encode(e.take(some))

    views = nets.streams if nets.streams > 1 else method.card.views
    return Start(draw, nets.emb_dim, min(dataset.task.budget.batch, train.shape[1]), dataset.rows, views, rows)


def with_settings(method: Method, variants: list[dict], device: torch.device) -> tuple[Method, Tensor]:
    """The method with each run's settings, and their learning rates (runs,). Settings that differ become `PerRun`."""
    rates = torch.tensor([v[RATE] for v in variants], device=device)
    merged = {}
    for name in method.settings():
        values = [v[name] for v in variants]
        one = all(v == values[0] for v in values)
        merged[name] = values[0] if one else PerRun(torch.tensor(values, device=device))
    return method.build(merged), rates


@torch.no_grad()
def encode_rows(
    apply: Callable[[int, Tensor], Tensor],
    nets: Networks,
    encodings: list,
    dataset: Dataset,
    runs: int,
    device: torch.device,
) -> dict[str, Tensor]:
    """Every row's representation, chunk by chunk: stream name -> (runs, n, rep_dim).

    "fused" -> (runs, n, joint) where the method reads all streams together.
    """
    nets.eval()
    everything = torch.arange(dataset.rows, device=device).expand(runs, -1)
    out = {
        stream.name: torch.cat([apply(i, e.encode(e.take(rows))) for rows in everything.split(CHUNK, 1)], 1)
        for i, (stream, e) in enumerate(zip(dataset.streams, encodings, strict=True))
    }
    if nets.fuses:
        chunks = zip(*(h.split(CHUNK, 1) for h in out.values()), strict=True)
        out[FUSED] = torch.cat([nets.fuse(h) for h in chunks], 1)
    return out


def encoder_state(nets: Networks, run: int) -> dict[str, Tensor]:
    """The encoders' entries of one run, as those of a pack of that run alone."""
    out = {}
    state = nets.encoders.state_dict()
    if nets.fuses:
        state |= {f"{FUSED}.{k}": v for k, v in nets.heads["fusion"].state_dict().items()}
    for name, value in state.items():
        owner = run_of(name)
        if owner is None:
            out[name] = value[run : run + 1]
        elif owner == run:
            out[name.replace(f"nets.{run}.", "nets.0.")] = value
    return out
