"""Where a step's rows come from: the device itself, or a host too large for it, read ahead by a thread."""

import threading
from queue import Full, Queue

from torch import Tensor

from sslbench.data.streams import ColumnEncoding, ImageEncoding
from sslbench.draws import Draw

AHEAD = 4  # steps read before they are needed


class Batches:
    """Row indices of every step: each run walks through its train rows in its own order, a new one each epoch."""

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


class ResidentLoader:
    """Streams that lie on the device: a step's values are one index away."""

    def __init__(self, encodings: list[ImageEncoding | ColumnEncoding], batches: Batches, first: int, steps: int):
        self._values = [e.stream.values for e in encodings]
        self._batches = batches

    def step(self, step: int) -> tuple[Tensor, list[Tensor]]:
        """Row indices (runs, batch) of a step, and each stream's stored values of these rows."""
        rows = self._batches.rows(step)
        return rows, [v[rows] for v in self._values]

    def close(self) -> None: ...


class PrefetchedLoader:
    """Streams that stay on the host: a thread gathers the next steps' rows, in pinned memory where there is a GPU."""

    def __init__(self, encodings: list[ImageEncoding | ColumnEncoding], batches: Batches, first: int, steps: int):
        self._values = [e.stream.values for e in encodings]
        self._batches = batches
        self._device = batches.train.device
        self._ready: Queue = Queue(maxsize=AHEAD)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._read, args=(first, steps), daemon=True)
        self._thread.start()

    def _read(self, first: int, steps: int) -> None:
        try:
            for step in range(first, steps):
                rows = self._batches.rows(step)
                host = rows.cpu()
                values = [v[host] for v in self._values]
                if self._device.type == "cuda":
                    values = [v.pin_memory() for v in values]
                self._put((step, rows, values))
                if self._stop.is_set():
                    return
        except Exception as error:  # belongs to the training thread: a file that went away, memory that ran out
            self._put((None, error, None))

    def _put(self, item: tuple) -> None:
        while not self._stop.is_set():
            try:
                return self._ready.put(item, timeout=0.1)
            except Full:  # the training is slower than the reading
                continue

    def step(self, step: int) -> tuple[Tensor, list[Tensor]]:
        """Row indices (runs, batch) of a step, and each stream's stored values of these rows. Steps come in order."""
        found, rows, values = self._ready.get()
        if found is None:
            raise rows
        assert found == step, (found, step)
        return rows, [v.to(self._device, non_blocking=True) for v in values]

    def close(self) -> None:
        """End the thread."""
        self._stop.set()
        while self._thread.is_alive():
            while not self._ready.empty():
                self._ready.get_nowait()
            self._thread.join(0.05)


def loader_of(
    encodings: list[ImageEncoding | ColumnEncoding], batches: Batches, first: int, steps: int
) -> ResidentLoader | PrefetchedLoader:
    """ResidentLoader if every stream lies where the runs train, else prefetched."""
    here = all(e.stream.values.device == batches.train.device and not e.stream.paged for e in encodings)
    return (ResidentLoader if here else PrefetchedLoader)(encodings, batches, first, steps)
