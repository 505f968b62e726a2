"""Whether a task's budget has converged: the reference methods trained for its steps and for a multiple of them."""

import csv
import multiprocessing
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from sslbench import versions
from sslbench.config import CONTROLS_UNTRAINED, STANDARD, SUPERVISED, Run
from sslbench.data.dataset import load_dataset
from sslbench.errors import StorageError
from sslbench.evaluation.label_budget import ALL
from sslbench.evaluation.score import score_representation
from sslbench.records import RunRecord, read_records
from sslbench.records.convergence import COLUMNS, identity_of_run, identity_under, read_convergence
from sslbench.records.identity import protocol_digest, task_digest
from sslbench.registry import METHODS
from sslbench.stats import effects
from sslbench.tables.convergence import order_kept, stands_still
from sslbench.tables.scores import main_bits
from sslbench.tasks import Task
from sslbench.threads import one_thread
from sslbench.training.represent import represent

STACK = 6  # most runs that train side by side in one process


@dataclass(frozen=True)
class Job:
    """Some runs of one method, at one number of steps; `task` is the card as it stands."""

    task: Task
    method: str
    steps: int
    runs: tuple[Run, ...]


@dataclass(frozen=True)
class Move:
    """What more steps change for one method on one target: bits before and after, means over runs."""

    target: str
    method: str
    bits: float
    more: float
    noise: float  # standard error of the move; the spread of moves is taken from all methods together
    sd: float  # residual SD, as in the table `targets`
    headroom: float  # bits that labels gain over the best untrained control; nan where their runs are not stored
    runs: int

    @property
    def size(self) -> float:
        """The move in residual SDs."""
        return abs(self.more - self.bits) / self.sd if self.sd > 0 else float("nan")

    @property
    def still(self) -> bool:
        """Whether the move counts as none."""
        return bool(stands_still(self.more - self.bits, self.noise, self.sd, self.headroom))


def identity_of(task: Task, method: str) -> str:
    """Under which a measurement counts: what the card says about numbers, the versions of training and method."""
    return identity_under(task_digest(task), versions.TRAINING, METHODS.get(method).build().version)


