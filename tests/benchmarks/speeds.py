"""What the cost model assumes, measured: overhead and rate alone and stacked (least squares over sizes, core-seconds,
medians of 5), and the share of hue in the augmentation. Prints lines.

python tests/benchmarks/speeds.py
"""

import statistics
import time

import numpy as np
import torch

torch.set_num_threads(1)
torch.set_flush_denormal(True)
from sslbench.bench.cases import _stepper
from sslbench.bench.data import image_task, made_up, table_task, training
from sslbench.config import STANDARD
from sslbench.harness.regime import work_of
from sslbench.registry import METHODS
from sslbench.tasks import EncoderSpec


def sec(f, n):
    f(2)
    t = []
    for _ in range(5):
        a = time.process_time()
        f(n)
        t.append((time.process_time() - a) / n)
    return statistics.median(t)


def fit(rows):
    A = np.array([[1, f] for f, _ in rows])
    y = np.array([s for _, s in rows])
    w = 1 / y
    (o, k), *_ = np.linalg.lstsq(A * w[:, None], y * w, rcond=None)
    return o, 1 / k


for kind in ("dense", "conv"):
    alone, stack = [], []
    sizes = (32, 64, 128, 256) if kind == "dense" else (8, 16, 32)
    for s in sizes:
        if kind == "dense":
            ds = made_up(table_task(s), 2000, columns=30)
            m, b = "scarf", 128
        else:
            ds = made_up(image_task(EncoderSpec(name="conv", rep_dim=128, options={"width": s}), 32), 512)
            m, b = "simclr", 32
        w = work_of(METHODS.get(m).build(), ds, STANDARD).flops
        one = sec(_stepper(*training(m, ds, (0,), "cpu"), b), 4)
        four = sec(_stepper(*training(m, ds, (0, 1, 2, 3), "cpu"), b), 3)
        print(
            kind,
            s,
            f"{w:.3g} FLOP  alone {one * 1e3:.2f} ms  four stacked {four * 1e3:.2f} ms  ratio {4 * one / four:.2f}",
            flush=True,
        )
        alone.append((w, one))
        stack.append((4 * w, four))
    print(
        kind,
        "alone: overhead %.2g s, rate %.3g" % fit(alone),
        "| stacked: overhead %.2g s, rate %.3g" % fit(stack),
        flush=True,
    )
from sslbench.draws import Draw
from sslbench.views.photo import PhotoView

x = torch.rand(1, 256, 3, 32, 32)
R = []
for r in range(15):
    t = {}
    for h in (0.1, 0.0):
        v = PhotoView(hue=h)
        a = time.process_time()
        [v(x, Draw([r]).at(i), x) for i in range(6)]
        t[h] = time.process_time() - a
    R.append(1 - t[0.0] / t[0.1])
print("hue share of augmentation: median %.2f [%.2f, %.2f]" % (statistics.median(R), min(R), max(R)))
