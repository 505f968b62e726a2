"""The coordinator: plan, run, append, refresh. The only writer; killing anything loses only unfinished packs."""

import math
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from sslbench.config import RunOptions
from sslbench.errors import UsageError
from sslbench.records import Record, Writer, read_records

if TYPE_CHECKING:
    from sslbench.runner.local import LocalEngine
    from sslbench.runner.plan import Pack, Plan
    from sslbench.runner.ray import RayEngine

REFRESH_SECONDS = 600.0  # tables and site are rebuilt at most this often while runs finish, after the first time
REFRESH_SHARE = 0.05  # and so that rebuilding takes at most this share of the time


class Reporter:
    """What the command line shows; the silent default serves the Python API."""

    def note(self, text: str) -> None: ...
    def planned(self, plan: "Plan", workers: int) -> None: ...
    def started(self, pack: "Pack") -> None: ...
    def finished(self, pack: "Pack", records: list[Record]) -> None: ...


@dataclass
class Outcome:
    """What a run did."""

    finished: int = 0
    failed: list[Record] = field(default_factory=list)
    stored: int = 0
    seconds: float = 0.0
    interrupted: bool = False


def resolve_device(device: str) -> str:
    """cpu or cuda; raises UsageError if CUDA is asked for and absent."""
    import torch

    if device == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    if device == "cuda" and not torch.cuda.is_available():
        raise UsageError("--device cuda: torch finds no CUDA device here; use --device cpu or auto")
    return device


def worker_devices(workers: int, device: str) -> list[str]:
    """The device of every worker; GPUs in turn."""
    if device != "cuda":
        return [device] * workers
    import torch

    return [f"cuda:{i % torch.cuda.device_count()}" for i in range(workers)]


def engine_of(options: RunOptions, workers: int, device: str) -> "LocalEngine | RayEngine":
    """The engine of the options. Ray is imported only if it is asked for."""
    if options.engine == "local":
        from sslbench.runner.local import LocalEngine

        return LocalEngine(worker_devices(workers, device))
    from sslbench.runner.ray import RayEngine

    return RayEngine(workers, device, options.address)


def run(options: RunOptions, refresh: Callable[[], None], reporter: Reporter | None = None) -> Outcome:
    """Do what is missing, keep what is stored. Ctrl-C ends it cleanly.

    `refresh` rebuilds tables and site now and then, and at the end.
    """
    reporter, began, outcome = reporter or Reporter(), time.perf_counter(), Outcome()
    results = Path(options.results)
    with Writer(results) as writer:  # first: a folder that another run holds is said before anything slow is loaded
        from sslbench.runner.cards import write_cards
        from sslbench.runner.device import worker_count
        from sslbench.runner.plan import make_plan

        device = resolve_device(options.device)
        records, warnings = read_records(results)
        for warning in warnings:
            reporter.note(warning)
        plan = make_plan(options, records, reporter.note, device)
        workers = worker_count(options, device)
        outcome.stored = plan.stored
        try:
            reporter.planned(plan, workers)
            write_cards(results, plan)
            if plan.decided:
                writer.append(plan.decided)
                outcome.failed += [r for r in plan.decided if r.failure]
            if plan.packs:
                _work(plan, engine_of(options, workers, device), writer, reporter, refresh, outcome)
        except KeyboardInterrupt:
            outcome.interrupted = True
            reporter.note("interrupted: what is finished is kept; the same command goes on from here")
        refresh()
    outcome.seconds = time.perf_counter() - began
    return outcome


def _refresh_so_far(refresh: Callable[[], None], reporter: Reporter, complete: int, tasks: int) -> None:
    """Rebuild tables and site while runs go on; what goes wrong there is said, and the runs go on."""
    try:
        refresh()
        reporter.note(f"tables and site rebuilt so far: {complete} of {tasks} tasks are complete for all methods")
    except Exception as error:
        reporter.note(f"tables and site could not be rebuilt so far, the runs go on: {error}")


def _work(
    plan: "Plan",
    engine: "LocalEngine | RayEngine",
    writer: Writer,
    reporter: Reporter,
    refresh: Callable[[], None],
    outcome: Outcome,
) -> None:
    from sslbench.runner.plan import MethodPack

    last, spent = -math.inf, 0.0
    left = Counter(p.task.name for p in plan.packs if isinstance(p, MethodPack))  # packs of each task's methods
    tasks = len(plan.tasks)

    def store(pack: "Pack", made: list[Record]) -> None:
        writer.append(made)
        outcome.finished += sum(r.status == "ok" for r in made)
        outcome.failed += [r for r in made if r.failure]
        reporter.finished(pack, made)

    with engine:
        try:
            for pack, made in engine.run(plan.storing(writer.results), reporter.started):
                store(pack, made)
                left.subtract([pack.task.name] if isinstance(pack, MethodPack) else [])
                complete, began = tasks - sum(n > 0 for n in left.values()), time.perf_counter()
                if 0 < complete < tasks and began - last > max(REFRESH_SECONDS, spent / REFRESH_SHARE):
                    _refresh_so_far(refresh, reporter, complete, tasks)
                    last = time.perf_counter()
                    spent = last - began
        except KeyboardInterrupt:
            for pack, made in engine.drain():
                store(pack, made)
            raise
