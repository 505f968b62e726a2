"""Results from before declared versions, brought up to date once: what agrees with a run of now is not made again.

Records of schema 1 knew their code by hashes of source text. A record is taken for version 1 of everything if all that
can be checked agrees: its card, data, split and protocol digests. What does not agree keeps its old identity, and `run`
makes it anew.
"""

import functools
import os
from dataclasses import replace
from pathlib import Path

from sslbench.calibration.verdicts import estimator_version
from sslbench.config import PROTOCOL_VERSION, Protocol, as_dict, protocol_named
from sslbench.data.dataset import Dataset, load_dataset
from sslbench.errors import SslbenchError
from sslbench.records import AssumptionRecord, Identity, Record, RunRecord, Writer, convert_results, read_records
from sslbench.records.convert import rewrite
from sslbench.records.identity import digest
from sslbench.records.trials import append_trials, read_trials
from sslbench.registry import METHODS
from sslbench.runner.cards import write_cards
from sslbench.runner.identity import assumption_identity, run_identity
from sslbench.runner.plan import Plan
from sslbench.tasks import find_task, shipped_tasks

FIRST = "1.1.1"  # the versions that calibration trials of hashed code are taken for


def _old_protocol(protocol: Protocol) -> str:
    """The digest of a protocol before it listed its probes."""
    return digest(PROTOCOL_VERSION, {k: v for k, v in as_dict(protocol).items() if k != "probes"})


@functools.lru_cache(maxsize=4)
def _dataset(task: str) -> Dataset | None:
    try:
        return load_dataset(find_task(task))
    except SslbenchError:
        return None


def _identity_now(record: Record) -> Identity | None:
    """The identity that the same run or verdict has now; None if there is no such method or data here."""
    dataset, protocol = _dataset(record.task), protocol_named(record.protocol)
    if dataset is None or (isinstance(record, RunRecord) and record.fold >= dataset.folds):
        return None
    try:
        if isinstance(record, AssumptionRecord):
            return assumption_identity(record.assumption, dataset, record.target, protocol)
        method = METHODS.get(record.method).build()
    except SslbenchError:
        return None
    found = run_identity(method, dataset, record.run, protocol, record.candidates)
    if record.track == "candidate":
        found = found.model_copy(update={"digest": digest(found.digest, record.settings)})
    return found


def _of_first_versions(identity: Identity) -> bool:
    """Whether every version that an identity names is 1."""
    method = identity.method.rpartition(" ")[0]  # without the digest of its settings
    named = [part for words in (identity.code, identity.estimator, method) for part in words.split(", ") if part]
    return all(part.rpartition(" ")[2] == "1" for part in named)


def up_to_date(record: Record) -> Record:
    """The record with an identity of declared versions, if card, data, split and protocol agree; else as it is."""
    old = record.identity
    if old.code or old.protocol != _old_protocol(protocol_named(record.protocol)):
        return record
    now = _identity_now(record)
    if now is None or (now.task, now.data, now.split) != (old.task, old.data, old.split):
        return record
    if not _of_first_versions(now):  # a version was raised since: the old number is not what the code makes now
        return record
    return record.model_copy(update={"identity": now})


def convert_folder(results: Path) -> str:
    """Rewrite a folder's records, cards and calibration in today's form; says in words what was done."""
    convert_results(results)
    with Writer(results):
        return _convert(results)


def _convert(results: Path) -> str:
    records, _ = read_records(results)
    records.sort(key=lambda r: r.task)  # one task's data at a time
    made = {id(r): up_to_date(r) for r in records}
    originals, _ = read_records(results)
    by_key = {r.key: made[id(r)] for r in records}
    rewrite(results, [by_key[r.key] for r in originals])
    known = [r for r in originals if isinstance(r, RunRecord)]
    names = [n for n in dict.fromkeys(r.method for r in known) if METHODS.registered(n)]
    shipped = shipped_tasks()
    tasks = [shipped[t] for t in dict.fromkeys(r.task for r in known) if t in shipped]
    write_cards(results, Plan(methods=sorted(names), tasks=tasks))
    trials = read_trials(file := results / "calibration.csv")
    old = [t for t in trials if "." not in t.code and estimator_version(t.assumption) == FIRST]
    if old:
        partial = file.with_suffix(".partial")
        partial.unlink(missing_ok=True)
        append_trials(partial, [replace(t, code=FIRST) if t in old else t for t in trials])
        os.replace(partial, file)
    count = sum(new.identity != old.identity for old, new in ((r, made[id(r)]) for r in records))
    return f"{len(records)} records, {count} of them with a new identity; {len(old)} calibration trials"
