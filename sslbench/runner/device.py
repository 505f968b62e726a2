"""The device a worker runs on: what it is, how much memory was used, how fast it multiplies."""

import contextlib
import functools
import math
import os
import platform
import resource
import time
from pathlib import Path

import numpy as np
import torch

from sslbench.config import RunOptions
from sslbench.training.placement import free_bytes

WORKER_BYTES = 0.75 * 2**30  # what a worker holds besides its pack's tensors


def environment(device: torch.device) -> dict[str, str]:
    """What the numbers were made with; no host and no user name."""
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else platform.machine()
    return {
        "device": f"{device.type} {name}",
        "python": platform.python_version(),
        "torch": str(torch.__version__),
        "numpy": np.__version__,
    }


def forget_peak(device: torch.device) -> None:
    """Measure peak memory anew from here on, where the system can: on CUDA, and on Linux."""
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(device)
        return
    with contextlib.suppress(OSError):  # not Linux, or not allowed: the peak is then that of the process so far
        Path("/proc/self/clear_refs").write_text("5")


def peak_mib(device: torch.device) -> float:
    """Peak memory since `forget_peak`: of the device, or resident memory of this process."""
    if device.type == "cuda":
        return round(torch.cuda.max_memory_allocated(device) / 2**20, 1)
    with contextlib.suppress(OSError, StopIteration):
        lines = Path("/proc/self/status").read_text().splitlines()
        return round(next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024, 1)
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1)


@functools.cache
def measured_rate(device: torch.device, precision: str) -> float:
    """FLOP/s of one large matrix product in the protocol's arithmetic, the best of five: the ceiling of utilisation."""
    kind = torch.bfloat16 if precision == "bfloat16" else torch.float32
    n, best = 8192 if device.type == "cuda" else 1024, math.inf
    a = torch.randn(n, n, device=device).to(kind)
    for _ in range(6):
        began = time.perf_counter()
        a @ a
        if device.type == "cuda":
            torch.cuda.synchronize(device)
        best = min(best, time.perf_counter() - began)
    return 2 * n**3 / best


def out_of_memory(error: BaseException) -> bool:
    """Whether an error says that memory ran out: of the device, or of this process."""
    return isinstance(error, (MemoryError, torch.OutOfMemoryError)) or "can't allocate memory" in str(error)


def worker_count(options: RunOptions, device: str) -> int:
    """One worker per core the process may use, or one per GPU; fewer where memory would not hold them."""
    if options.workers:
        return options.workers
    if device == "cuda":
        return torch.cuda.device_count()
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(cores, int(free_bytes("cpu") / WORKER_BYTES) if math.isfinite(free_bytes("cpu")) else cores))
