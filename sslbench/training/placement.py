"""How a pack's runs share the device, chosen by a cost model: stacked, in turn, or large.

A step costs a fixed overhead and its arithmetic. Stacking shares the overhead among runs, and changes the rate of the
arithmetic: dense layers keep it (batched matrix products), convolutions lose some on a CPU (grouped convolutions) and
gain on a GPU, where a small one leaves most of the chip idle. Large encoders fill the device alone.
"""

import math
from dataclasses import dataclass
from functools import lru_cache

import torch

from sslbench.config import Protocol
from sslbench.data.dataset import Dataset
from sslbench.data.streams import encoding_of
from sslbench.draws import Draw
from sslbench.methods.base import Method, Pretrained
from sslbench.registry import ENCODERS

BACKWARD = 3.0  # a training step costs about three forward passes


@dataclass(frozen=True)
class Speed:
    """What a device does: seconds of overhead per step, and FLOP/s of runs alone and stacked."""

    overhead: float
    alone: float
    stacked: float


# Set by hand, not fitted. cpu: after ratios measured with prototypes; tests/benchmarks/speeds.py measures what they
# should be, and finds that narrow convolutions stack better than they go in turn. cuda: expected, never measured.
SPEEDS = {
    ("cpu", "dense"): Speed(2.0e-3, 40e9, 45e9),
    ("cpu", "conv"): Speed(2.5e-3, 60e9, 30e9),
    ("cuda", "dense"): Speed(0.3e-3, 2e12, 20e12),
    ("cuda", "conv"): Speed(0.5e-3, 5e12, 20e12),
}
SHARE_OF_MEMORY = 0.5  # of the free memory, that stacked runs may take together


@dataclass(frozen=True)
class Work:
    """What one run of an encoder costs: FLOPs of a training step, bytes it holds, and its kind of arithmetic."""

    flops: float
    bytes: float
    kind: str  # dense, conv
    stacks: bool


@dataclass(frozen=True)
class Placement:
    """How runs share the device: `at_once` of them train together."""

    name: str  # stacked, in turn, large
    at_once: int
    seconds_per_step: float  # predicted, of all runs together

    def __str__(self) -> str:
        return f"{self.name} x{self.at_once}" if self.at_once > 1 else self.name


@lru_cache(maxsize=64)
def _forward(name: str, rep_dim: int, options: tuple, shape: tuple[int, ...]) -> tuple[float, int, int, bool, str]:
    """FLOPs, parameters and activations of one item, whether it stacks, and its kind; counted without data."""
    from torch.utils.flop_counter import FlopCounterMode

    cls = ENCODERS.get(name)
    encoder = cls(Draw([0]), shape, rep_dim, **dict(options)).eval()
    held: list[int] = []
    for module in encoder.modules():
        module.register_forward_hook(lambda m, i, out: held.append(out.numel() if torch.is_tensor(out) else 0))
    encoder.to("meta")
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        encoder(torch.empty(1, 2, *shape, device="meta"))
    counts = counter.get_flop_counts().get("Global", {})
    conv = sum(v for k, v in counts.items() if "conv" in str(k))
    total = counter.get_total_flops()
    parameters = sum(p.numel() for p in encoder.parameters())
    return total / 2, parameters, sum(held) // 2, cls.stacks, "conv" if conv > total / 2 else "dense"


def work_of(method: Method, dataset: Dataset, protocol: Protocol) -> Work:
    """What one run of a method on a task costs per step."""
    spec, batch = dataset.task.encoder, dataset.task.budget.batch
    everything = torch.arange(min(dataset.rows, 64))[None]
    shapes = [
        tuple(s.values.shape[1:]) if s.kind == "image" else encoding_of(s, everything).shape for s in dataset.streams
    ]
    towers = [_forward(spec.name, spec.rep_dim, tuple(sorted(spec.options.items())), shape) for shape in shapes]
    makes = len(towers) == 1 and isinstance(method, Pretrained) and "two views" in method.requirements
    views = method.card.views if makes else 1
    heads = 2.0 * protocol.projector_dim * (spec.rep_dim + protocol.projector_dim)
    flops = batch * views * sum(t[0] + heads for t in towers) * BACKWARD
    held = 4 * (4 * sum(t[1] for t in towers) + batch * views * sum(t[2] for t in towers) * 2)
    kind = "conv" if any(t[4] == "conv" for t in towers) else "dense"
    return Work(flops, held, kind, all(t[3] for t in towers))


def free_bytes(device: str) -> float:
    """Memory that is free on the device, or on this machine and in its control group."""
    if device.startswith("cuda"):
        return float(torch.cuda.mem_get_info(device)[0])
    free = math.inf
    try:
        with open("/proc/meminfo") as lines:
            free = next(int(line.split()[1]) * 1024.0 for line in lines if line.startswith("MemAvailable"))
        for limit, used in (
            ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory.current"),
            ("/sys/fs/cgroup/memory/memory.limit_in_bytes", "/sys/fs/cgroup/memory/memory.usage_in_bytes"),
        ):
            with open(limit) as most, open(used) as now:
                text = most.read().strip()
                return min(free, float(text) - float(now.read())) if text != "max" else free
    except (OSError, StopIteration):
        pass  # not Linux, or no control group: what is known so far
    return free


def choose(work: Work, runs: int, device: str, memory: float = math.inf) -> Placement:
    """The placement with the least predicted time for `runs` runs, within a share of `memory` bytes."""
    speed = SPEEDS["cuda" if device.startswith("cuda") else "cpu", work.kind]
    alone = runs * (speed.overhead + work.flops / speed.alone)
    if not work.stacks:
        return Placement("large", 1, alone)
    together = max(1, min(runs, int(SHARE_OF_MEMORY * memory / work.bytes) if memory < math.inf else runs))
    stacked = math.ceil(runs / together) * speed.overhead + runs * work.flops / speed.stacked
    return Placement("stacked", together, stacked) if stacked <= alone else Placement("in turn", 1, alone)
