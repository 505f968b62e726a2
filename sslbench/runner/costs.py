"""What a run or a verdict took before: in this results folder, or in the results that come with sslbench."""

import csv

from sslbench.config import Protocol
from sslbench.records import Record
from sslbench.records.identity import task_digest
from sslbench.resources import shipped
from sslbench.tasks import shipped_tasks

Costs = dict[tuple[str, str, str], float]  # (method, digest of the task's card, track) -> seconds; method "": verdicts


def known_costs(records: list[Record], protocol: Protocol) -> Costs:
    """Seconds per run, or per verdict, as they were measured; the folder's own records before those of elsewhere.

    The seconds of a tuned run are those with its candidates.
    """
    return _shipped(protocol) | _stored(records, protocol)


def _stored(records: list[Record], protocol: Protocol) -> Costs:
    out: Costs = {}
    for r in records:
        if r.protocol == protocol.name and r.seconds:
            track = getattr(r, "track", "default")
            if track != "candidate":
                each = sum(r.seconds.values())
                out[getattr(r, "method", ""), r.identity.task, track] = each * max(1, getattr(r, "candidates", 0))
    return out


def _shipped(protocol: Protocol) -> Costs:
    """Runs of the standard protocol, whose pretraining is scaled to the steps of this one; {} if none are shipped."""
    try:
        lines = (shipped("results/tables") / "cells.csv").read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return {}
    cards = {name: task_digest(task) for name, task in shipped_tasks().items()}
    out: Costs = {}
    for row in csv.DictReader(lines):
        if row["track"] == "default" and row["task"] in cards and row.get("seconds_per_run"):
            saved = float(row["pretrain_seconds"] or 0) * (1 - protocol.step_scale)
            out[row["method"], cards[row["task"]], "default"] = float(row["seconds_per_run"]) - saved
    return out
