"""The local engine: one spawned process per worker, each with its own pipe. A worker that dies is replaced; its pack is
tried once more.
"""

import multiprocessing as mp
import os
import signal
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait

from sslbench.harness.plan import Pack
from sslbench.records import Record

ATTEMPTS = 2
ONE_THREAD = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "OMP_WAIT_POLICY": "PASSIVE"}


def _serve(connection: Connection, device: str) -> None:
    """A worker's life: receive a pack, send its records. Ctrl-C is the coordinator's business."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    from sslbench.harness.worker import run_pack

    try:
        while (pack := connection.recv()) is not None:
            connection.send(run_pack(pack, device))
    except (EOFError, BrokenPipeError):
        pass  # the coordinator is gone


@dataclass
class _Worker:
    process: mp.Process
    connection: Connection
    device: str
    pack: Pack | None = None


class LocalEngine:
    """Runs packs on this machine, one worker per entry of `devices`. Leaving the context ends every worker at once."""

    def __init__(self, devices: list[str]):
        self._context = mp.get_context("spawn")
        self._slots = devices
        self._workers: list[_Worker] = []

    def _start(self, device: str) -> _Worker:
        ours, theirs = self._context.Pipe()
        before = {k: os.environ.get(k) for k in ONE_THREAD}
        os.environ.update(ONE_THREAD)  # read by the math libraries when the child imports them
        try:
            process = self._context.Process(target=_serve, args=(theirs, device), daemon=True)
            process.start()
        finally:
            for key, value in before.items():
                os.environ.pop(key) if value is None else os.environ.update({key: value})
        theirs.close()
        return _Worker(process, ours, device)

    def run(
        self, packs: list[Pack], on_start: Callable[[Pack], None] = lambda p: None
    ) -> Iterator[tuple[Pack, list[Record]]]:
        """(pack, its records) of every pack, as they finish. A pack whose worker dies twice gives failed records."""
        queue, attempts = deque(packs), {}
        self._workers = (
            [self._start(d) for d in self._slots[: max(1, min(len(self._slots), len(packs)))]] if packs else []
        )
        while queue or any(w.pack for w in self._workers):
            for worker in self._workers:
                if worker.pack is None and queue:
                    worker.pack = queue.popleft()
                    on_start(worker.pack)
                    attempts[id(worker.pack)] = attempts.get(id(worker.pack), 0) + 1
                    worker.connection.send(worker.pack)
            busy = {w.connection: w for w in self._workers if w.pack}
            for connection in wait(list(busy)):
                worker = busy[connection]
                try:
                    records = connection.recv()
                except (EOFError, ConnectionResetError):
                    worker.process.join(5)
                    code = worker.process.exitcode
                    pack, worker.pack = worker.pack, None
                    self._workers[self._workers.index(worker)] = self._start(worker.device)
                    if attempts[id(pack)] < ATTEMPTS:
                        queue.append(pack)
                        continue
                    how = (
                        f"signal {signal.Signals(-code).name}" if code is not None and code < 0 else f"exit code {code}"
                    )
                    yield (
                        pack,
                        pack.failed(
                            f"the worker process died ({how}) in both of {ATTEMPTS} attempts; was it out of memory?"
                        ),
                    )
                    continue
                pack, worker.pack = worker.pack, None
                yield pack, records

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for worker in self._workers:
            worker.process.kill()
        for worker in self._workers:
            worker.process.join(5)
            worker.connection.close()
