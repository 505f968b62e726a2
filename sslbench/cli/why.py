"""`sslbench why`: what a stored run depended on, and which part of it differs from the code and data of now."""

from pathlib import Path

from sslbench.config import QUICK, STANDARD
from sslbench.data.dataset import load_dataset
from sslbench.records import RunRecord, read_records
from sslbench.registry import METHODS
from sslbench.runner.identity import run_identity
from sslbench.tasks import find_task

PARTS = ("method", "task", "data", "split", "protocol", "code")


def print_why(method: str, task: str, quick: bool, results: str) -> None:
    """One line per stored run: current, or which parts differ."""
    built, dataset, protocol = METHODS.get(method).build(), load_dataset(find_task(task)), QUICK if quick else STANDARD
    records, _ = read_records(Path(results))
    stored = {
        r.run: r
        for r in records
        if isinstance(r, RunRecord)
        and (r.method, r.task, r.protocol, r.track) == (method, dataset.task.name, protocol.name, "default")
    }
    if not stored:
        print(f"{results} holds no {protocol.name} run of {method} on {dataset.task.name}")
        return
    for run, record in sorted(stored.items()):
        now = run_identity(built, dataset, run, protocol)
        differs = [p for p in PARTS if getattr(now, p) != getattr(record.identity, p)]
        words = (
            "would be repeated, since this differs: " + ", ".join(differs)
            if differs
            else "current: it will not be repeated"
        )
        print(f"fold {run.fold}, init {run.init}: {record.status}; {words}")
        for part in PARTS:
            mark = "  <- now " + getattr(now, part) if part in differs else ""
            print(f"  {part:9s} {getattr(record.identity, part)}{mark}")
        if record.reason:
            print(f"  reason    {record.reason}")