def runs_of(task: Task, count: int | None) -> tuple[Run, ...]:
    """The first `count` runs of a cell, folds first; all folds x inits if None."""
    folds = task.splits.folds
    return tuple(Run(k % folds, k // folds) for k in range(count or folds * task.budget.inits))


@one_thread()
def measure(job: Job) -> list[tuple]:
    """Rows of a job: bits of the linear probe on all streams together, of every run and target."""
    longer = job.task.budget.model_copy(update={"steps": job.steps})
    dataset = load_dataset(job.task.model_copy(update={"budget": longer}))
    protocol = replace(STANDARD, probes=("linear",), label_budgets=())
    done = represent(METHODS.get(job.method).build(), dataset, job.runs, protocol, torch.device("cpu"))
    out = []
    for i, run in enumerate(job.runs):
        scores = score_representation(dataset, dataset.split(run.fold), {k: x[i] for k, x in done.h.items()}, protocol)
        for s in scores[0]:
            if (s.readout, s.probe, s.metric, s.labels) == ("joint", "linear", "bits", ALL):
                place = (run.fold, run.init, job.steps)
                out.append((job.task.name, identity_of(job.task, job.method), job.method, s.target, *place, s.value))
    return out


def missing_jobs(task: Task, methods: tuple[str, ...], factor: int, runs: tuple[Run, ...], stored: pd.DataFrame):
    """What is not yet stored, the longest first."""
    mine = _current(stored, task, methods)
    seen = set(zip(mine["method"], mine["steps"], mine["fold"], mine["init"], strict=True))
    out = []
    for steps in (factor * task.budget.steps, task.budget.steps):
        for method in methods:
            left = [r for r in runs if (method, steps, r.fold, r.init) not in seen]
            out += [Job(task, method, steps, tuple(left[k : k + STACK])) for k in range(0, len(left), STACK)]
    return out


def standard_runs(task: Task, results: Path) -> list[RunRecord]:
    """The stored standard runs of the task as its card is now, of any method at its published settings."""

    def current(r) -> bool:
        same = r.identity.task == task_digest(task) and r.identity.protocol == protocol_digest(STANDARD)
        return isinstance(r, RunRecord) and r.status == "ok" and r.track == "default" and same

    return [r for r in read_records(results)[0] if current(r)] if results.exists() else []


def rows_of_runs(
    task: Task, methods: tuple[str, ...], runs: tuple[Run, ...], records: list[RunRecord], stored: pd.DataFrame
) -> list[tuple]:
    """Rows of the card's own steps that stored standard runs give without training, and `stored` does not have yet."""
    steps = task.budget.steps
    mine = _current(stored, task, methods)
    mine = mine[mine["steps"] == steps]
    seen = set(zip(mine["method"], mine["fold"], mine["init"], strict=True))
    ours = [r for r in records if r.method in methods and identity_of_run(r) == identity_of(task, r.method)]
    found = {(r.method, *r.run): main_bits(r) for r in ours}
    return [
        (task.name, identity_of(task, key[0]), key[0], target, *key[1:], steps, value)
        for key, bits in found.items()
        if key not in seen and Run(*key[1:]) in runs
        for target, value in bits.items()
    ]


def headroom_of(records: list[RunRecord]) -> dict[str, float]:
    """Of every target the bits that labels gain over the best untrained control, where their runs are stored."""
    wanted = (*CONTROLS_UNTRAINED, SUPERVISED)
    rows = [(t, r.method, v) for r in records if r.method in wanted for t, v in main_bits(r).items()]
    means = pd.DataFrame(rows, columns=["target", "method", "bits"]).pivot_table(
        index="target", columns="method", values="bits"
    )
    if not set(wanted) <= set(means):
        return {}
    return (means[SUPERVISED] - means[list(CONTROLS_UNTRAINED)].max(axis=1)).to_dict()


def _current(stored: pd.DataFrame, task: Task, methods: tuple[str, ...]) -> pd.DataFrame:
    now = {m: identity_of(task, m) for m in methods}
    return stored[stored["identity"] == stored["method"].map(now)]


def append_rows(file: Path, rows: list[tuple]) -> None:
    """Add rows to the file, with a header if it is new. Raises StorageError."""
    new = not file.exists()
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("a", newline="", encoding="utf-8") as handle:
            writer = csv.writer(handle, lineterminator="\n")
            writer.writerows([COLUMNS, *rows] if new else rows)
    except OSError as error:
        raise StorageError(f"cannot write {file}: {error.strerror}") from None


def measure_convergence(
    task: Task,
    methods: tuple[str, ...],
    factor: int,
    runs: tuple[Run, ...],
    results: Path,
    workers: int = 1,
    tell: Callable[[int, int], None] = lambda done, total: None,
) -> list[Move]:
    """Train what is missing, keep its rows in results/convergence.csv, and say what more steps move.

    Killed at any moment, the same call goes on. Raises UsageError, StorageError.
    """
    file = results / "convergence.csv"
    records = standard_runs(task, results)
    if known := rows_of_runs(task, methods, runs, records, read_convergence(file)):
        append_rows(file, known)
    jobs = missing_jobs(task, methods, factor, runs, read_convergence(file))
    for done, rows in enumerate(_measured(jobs, workers), 1):
        append_rows(file, rows)
        tell(done, len(jobs))
    return moves(read_convergence(file), task, methods, factor, headroom_of(records))


def _measured(jobs: list[Job], workers: int) -> Iterator[list[tuple]]:
    if workers == 1 or len(jobs) < 2:
        yield from map(measure, jobs)
        return
    with ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn")) as pool:
        for future in as_completed([pool.submit(measure, job) for job in jobs]):
            yield future.result()


def moves(
    stored: pd.DataFrame, task: Task, methods: tuple[str, ...], factor: int, headroom: dict[str, float]
) -> list[Move]:
    """What more steps move, per target and method, from stored rows; runs that have both are compared."""
    steps = task.budget.steps
    mine = _current(stored, task, methods)
    wide = mine.pivot_table(index=["target", "method", "fold", "init"], columns="steps", values="bits", aggfunc="last")
    if steps not in wide or factor * steps not in wide:
        return []
    pairs = wide[[steps, factor * steps]].dropna().set_axis(["bits", "more"], axis=1)
    out = []
    for target, rows in pairs.groupby("target"):
        sd, spread = residual_sd(rows["bits"]), _within(rows["more"] - rows["bits"], "method")
        for method, own in rows.groupby("method"):
            mean = own.mean()
            noise, room = spread / len(own) ** 0.5, headroom.get(target, float("nan"))
            out.append(Move(target, method, mean["bits"], mean["more"], noise, sd, room, len(own)))
    return out


def residual_sd(bits: pd.Series) -> float:
    """That of the table `targets`, from bits by (method, fold, init); nan unless every method has the same runs."""
    wide = bits.unstack("method").sort_index()
    if len(wide.columns) < 2 or wide.isna().any(axis=None):
        return float("nan")
    folds = wide.index.get_level_values("fold").nunique()
    return effects(wide.to_numpy().T.reshape(len(wide.columns), folds, -1)).residual_sd


def _within(values: pd.Series, by: str) -> float:
    """SD of values within groups; nan where no group has two."""
    groups = values.groupby(by)
    free = len(values) - groups.ngroups
    return float(np.sqrt(((values - groups.transform("mean")) ** 2).sum() / free)) if free else float("nan")


def by_target(found: list[Move]) -> dict[str, list[Move]]:
    """The moves of every target."""
    return {t: [m for m in found if m.target == t] for t in dict.fromkeys(m.target for m in found)}


def order(found: list[Move]) -> tuple[float, float]:
    """Rank correlation of the methods' bits on one target, before and after, and the least that passes."""
    noise = found[0].sd / min(m.runs for m in found) ** 0.5
    return order_kept([m.bits for m in found], [m.more for m in found], noise)


def passed(found: list[Move]) -> bool:
    """Whether no method moved on this target and their order stayed."""
    if not found or not all(m.still for m in found):
        return False
    spearman, least = order(found)
    return spearman >= least
