"""Two ways of doing the same work, measured in turn."""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

import torch


@dataclass(frozen=True)
class Ratio:
    """How many times less a way costs than the other: median over rounds, with the least and the greatest round."""

    name: str
    against: str
    ratio: float
    low: float
    high: float
    ours_ms: float  # per unit of work, median
    theirs_ms: float
    unit: str
    wanted: float | None = None  # the least ratio that the design asks for
    note: str = ""


def clock(function: Callable[[], object], device: str) -> float:
    """Seconds of one call: of this process's cores on a CPU, of the wall with the device finished on a GPU."""
    if device == "cuda":
        torch.cuda.synchronize()
        began = time.perf_counter()
        function()
        torch.cuda.synchronize()
        return time.perf_counter() - began
    began = time.process_time()
    function()
    return time.process_time() - began


def compare(
    name: str,
    against: str,
    ours: Callable[[], object],
    theirs: Callable[[], object],
    units: tuple[float, float],
    unit: str,
    rounds: int,
    device: str,
    wanted: float | None = None,
    note: str = "",
) -> Ratio:
    """Call both in turn, `rounds` times after one warm-up each; `units` is the work that one call of each does."""
    ours(), theirs()
    pairs = []
    for i in range(rounds):
        first, second = (ours, theirs) if i % 2 == 0 else (theirs, ours)
        a, b = clock(first, device), clock(second, device)
        mine, other = (a, b) if i % 2 == 0 else (b, a)
        pairs.append((mine / units[0], other / units[1]))
    ratios = sorted(other / max(mine, 1e-12) for mine, other in pairs)
    return Ratio(
        name,
        against,
        round(statistics.median(ratios), 2),
        round(ratios[0], 2),
        round(ratios[-1], 2),
        float(f"{statistics.median(p[0] for p in pairs) * 1e3:.4g}"),
        float(f"{statistics.median(p[1] for p in pairs) * 1e3:.4g}"),
        unit,
        wanted,
        note,
    )
