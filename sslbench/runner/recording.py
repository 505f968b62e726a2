"""What came of a run, as its record."""

import time
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import torch

from sslbench.config import STANDARD, Run
from sslbench.data.dataset import Dataset
from sslbench.data.splits import Split
from sslbench.encoders.timm_models import TimmModel
from sslbench.errors import StorageError
from sslbench.evaluation.measure import measure_run
from sslbench.evaluation.score import Predictions, not_applicable, score_predictor, score_representation, selection_bits
from sslbench.information.spectrum import collapse_of
from sslbench.methods.base import DirectClassifier
from sslbench.metrics.protocol import ROWS
from sslbench.probes.base import probe_named
from sslbench.records import Identity, Record, RunRecord, Score
from sslbench.records.predictions import predictions_file, write_predictions
from sslbench.runner.device import environment, measured_rate, peak_mib
from sslbench.runner.plan import MethodPack
from sslbench.tasks import Task
from sslbench.tasks.named import SEEN
from sslbench.training.represent import Represented

MAIN = ("linear", "joint", "bits", "all")  # the score that is also a metric


def now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def run_record(
    pack: MethodPack,
    settings: dict,
    dataset: Dataset,
    done: Represented,
    i: int,
    run: Run,
    load: float,
    note: str,
    device: torch.device,
    track: str = "default",
) -> Record:
    """The record of run i of those that trained together. A candidate has neither test scores nor metrics."""
    common = pack.common(run, settings, track)
    if done.diverged_at and done.diverged_at[i] is not None:
        return RunRecord(
            **common,
            status="failed",
            reason=f"the loss of {pack.method} became nan or infinite at step {done.diverged_at[i]}",
        )
    started = time.perf_counter()
    h = {name: x[i] for name, x in done.h.items()}
    split = dataset.split(run.fold).at_most(pack.protocol.probe_rows)
    encoder = done.encoders[i] if done.encoders else None
    selection = None if track == "default" else selection_bits(dataset, split, h, pack.protocol)
    scores, predictions = [], {}
    if track != "candidate":
        scores, predictions = score_representation(dataset, split, h, pack.protocol, encoder)
    beyond = [probe_named(name) for name in pack.protocol.probes if name not in STANDARD.probes]
    note = "; ".join(filter(None, [note, *not_applicable(beyond, dataset, encoder).values()]))
    bad = [s for s in scores if not np.isfinite(s.value)]
    if bad:
        return RunRecord(
            **common, status="failed", reason=f"the {bad[0].probe} probe gave {bad[0].metric} = {bad[0].value}"
        )
    stored, why_not_stored = stored_predictions(pack, common["identity"], run, predictions)
    runs = len(next(iter(done.h.values())))
    each = {"pretrain": done.train_seconds} | {k: done.seconds.get(k, 0.0) for k in ("encode", "measure")}
    seconds = {"load": load} | {k: v / runs for k, v in each.items() if v}
    seconds["probe"] = time.perf_counter() - started
    measured = {} if track == "candidate" else taken_metrics(dataset, split, done, i, scores)
    if measured:
        seconds["metrics"] = time.perf_counter() - started - seconds["probe"]
    speed = done.items / done.train_seconds if done.train_seconds else None
    rate = measured_rate(device, pack.protocol.precision) if done.flops_per_item else None
    notes = [seen_before(dataset.task), note, why_not_stored, *done.notes, *collapse_notes(h, split.test)]
    return RunRecord(
        **common,
        status="ok",
        scores=tuple(scores),
        predictions=stored,
        **measured,
        selection=None if selection is None else float(f"{selection:.5g}"),
        placement=str(done.placement) if done.trace else "",
        note="; ".join(filter(None, notes))[:300],
        trace=done.trace[i] if done.trace and track != "candidate" else (),
        seconds={k: round(v, 3) for k, v in seconds.items()},
        phases={k: round(v / runs, 3) for k, v in done.seconds.items() if k not in each},
        peak_mib=peak_mib(device),
        environment=environment(device),
        created=now(),
        samples_per_second=None if speed is None else round(speed),
        utilisation=None if rate is None else round(done.flops_per_item * speed / rate, 4),
    )


def seen_before(task: Task) -> str:
    """What every record says of a task whose encoder begins with pretrained weights; "" of any other."""
    options = task.encoder.options
    return f"encoder {options.get('model', TimmModel.timm_name)}: {SEEN}" if options.get("pretrained") else ""


def stored_predictions(pack: MethodPack, identity: Identity, run: Run, predictions: Predictions) -> tuple[str, str]:
    """The digest of the stored predictions of a run, and why there is none: scores are worth keeping without them.

    The worker writes them, beside the records: the file is complete before the record that names its digest.
    """
    if not (pack.results and predictions):
        return "", ""
    file = predictions_file(Path(pack.results), pack.method, pack.task.name, run.fold, run.init, identity)
    try:
        return write_predictions(file, predictions), ""
    except StorageError as error:
        return "", f"no predictions stored: {error}"


def taken_metrics(dataset: Dataset, split: Split, done: Represented, i: int, scores: list[Score]) -> dict:
    """The record's fields on the metrics of run i; what went wrong takes their place, so that scores are kept."""
    bits = {s.target: s.value for s in scores if (s.probe, s.readout, s.metric, s.labels) == MAIN}
    h, (seen, place) = {name: x[i] for name, x in done.h.items()}, done.seen_of(i)
    try:
        metrics, by_target = measure_run(dataset, split, h, seen, place, bits)
    except Exception as error:
        return {"metric_failure": f"{type(error).__name__}: {error}"[:600]}
    short = lambda values: {k: float(f"{v:.4g}") for k, v in values.items() if np.isfinite(v)}  # noqa: E731
    return {
        "metrics": short(metrics),
        "target_metrics": {t: short(v) for t, v in by_target.items()},
        "metric_rows": min(ROWS, dataset.rows),
    }


def predictor_records(
    pack: MethodPack, method: DirectClassifier, dataset: Dataset, load: float, device: torch.device
) -> list[Record]:
    out = []
    for run in pack.runs:
        began = time.perf_counter()
        split = dataset.split(run.fold).at_most(pack.protocol.probe_rows)
        scores, predictions = score_predictor(dataset, split, method, run.init, pack.protocol)
        common = pack.common(run, method.settings(), "tuned" if pack.candidates else "default")
        stored, note = stored_predictions(pack, common["identity"], run, predictions)
        seconds = {"load": round(load, 3), "probe": round(time.perf_counter() - began, 3)}
        out.append(
            RunRecord(
                **common,
                status="ok",
                scores=tuple(scores),
                predictions=stored,
                note=note[:300],
                seconds=seconds,
                peak_mib=peak_mib(device),
                environment=environment(device),
                created=now(),
            )
        )
    return out


def collapse_notes(h: dict[str, torch.Tensor], test: np.ndarray) -> list[str]:
    """A word of warning for every representation that has collapsed on the test rows."""
    found = {name: collapse_of(x[torch.as_tensor(test, device=x.device)]) for name, x in h.items()}
    return [f"{name} has collapsed: {why}" for name, why in found.items() if why]
