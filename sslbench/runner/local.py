"""The local engine: a spawned process per worker, with a pipe each; one that dies is replaced, its pack tried again."""

import multiprocessing as mp
import os
import signal
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection, wait

from sslbench.records import Record
from sslbench.runner.plan import Pack

ATTEMPTS = 2
GRACE = 2.0  # seconds that an interrupted run waits for what is nearly done
ONE_THREAD = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "OMP_WAIT_POLICY": "PASSIVE"}


@dataclass(frozen=True)
class Job:
    """A pack on its way: as it was planned, and as it is tried now."""

    pack: Pack
    trial: Pack
    attempt: int = 1

    def again(self) -> "Job | None":
        """The next attempt after the worker died, with less memory; None after the last."""
        return Job(self.pack, self.trial.smaller(), self.attempt + 1) if self.attempt < ATTEMPTS else None

    def lost(self, how: str) -> list[Record]:
        """The records of a pack whose every attempt died."""
        return self.pack.failed(
            f"the worker process died ({how}) in both of {ATTEMPTS} attempts; was it out of memory?"
        )


def _serve(connection: Connection, device: str) -> None:
    """A worker's life: receive a pack, send its records. Ctrl-C is the coordinator's business."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    from sslbench.runner.worker import run_pack, settle

    settle()
    try:
        while (pack := connection.recv()) is not None:
            connection.send(run_pack(pack, device))
    except (EOFError, BrokenPipeError):
        pass  # the coordinator is gone


@contextmanager
def _interrupts_wait() -> Iterator[None]:
    """While a worker is started Ctrl-C waits: the child inherits it blocked, the coordinator gets it afterwards."""
    resource_tracker.ensure_running()  # or the first start would run it, and that unblocks Ctrl-C
    main = threading.current_thread() is threading.main_thread()
    late: list[int] = []  # another thread can still take the signal; Python then calls the handler in this one
    handler = signal.signal(signal.SIGINT, lambda number, _: late.append(number)) if main else None
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        if main:
            signal.signal(signal.SIGINT, handler)
    if late:
        signal.raise_signal(signal.SIGINT)


@dataclass
class _Worker:
    process: mp.Process
    connection: Connection
    device: str
    job: Job | None = None


class LocalEngine:
    """Runs packs on this machine, one worker per entry of `devices`. Leaving the context ends every worker at once."""

    def __init__(self, devices: list[str]):
        self._context = mp.get_context("spawn")
        self._slots = devices
        self._workers: list[_Worker] = []

    def _start(self, place: int, device: str) -> None:
        """Start a worker at a place: after the last one, or instead of one that died."""
        ours, theirs = self._context.Pipe()
        before = {k: os.environ.get(k) for k in ONE_THREAD}
        os.environ.update(ONE_THREAD)  # read by the math libraries when the child imports them
        try:
            process = self._context.Process(target=_serve, args=(theirs, device), daemon=True)
            with _interrupts_wait():
                process.start()
                self._workers[place : place + 1] = [_Worker(process, ours, device)]
        finally:
            for key, value in before.items():
                os.environ.pop(key) if value is None else os.environ.update({key: value})
            theirs.close()

    def run(
        self, packs: list[Pack], on_start: Callable[[Pack], None] = lambda p: None
    ) -> Iterator[tuple[Pack, list[Record]]]:
        """(pack, its records) of every pack, as they finish. A pack whose worker dies twice gives failed records."""
        queue = deque(Job(p, p) for p in packs)
        self._workers = []
        for place, device in enumerate(self._slots[: len(packs)]):
            self._start(place, device)
        while queue or any(w.job for w in self._workers):
            for place, worker in enumerate(self._workers):
                if worker.job is None and queue:
                    worker.job = queue.popleft()
                    on_start(worker.job.pack)
                    try:
                        worker.connection.send(worker.job.trial)
                    except (BrokenPipeError, ConnectionResetError):  # it died while it was idle: its pack lost nothing
                        queue.appendleft(worker.job)
                        self._start(place, worker.device)
            for worker, records in self._ready(None):
                job, worker.job = worker.job, None
                if records is not None:
                    yield job.pack, records
                    continue
                how = _death(worker.process)
                self._start(self._workers.index(worker), worker.device)
                if again := job.again():
                    queue.append(again)
                else:
                    yield job.pack, job.lost(how)

    def _ready(self, timeout: float | None) -> Iterator[tuple[_Worker, list[Record] | None]]:
        """Busy workers that have spoken, with their records; None from one that died."""
        busy = {w.connection: w for w in self._workers if w.job}
        for connection in wait(list(busy), timeout):
            try:
                yield busy[connection], connection.recv()
            except (EOFError, ConnectionResetError):
                yield busy[connection], None

    def drain(self, grace: float = GRACE) -> Iterator[tuple[Pack, list[Record]]]:
        """What running packs still finish within `grace` seconds; nothing new is started."""
        until = time.monotonic() + grace
        while any(w.job for w in self._workers) and (left := until - time.monotonic()) > 0:
            for worker, records in self._ready(left):
                job, worker.job = worker.job, None
                if records is not None:
                    yield job.pack, records

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for worker in self._workers:
            worker.process.kill()
        for worker in self._workers:
            worker.process.join(5)
            worker.connection.close()


def _death(process: mp.Process) -> str:
    """How a process ended, in words."""
    process.join(5)
    code = process.exitcode
    return f"signal {signal.Signals(-code).name}" if code is not None and code < 0 else f"exit code {code}"
