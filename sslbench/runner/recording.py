"""What came of a run, as its record."""

import time
from datetime import UTC, datetime

import numpy as np
import torch

from sslbench.config import STANDARD, Run
from sslbench.data.dataset import Dataset
from sslbench.evaluation.measure import measure_run
from sslbench.evaluation.score import not_applicable, score_predictor, score_representation
from sslbench.information.spectrum import collapse_of
from sslbench.methods.base import DirectClassifier
from sslbench.metrics.protocol import ROWS
from sslbench.probes.base import probe_named
from sslbench.records import Record, RunRecord, Score
from sslbench.runner.device import environment, measured_rate, peak_mib
from sslbench.runner.plan import MethodPack
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
    split = dataset.split(run.fold)
    encoder = done.encoders[i] if done.encoders else None
    scores, selection = score_representation(dataset, split, h, pack.protocol, track != "candidate", encoder=encoder)
    beyond = [probe_named(name) for name in pack.protocol.probes if name not in STANDARD.probes]
    note = "; ".join(filter(None, [note, *not_applicable(beyond, dataset, encoder).values()]))
    bad = [s for s in scores if not np.isfinite(s.value)]
    if bad:
        return RunRecord(
            **common, status="failed", reason=f"the {bad[0].probe} probe gave {bad[0].metric} = {bad[0].value}"
        )
    runs = len(next(iter(done.h.values())))
    each = {"pretrain": done.train_seconds} | {k: done.seconds.get(k, 0.0) for k in ("encode", "measure")}
    seconds = {"load": load} | {k: v / runs for k, v in each.items() if v}
    seconds["probe"] = time.perf_counter() - started
    measured = {} if track == "candidate" else taken_metrics(dataset, run, done, i, scores)
    if measured:
        seconds["metrics"] = time.perf_counter() - started - seconds["probe"]
    speed = done.items / done.train_seconds if done.train_seconds else None
    rate = measured_rate(device, pack.protocol.precision) if done.flops_per_item else None
    return RunRecord(
        **common,
        status="ok",
        scores=tuple(scores),
        **measured,
        selection=float(f"{selection:.5g}"),
        placement=str(done.placement) if done.trace else "",
        note="; ".join(filter(None, [note, *done.notes, *collapse_notes(h, split.test)]))[:300],
        trace=done.trace[i] if done.trace and track != "candidate" else (),
        seconds={k: round(v, 3) for k, v in seconds.items()},
        phases={k: round(v / runs, 3) for k, v in done.seconds.items() if k not in each},
        peak_mib=peak_mib(device),
        environment=environment(device),
        created=now(),
        samples_per_second=None if speed is None else round(speed),
        utilisation=None if rate is None else round(done.flops_per_item * speed / rate, 4),
    )


def taken_metrics(dataset: Dataset, run: Run, done: Represented, i: int, scores: list[Score]) -> dict:
    """The record's fields on the metrics of run i; what went wrong takes their place, so that scores are kept."""
    bits = {s.target: s.value for s in scores if (s.probe, s.readout, s.metric, s.labels) == MAIN}
    h, (seen, place) = {name: x[i] for name, x in done.h.items()}, done.seen_of(i)
    try:
        metrics, by_target = measure_run(dataset, dataset.split(run.fold), h, seen, place, bits)
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
        scores = score_predictor(dataset, dataset.split(run.fold), method, run.init)
        seconds = {"load": round(load, 3), "probe": round(time.perf_counter() - began, 3)}
        out.append(
            RunRecord(
                **pack.common(run, method.settings(), "tuned" if pack.candidates else "default"),
                status="ok",
                scores=tuple(scores),
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
