"""Sweep a task's views over kind and strength: what a view loses of each label, and what two views share.

Source: Tian et al. 2020, arXiv:2005.10243 (InfoMin): good views keep the label and share as little else as they can.
"""

import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch import Tensor

from sslbench import versions
from sslbench.assumptions.base import Verdict, ViewData
from sslbench.assumptions.reduction import components_for, through_components
from sslbench.assumptions.rules import short
from sslbench.assumptions.suite import test_views
from sslbench.config import STANDARD, Protocol
from sslbench.data.dataset import Dataset, load_dataset
from sslbench.data.streams import encoding_of
from sslbench.diagnosis.feature_maps import maps_of
from sslbench.diagnosis.task_views import subsample
from sslbench.draws import Draw
from sslbench.errors import UsageError
from sslbench.information.dependence import dependence
from sslbench.records.identity import digest, versions_in_words
from sslbench.records.sweep import SweepRow, append_sweep, read_sweep, write_sweep
from sslbench.registry import ASSUMPTIONS, VIEWS
from sslbench.tasks import Task
from sslbench.threads import one_thread
from sslbench.views.base import View

ROWS = 5000  # of a task, at most; about ten CPU seconds a point and target
FILE = "sweep.csv"
SURVIVAL, SHARED = "label-invariance", "copula"  # the assumption that judges the label; the estimate of I(V1; V2)


@dataclass(frozen=True)
class Point:
    """One kind and strength of views of a task's rows."""

    view: View
    options: dict
    identity: str
    code: str

    @property
    def name(self) -> str:
        return f"{self.view.name} at {self.view.strength:g}"


@one_thread()
def sweep(
    task: Task,
    results: Path,
    kinds: Sequence[str] = (),
    strengths: Sequence[float] = (),
    rows: int = ROWS,
    progress: Callable[[str], None] = lambda text: None,
) -> list[SweepRow]:
    """The points of a task's sweep: those that results/sweep.csv lacks are measured and added to it, one by one.

    kinds: view generators, by default all that fit the task's stream; strengths: by default each generator's `grid`,
    with the card's own strength added. A point is one row per target; its verdict is that of label-invariance, whose
    tolerance and rule (Holm's correction over the point's targets included) are the assumption's own. At strength 0 a
    view is its item, so nothing is measured there, nor where a strength changes no row. Rows of this task that other
    versions of the estimators made are dropped from the file. Raises UsageError, DataError, InputError, StorageError.
    """
    if task.modality == "pairs":
        raise UsageError(f"the views of {task.name} are its streams as they are: there is no strength to sweep")
    if wrong := [s for s in strengths if not 0 < s < float("inf")]:
        raise UsageError(f"a strength is above 0 (at 0 a view is the item itself), got {wrong[0]:g}")
    file, protocol = results / FILE, replace(STANDARD, assumption_rows=rows)
    dataset = load_dataset(task)
    points = list(_points(dataset, _kinds(dataset, kinds), strengths, protocol))
    stored = read_sweep(file)
    kept = [r for r in stored if r.task != task.name or r.view not in VIEWS or r.code == _code(r.view)]
    if len(kept) < len(stored):
        write_sweep(file, kept)
    known = {(r.identity, r.target) for r in kept if r.task == task.name}
    missing = [p for p in points if not {(p.identity, t) for t in dataset.targets} <= known]
    items = _Items(dataset, protocol) if missing else None
    for k, point in enumerate(missing):
        progress(f"{point.name}, {k + 1} of {len(missing)}")
        append_sweep(file, _measured(items, point))
    wanted = {p.identity: k for k, p in enumerate(points)}
    mine = [r for r in read_sweep(file) if r.task == task.name and r.identity in wanted]
    if not mine:
        given = ", ".join(p.name for p in points)
        raise UsageError(f"these views change no row of {task.name}: {given}; give stronger ones")
    found = {(r.identity, r.target): r for r in mine}
    return sorted(found.values(), key=lambda r: wanted[r.identity])


def _kinds(dataset: Dataset, asked: Sequence[str]) -> list[str]:
    """The generators to sweep: those asked for, or all that fit, the card's own first."""
    stream, own = dataset.streams[0], dataset.task.views.generator
    plain = not stream.columns or not any(stream.columns.sizes)
    fitting = [n for n in VIEWS.names() if VIEWS.get(n).kind == stream.kind and (plain or not VIEWS.get(n).numbers)]
    for name in asked:
        if VIEWS.get(name).name not in fitting:
            what = "images" if stream.kind == "image" else "columns" if plain else "columns with categories"
            raise UsageError(f"view {name!r} does not fit {dataset.task.name}, {what}; these do: {', '.join(fitting)}")
    return list(dict.fromkeys(asked)) or sorted(fitting, key=lambda n: (n != own, n))


