"""Results of earlier forms brought into today's form: records of schema 1, cards, calibration trials of hashed code.

A converted record keeps its identity: its numbers are of an earlier version of the protocol, and `run` makes them anew.
"""

import os
from dataclasses import replace
from pathlib import Path

from sslbench.calibration.verdicts import estimator_version
from sslbench.records import RunRecord, Writer, convert_results, read_records
from sslbench.records.trials import append_trials, read_trials
from sslbench.registry import METHODS
from sslbench.runner.cards import write_cards
from sslbench.runner.plan import Plan
from sslbench.tasks import shipped_tasks

FIRST = "1.1.1"  # the versions that calibration trials of hashed code are taken for


def convert_folder(results: Path) -> str:
    """Rewrite a folder's records, cards and calibration in today's form; says in words what was done."""
    files = convert_results(results)
    with Writer(results):
        return f"{files} files of records; {_convert_the_rest(results)} calibration trials"


def _convert_the_rest(results: Path) -> int:
    """Cards of what ran and is known here, and the number of calibration trials that were renamed."""
    known = [r for r in read_records(results)[0] if isinstance(r, RunRecord)]
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
    return len(old)
