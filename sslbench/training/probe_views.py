"""Noisy copies and further views of some items, encoded: what metrics of a representation need besides it."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from sslbench.data.dataset import Dataset
from sslbench.draws import Draw
from sslbench.metrics.protocol import COPIES, ITEMS, NOISE, ROWS, STRENGTHS, VIEWS
from sslbench.training.step import task_view


@dataclass
class ProbeViews:
    """What a pack's encoders make of copies and views, per stream: each (runs, ..., rep_dim)."""

    noisy: list[Tensor]  # (runs, items, copies, rep_dim)
    steps: list[tuple[Tensor, Tensor, Tensor]]  # at x, x + d and x - d: (runs, rows, rep_dim)
    pair: tuple[Tensor, Tensor] | None = None  # two views of the same rows; None where streams are the views
    views: Tensor | None = None  # (runs, items, views, rep_dim)
    strengths: Tensor | None = None  # (runs, rows x strengths, rep_dim)


def measured_rows(dataset: Dataset) -> np.ndarray:
    """The rows that spectra are taken on: the same for every method and seed."""
    return np.sort(np.random.default_rng(1).permutation(dataset.rows)[:ROWS])


@torch.no_grad()
def probe_views(apply, encodings: list, dataset: Dataset, train: Tensor, draw: Draw) -> ProbeViews:
    """Encode copies and views with trained encoders. apply: (stream, encoded inputs) -> (runs, batch, rep_dim)."""
    runs, device = len(train), train.device
    rows = torch.as_tensor(measured_rows(dataset), device=device)
    few = rows[torch.linspace(0, len(rows) - 1, min(ITEMS, len(rows)), device=device).long()].expand(runs, -1)
    noisy, steps = [], []
    for i, e in enumerate(encodings):
        x = e.encode(e.take(few))  # (runs, items, ...)
        ours = draw.of(f"noise {i}")
        copies = x[:, :, None].expand(-1, -1, COPIES, *x.shape[2:]).flatten(1, 2)
        h = apply(i, copies + NOISE * ours.of("copies").normal(copies.shape))
        noisy.append(h.unflatten(1, (x.shape[1], COPIES)))
        step = NOISE * ours.of("step").normal(x.shape)
        steps.append((apply(i, x), apply(i, x + step), apply(i, x - step)))
    if len(encodings) > 1:
        return ProbeViews(noisy, steps)
    (e,), generator = encodings, task_view(dataset.task)
    pool = e.take(train)
    encode = lambda raw, purpose, view=generator: apply(0, e.encode(view(raw, draw.of(purpose), pool)))  # noqa: E731
    raw = e.take(rows.expand(runs, -1))
    pair = encode(raw, "first"), encode(raw, "second")
    items = e.take(few)
    many = items[:, :, None].expand(-1, -1, VIEWS, *items.shape[2:]).flatten(1, 2)
    views = encode(many, "views").unflatten(1, (items.shape[1], VIEWS))
    half = raw[:, : ROWS // 2]
    scaled = [type(generator)(**(vars(generator) | {"strength": generator.strength * s})) for s in STRENGTHS]
    strengths = torch.cat([encode(half, f"strength {k}", view) for k, view in enumerate(scaled)], 1)
    return ProbeViews(noisy, steps, pair, views, strengths)
