"""The assumption tests of a task, as records."""

import time

import numpy as np
import torch

from sslbench.assumptions.base import Views
from sslbench.assumptions.suite import test_views
from sslbench.config import Protocol
from sslbench.data.dataset import Dataset, load_dataset
from sslbench.data.streams import encoding_of
from sslbench.draws import Draw
from sslbench.harness.device import environment, peak_mib
from sslbench.harness.plan import AssumptionPack
from sslbench.harness.program import task_view
from sslbench.harness.recording import now
from sslbench.records import AssumptionRecord, Record


def verdict_records(pack: AssumptionPack, device: torch.device) -> list[Record]:
    began = time.perf_counter()
    dataset = load_dataset(pack.task)
    x1, x2, targets, groups, note = two_views(dataset, pack.protocol)
    verdicts = test_views([Views(x1, x2, targets, groups)], network=pack.protocol.assumption_network)
    seconds = (time.perf_counter() - began) / len(verdicts)
    out = []
    for v in verdicts:
        fields = {
            k: getattr(v, k)
            for k in (
                "assumption",
                "target",
                "verdict",
                "value",
                "low",
                "high",
                "tolerance",
                "detectable",
                "unit",
                "n",
                "evidence",
            )
        }
        out.append(
            AssumptionRecord(
                **{k: float(f"{x:.5g}") if isinstance(x, float) else x for k, x in fields.items()},
                estimator=v.estimator,
                note="; ".join(filter(None, [v.note, note])),
                task=pack.task.name,
                status="ok",
                protocol=pack.protocol.name,
                identity=pack.identities[v.assumption, v.target],
                seconds={"read": round(seconds, 3)},
                peak_mib=peak_mib(device),
                environment=environment(device),
                created=now(),
            )
        )
    return [r for r in out if (r.assumption, r.target) in pack.wanted]


def two_views(
    dataset: Dataset, protocol: Protocol
) -> tuple[np.ndarray, np.ndarray, dict[str, np.ndarray], np.ndarray | None, str]:
    """What an assumption test reads: both views' features (n, dim), targets, groups, and a note on how they were made.

    Pairs give their two streams; other tasks two views of every item from the card's generator. Normalised without
    labels, over all rows; wide views through principal components; many rows subsampled.
    """
    everything = torch.arange(dataset.rows)[None]
    encodings = [encoding_of(stream, everything) for stream in dataset.streams]
    if len(encodings) == 2:
        views, notes = [e.encode(e.take(everything)) for e in encodings], ["the two streams"]
    else:
        raw = encodings[0].take(everything)
        views = [
            encodings[0].encode(v) for v in task_view(dataset.task).pair(raw, Draw([0]).of("assumption views"), raw)
        ]
        notes = [f"one pair of {dataset.task.views.generator} views per item, strength {dataset.task.views.strength:g}"]
    flat = [v[0].flatten(1).double() for v in views]
    for i, x in enumerate(flat):
        if x.shape[1] > protocol.assumption_dim:
            centred = x - x.mean(0)
            flat[i] = centred @ torch.linalg.svd(centred, full_matrices=False).Vh[: protocol.assumption_dim].T
            notes.append(f"view {i + 1} through {protocol.assumption_dim} of {x.shape[1]} principal components")
    rows = _subsample(dataset, protocol.assumption_rows)
    if len(rows) < dataset.rows:
        notes.append(f"{len(rows)} of {dataset.rows} rows")
    groups = None if dataset.groups is None else dataset.groups[rows]
    return (
        flat[0].numpy()[rows],
        flat[1].numpy()[rows],
        {t: y[rows] for t, y in dataset.targets.items()},
        groups,
        "; ".join(notes),
    )


def _subsample(dataset: Dataset, most: int) -> np.ndarray:
    if dataset.rows <= most:
        return np.arange(dataset.rows)
    return np.sort(np.random.default_rng(0).permutation(dataset.rows)[:most])
