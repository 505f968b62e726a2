"""Smartwatch recordings of seglearn: windows of acceleration and rotation while people do shoulder exercises."""

import numpy as np

from sslbench.data.installed import choose, columns_of, package_file
from sslbench.data.streams import Raw
from sslbench.registry import SOURCES
from sslbench.tasks import Source

RATE = 50  # samples a second


@SOURCES.register("seglearn")
def seglearn_source(source: Source) -> Raw:
    """Windows of a smartwatch's sensors: watch (acceleration and rotation), watch-table (both in one table)."""
    return choose(source, {"watch": _watch, "watch-table": _watch_table})


def _windows(seconds: float, step: float, samples: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Windows (n, samples, 6) of `seconds`, every `step` seconds, each sample a mean; exercise; subject."""
    data = np.load(package_file("seglearn", "data/watch_dataset.npy"), allow_pickle=True).item()
    length, every = round(seconds * RATE), round(step * RATE)
    length -= length % samples
    windows, exercise, subject = [], [], []
    for recording, y, who in zip(data["X"], data["y"], data["subject"], strict=True):
        for start in range(0, len(recording) - length + 1, every):
            window = recording[start : start + length].reshape(samples, -1, 6).mean(1)
            windows.append(window), exercise.append(y), subject.append(who)
    return np.stack(windows), np.array(exercise), np.unique(subject, return_inverse=True)[1]


def _watch(seconds: float = 2.0, step: float = 2.0, samples: int = 25) -> Raw:
    x, exercise, subject = _windows(seconds, step, samples)
    streams = (
        columns_of(x[..., :3].reshape(len(x), -1), "acceleration", "a", 3),
        columns_of(x[..., 3:].reshape(len(x), -1), "rotation", "w", 3),
    )
    return Raw(streams, {"exercise": exercise}, subject)


def _watch_table(seconds: float = 2.0, step: float = 2.0, samples: int = 25) -> Raw:
    x, exercise, subject = _windows(seconds, step, samples)
    return Raw((columns_of(x.reshape(len(x), -1), "window", "x", 6),), {"exercise": exercise}, subject)