def _points(dataset: Dataset, kinds: Sequence[str], strengths: Sequence[float], protocol: Protocol) -> Iterator[Point]:
    spec = dataset.task.views
    for kind in kinds:
        own, cls = kind == spec.generator, VIEWS.get(kind)
        options = spec.options if own else {}
        grid = strengths or (*cls.grid, *([spec.strength] if own and spec.strength else []))
        for strength in sorted({float(s) for s in grid}):
            view = cls.build(strength, options)
            yield Point(view, options, _identity(dataset, view, options, protocol), _code(kind))


def _code(kind: str) -> str:
    """The versions of what measures views of one kind."""
    parts = {"estimators": versions.ESTIMATORS, "feature maps": versions.FEATURE_MAPS, "verdicts": versions.VERDICTS}
    return versions_in_words(parts | {SURVIVAL: ASSUMPTIONS.get(SURVIVAL).version, kind: VIEWS.get(kind).version})


def _identity(dataset: Dataset, view: View, options: dict, protocol: Protocol) -> str:
    rows = min(dataset.rows, protocol.assumption_rows)
    read = (rows, protocol.assumption_network, protocol.assumption_dim, protocol.assumption_maps)
    view_part = (view.name, view.strength, options)
    return digest(dataset.digest, list(dataset.targets), view_part, read, SHARED, _code(view.name))


class _Items:
    """The rows that a sweep reads, encoded as every view of them is."""

    def __init__(self, dataset: Dataset, protocol: Protocol):
        self.dataset, self.protocol = dataset, protocol
        self.rows = subsample(dataset.rows, protocol.assumption_rows)
        self.encoding = encoding_of(dataset.streams[0], torch.arange(dataset.rows)[None])
        self.raw: Tensor = self.encoding.take(torch.as_tensor(self.rows)[None])

    def viewed(self, view: View) -> list[ViewData]:
        """Two views and the items in every feature map, [] if no row is changed; draws as in `task_views`."""
        pair = view.pair(self.raw, Draw([0]).of("assumption views"), self.raw)
        if all(torch.equal(x.nan_to_num(), self.raw.nan_to_num()) for x in pair):
            return []
        inputs = [self.encoding.encode(x) for x in (*pair, self.raw)]
        most = components_for(len(self.rows), 2, self.protocol.assumption_dim)
        targets = {t: y[self.rows] for t, y in self.dataset.targets.items()}
        groups = None if self.dataset.groups is None else self.dataset.groups[self.rows]
        out = []
        for name, features in maps_of(self.dataset, [tuple(self.encoding.shape)], self.protocol).items():
            with torch.no_grad():
                found = through_components([features(0, x).numpy() for x in inputs], most, whole=3)
            x1, x2, original = found.arrays
            names = ("x1", "x2", "original") if found.dropped else ()
            dropped, kept = dict(zip(names, found.dropped, strict=True)), dict.fromkeys(names, found.share)
            out.append(ViewData((x1, x2), targets, groups, original, map=name, dropped=dropped, kept=kept))
        return out


def _measured(items: _Items, point: Point) -> list[SweepRow]:
    """The rows of one point, one per target; none where its views are the items."""
    began = time.perf_counter()
    if not (maps := items.viewed(point.view)):
        return []
    verdicts: list[Verdict] = test_views(maps, [SURVIVAL], items.protocol.assumption_network)
    shared = dependence(maps[0].x1, maps[0].x2, SHARED)
    seconds = (time.perf_counter() - began) / len(verdicts)
    return [
        SweepRow(
            task=items.dataset.task.name,
            target=v.target,
            view=point.view.name,
            strength=point.view.strength,
            options=json.dumps(point.options, sort_keys=True),
            n=v.n,
            verdict=v.verdict,
            value=v.value,
            low=v.low,
            high=v.high,
            tolerance=v.tolerance,
            power=v.power,
            item=v.evidence["information_joint"],
            flip_rate=v.evidence["flip_rate"],
            shared=short(shared.value),
            shared_low=short(shared.low),
            shared_high=short(shared.high),
            seconds=round(seconds, 2),
            identity=point.identity,
            code=point.code,
        )
        for v in verdicts
    ]
