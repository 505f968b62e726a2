"""The representation of a stored run: from its kept encoders, or trained again, which gives the same."""

from pathlib import Path

import numpy as np
import torch

from sslbench.config import Run, protocol_named
from sslbench.data.dataset import Dataset, load_dataset
from sslbench.errors import RecordError, UsageError
from sslbench.evaluation.score import score_representation
from sslbench.methods.base import DirectClassifier, Pretrained
from sslbench.records import RunRecord, read_records
from sslbench.registry import METHODS
from sslbench.runner.identity import run_identity
from sslbench.tasks import find_task
from sslbench.training.checkpoint import encoder_file, read_tensors
from sslbench.training.represent import encode_rows, represent
from sslbench.training.search import RATE
from sslbench.training.trained import restored

AGREES = 0.02  # bits between the stored score and that of a training repeated on another machine


def encode(
    method: str, task: str, run: Run, results: Path, protocol: str, track: str, device: torch.device
) -> tuple[Dataset, dict[str, np.ndarray]]:
    """The task's data, and every row's representation by a stored run, stream name -> (n, rep_dim).

    Raises UsageError if there is no such run, or if its method, data or protocol have changed since; RecordError if a
    repeated training does not agree with the stored score.
    """
    dataset, named = load_dataset(find_task(task)), protocol_named(protocol)
    record = _stored(method, dataset, run, results, protocol, track)
    rate = record.settings.get(RATE)
    built = METHODS.get(method).build({k: v for k, v in record.settings.items() if k != RATE})
    if isinstance(built, DirectClassifier):
        raise UsageError(f"{method} predicts directly: it has no representation")
    here = dataset.to(device)
    kept = read_tensors(encoder_file(results, record.identity), device) if isinstance(built, Pretrained) else None
    if kept is not None:
        nets, encodings = restored(built, here, run, named, kept, device)
        found = encode_rows(nets.encode, nets, encodings, here, 1, device)
        return dataset, {name: x[0].cpu().numpy() for name, x in found.items()}
    variants = None if rate is None else [dict(record.settings)]
    done = represent(built, here, (run,), named, device, variants=variants)
    h = {name: x[0] for name, x in done.h.items()}
    scores, _ = score_representation(here, here.split(run.fold), h, named)
    _check(record, scores)
    return dataset, {name: x.cpu().numpy() for name, x in h.items()}


def _stored(method: str, dataset: Dataset, run: Run, results: Path, protocol: str, track: str) -> RunRecord:
    name, how = dataset.task.name, f"sslbench run --methods {method} --tasks {dataset.task.name} --results {results}"
    which = f"fold {run.fold} and init {run.init}"
    records = [
        r
        for r in read_records(results)[0]
        if isinstance(r, RunRecord)
        and (r.method, r.task, r.run, r.protocol, r.track) == (method, name, run, protocol, track)
    ]
    if not records:
        raise UsageError(f"{results} holds no {track} run of {method} on {name} with {which}; make one with: {how}")
    record = records[-1]
    if record.status != "ok":
        raise UsageError(f"the run of {method} on {name} with {which} is {record.status}: {record.reason}")
    default = METHODS.get(method).build()
    now = run_identity(default, dataset, run, protocol_named(protocol), record.candidates)
    if now.digest != record.identity.digest:
        raise UsageError(
            f"the stored run of {method} on {name} with {which} was made with another method, data or protocol "
            f"(sslbench why {method} {name} says which); make it anew with: {how}"
        )
    return record


def _check(record: RunRecord, scores: list) -> None:
    stored = {(s.target, s.readout, s.probe, s.metric, s.labels): s.value for s in record.scores}
    for s in scores:
        before = stored.get((s.target, s.readout, s.probe, s.metric, s.labels))
        if s.metric == "bits" and before is not None and abs(s.value - before) > AGREES:
            raise RecordError(
                f"trained again, {record.method} on {record.task} reads {s.value:.4f} bits of {s.target}, the record "
                f"says {before:.4f}: this machine or its libraries compute otherwise. Keep encoders next time: "
                "sslbench run --keep-encoders"
            )
