"""What the cost model assumes, measured: four runs stacked against in turn over sizes, with overhead and rate by least
squares; and the share of hue in the augmentation. Core-seconds, one thread, medians. Prints lines.

python tests/benchmarks/speeds.py
"""

import statistics
import time

import numpy as np
import torch

from sslbench.bench.cases import _stepper
from sslbench.bench.data import image_task, made_up, table_task, training
from sslbench.config import STANDARD
from sslbench.draws import Draw
from sslbench.registry import METHODS
from sslbench.tasks import EncoderSpec
from sslbench.training.placement import work_of
from sslbench.views.photo import PhotoView


def seconds(run, steps: int) -> float:
    """Core-seconds per step, median of five."""
    run(2)
    found = []
    for _ in range(5):
        began = time.process_time()
        run(steps)
        found.append((time.process_time() - began) / steps)
    return statistics.median(found)


def line_through(points: list[tuple[float, float]]) -> str:
    """Overhead and rate of (FLOPs, seconds), by least squares of relative errors."""
    flops, spent = np.array(points).T
    design = np.stack([np.ones_like(flops), flops], 1) / spent[:, None]
    overhead, slope = np.linalg.lstsq(design, np.ones_like(spent), rcond=None)[0]
    return f"overhead {overhead * 1e3:.2g} ms, {1 / slope:.3g} FLOP/s"


def measure(kind: str, widths: tuple[int, ...]) -> None:
    """Print both ways for encoders of one kind."""
    alone, stacked = [], []
    method, batch = ("scarf", 128) if kind == "dense" else ("simclr", 32)
    for width in widths:
        if kind == "dense":
            dataset = made_up(table_task(width), 2000, columns=30)
        else:
            spec = EncoderSpec(name="conv", rep_dim=128, options={"width": width})
            dataset = made_up(image_task(spec, batch), 512)
        flops = work_of(METHODS.get(method).build(), dataset, STANDARD).flops
        one = seconds(_stepper(*training(method, dataset, (0,), "cpu"), batch), 4)
        four = seconds(_stepper(*training(method, dataset, (0, 1, 2, 3), "cpu"), batch), 3)
        print(f"{kind}, width {width}: in turn costs {4 * one / four:.2f} times four stacked", flush=True)
        alone.append((flops, one))
        stacked.append((4 * flops, four))
    print(f"{kind}: alone {line_through(alone)}; four stacked {line_through(stacked)}", flush=True)


def hue_share() -> None:
    """Print the share of hue in the augmentation."""
    x, shares = torch.rand(1, 256, 3, 32, 32), []
    for round_ in range(15):
        spent = {}
        for hue in (0.1, 0.0):
            view, began = PhotoView(hue=hue), time.process_time()
            for i in range(6):
                view(x, Draw([round_]).at(i), x)
            spent[hue] = time.process_time() - began
        shares.append(1 - spent[0.0] / spent[0.1])
    print(f"hue: {statistics.median(shares):.2f} [{min(shares):.2f}, {max(shares):.2f}] of the augmentation")


if __name__ == "__main__":
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    measure("dense", (32, 64, 128, 256))
    measure("conv", (8, 16, 32))
    hue_share()
