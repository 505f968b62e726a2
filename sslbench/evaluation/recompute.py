"""Every score of a results folder once more, from the stored predictions and the labels. Nothing on disk is changed."""

import json
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import ValidationError

from sslbench.config import protocol_named
from sslbench.data.dataset import Dataset, load_dataset
from sslbench.errors import DataError, SslbenchError, UsageError
from sslbench.evaluation.score import score_of, truth_of
from sslbench.probes.predictions import measure
from sslbench.records import RunRecord, read_cards, read_records
from sslbench.records.predictions import key_of, predictions_file, read_predictions
from sslbench.tasks import Task, shipped_tasks


@dataclass
class Recomputed:
    """How many runs were recomputed, how many have no predictions here, and a sentence for each that does not agree."""

    runs: int = 0
    without: int = 0
    wrong: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        agree = f"{len(self.wrong)} do not agree" if self.wrong else "every score is as recorded"
        return f"recomputed {self.runs} runs: {agree}; {self.without} have no predictions here"


def recompute(results: Path) -> Recomputed:
    """Compare every score of the folder's runs with what follows from their predictions."""
    out, cards = Recomputed(), read_cards(results)["tasks"]
    runs = {r.key: r for r in read_records(results)[0] if isinstance(r, RunRecord) and r.status == "ok" and r.scores}
    for record in sorted(runs.values(), key=lambda r: r.task):  # the last few datasets are kept
        file = predictions_file(results, record.method, record.task, record.fold, record.init, record.identity)
        if not (record.predictions and file.is_file()):
            out.without += 1
            continue
        out.runs += 1
        try:
            _compare(record, file, _dataset(record.task, cards))
        except SslbenchError as error:
            out.wrong.append(str(error))
    return out


def _dataset(name: str, cards: dict) -> Dataset:
    """The data of a task, by its card in sslbench or beside the records."""
    if name in shipped_tasks():
        return load_dataset(shipped_tasks()[name])
    try:
        return load_dataset(Task.model_validate_json(json.dumps(cards.get(name))))
    except ValidationError:
        raise DataError(f"task {name}: cards.json beside the records has no card of it that can be read") from None


def _compare(record: RunRecord, file: Path, dataset: Dataset) -> None:
    """Raises RecordError or DataError, in a sentence, unless every score of the record follows from the file."""
    arrays, split = read_predictions(file, record.predictions), dataset.split(record.fold)
    split = split.at_most(protocol_named(record.protocol).probe_rows)
    stale = [
        f"{part} {now} instead of {then}"
        for part, now, then in (
            ("data", dataset.digest, record.identity.data),
            ("split", dataset.split_digest(record.fold), record.identity.split),
        )
        if now != then
    ]
    if stale:
        raise DataError(
            f"{file}: {record.task} now has {' and '.join(stale)}, so its labels may be others than those predicted; "
            f"make the run again: sslbench run --methods {record.method} --tasks {record.task}"
        )
    for s in record.scores:
        key, where = key_of(s.target, s.readout, s.probe, s.labels), f"{s.probe} {s.metric} of {s.target or s.readout}"
        if key not in arrays:
            raise DataError(
                f"{file}: no predictions for {where}, which the record has; delete the record and run again"
            )
        try:
            now = measure(s.metric, arrays[key], truth_of(dataset, split, s.target, s.readout))
        except UsageError as error:
            raise DataError(f"{file}: {where}: {error}") from None
        if (found := score_of(s.target, s.readout, s.probe, now, s.labels)) != s:
            raise DataError(
                f"{file}: {where} is {found.value} (error {found.se}) by the predictions, {s.value} (error {s.se}) in "
                f"the record of {record.method} on {record.task}; delete the record and run again"
            )
