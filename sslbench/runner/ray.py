"""The Ray engine: packs as tasks of a cluster, an existing one or one that is started here.

Same function, same records.

On every node the same sslbench must be installed; large data must lie where each node finds it.
"""

import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator

from sslbench.errors import UsageError
from sslbench.records import Record
from sslbench.runner.local import GRACE, ONE_THREAD, Job
from sslbench.runner.plan import MethodPack, Pack

LEAST_SECONDS = 10.0  # of a task: smaller packs travel together
SMALL_SHARE = 0.25  # of a GPU, for packs of small encoders; a large encoder gets a whole one
STORE_BYTES = 200_000_000  # of a cluster started here: packs and records are small


def _run_bundle(packs: list[Pack], device: str) -> list[list[Record]]:
    """The records of some packs, one after another. This is what runs on a worker of the cluster."""
    from sslbench.runner.worker import run_pack, settle

    settle()
    return [run_pack(pack, device) for pack in packs]


def bundles(packs: list[Pack], least: float = LEAST_SECONDS, most: int | None = None) -> list[list[Pack]]:
    """Packs grouped so that each group takes at least `least` seconds, or there are no more than `most` groups' worth.

    Packs of unlike share of a device are not mixed. The order is kept.
    """
    if most:  # a short grid is spread over all workers rather than bundled onto a few
        least = min(least, sum(p.cost for p in packs) / most)
    out: list[list[Pack]] = []
    for share in (1.0, SMALL_SHARE):
        group: list[Pack] = []
        for pack in (p for p in packs if _share(p) == share):
            group.append(pack)
            if sum(p.cost for p in group) >= least:
                out.append(group)
                group = []
        if group:
            out.append(group)
    return out


def _share(pack: Pack) -> float:
    """The share of a GPU that a pack fills."""
    large = isinstance(pack, MethodPack) and pack.placement is not None and pack.placement.name == "large"
    return 1.0 if large else SMALL_SHARE


def _reach(address: str) -> None:
    """Raise UsageError at once if nothing listens at host:port.

    Ray itself would try for a minute and end the process.
    """
    host, _, port = address.removeprefix("ray://").rpartition(":")
    if not port.isdigit():
        return  # "auto", or what Ray alone understands
    try:
        socket.create_connection((host, int(port)), timeout=5).close()
    except OSError as error:
        raise UsageError(
            f"no Ray cluster at {address}: {error.strerror or error}. Start one with: ray start --head"
        ) from None


class RayEngine:
    """Runs packs on a Ray cluster: at `address`, or on one started here with `workers` cores."""

    def __init__(self, workers: int, device: str, address: str = "", function: Callable = _run_bundle):
        try:
            import ray
        except ImportError:
            raise UsageError(
                "--engine ray needs Ray, which is not installed; install it with: pip install 'sslbench[ray]'"
            ) from None
        self._ray, self._workers, self._device, self._address = ray, workers, device, address
        self._function, self._running = function, {}

    def __enter__(self):
        if self._address:
            _reach(self._address)
        before = signal.getsignal(signal.SIGTERM)
        quiet = {"include_dashboard": False, "num_cpus": self._workers, "object_store_memory": STORE_BYTES}
        try:
            self._ray.init(
                address=self._address or "local",
                log_to_driver=False,
                logging_level="error",
                runtime_env={"env_vars": ONE_THREAD},
                **({} if self._address else quiet),
            )
        except (ConnectionError, ValueError, RuntimeError) as error:
            raise UsageError(f"no Ray cluster at {self._address or 'this machine'}: {error}") from None
        finally:
            if threading.current_thread() is threading.main_thread():
                signal.signal(signal.SIGTERM, before)  # Ray takes it for itself; ours drains
        return self

    def _submit(self, jobs: list[Job]) -> None:
        share = _share(jobs[0].trial) if self._device == "cuda" else 0
        # no retries by Ray: a pack that kills its worker is tried again by us, with less memory
        task = self._ray.remote(num_cpus=1, num_gpus=share, max_retries=0)(self._function)
        self._running[task.remote([j.trial for j in jobs], self._device)] = jobs

    def run(
        self, packs: list[Pack], on_start: Callable[[Pack], None] = lambda p: None
    ) -> Iterator[tuple[Pack, list[Record]]]:
        """(pack, its records) of every pack, as they finish. A pack whose worker dies twice gives failed records."""
        slots = max(1, int(self._ray.cluster_resources().get("CPU", 1)))
        queue = [[Job(p, p) for p in group] for group in bundles(packs, most=2 * slots)]
        while queue or self._running:
            while queue and len(self._running) < 2 * slots:
                group = queue.pop(0)
                self._submit(group)
                for job in group:
                    on_start(job.pack)
            yield from self._collect(None, queue)

    def _collect(self, timeout: float | None, queue: list[list[Job]]) -> Iterator[tuple[Pack, list[Record]]]:
        """What one finished task gave.

        Of a bundle that died each pack goes on alone; a pack that died alone is tried once more.
        """
        done, _ = self._ray.wait(list(self._running), num_returns=1, timeout=timeout)
        for ref in done:
            jobs = self._running.pop(ref)
            try:
                made = self._ray.get(ref)
            except self._ray.exceptions.RayError as error:
                if len(jobs) > 1:
                    queue += [[job] for job in jobs]
                elif again := jobs[0].again():
                    queue.append([again])
                else:
                    yield jobs[0].pack, jobs[0].lost(type(error).__name__)
                continue
            yield from zip((j.pack for j in jobs), made, strict=True)

    def drain(self, grace: float = GRACE) -> Iterator[tuple[Pack, list[Record]]]:
        """What running tasks still finish within `grace` seconds; nothing new is started."""
        until = time.monotonic() + grace
        while self._running and (left := until - time.monotonic()) > 0:
            yield from self._collect(left, [])

    def __exit__(self, *_):
        for ref in self._running:
            self._ray.cancel(ref, force=True)
        self._ray.shutdown()
