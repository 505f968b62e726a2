"""What a converged run costs, before and after: an older checkout and this one, in turn, each in a process of its own.

Equal steps: both train by the same budget. Equal score: each by its own, and the bits of the linear probe are shown
beside. Core-seconds of training and encoding per run, one thread, median over rounds, and their ratio. Writes JSON.

git worktree add /tmp/before 87b82c5
python tests/benchmarks/converged_cost.py /tmp/before results/benchmarks/converged-cost.json [rounds]
"""

import json
import os
import statistics
import subprocess
import sys
from pathlib import Path

METHODS = ("vicreg", "byol")
RUNS_BEFORE, RUNS_AFTER = 3, 6  # of a cell, side by side: three seeds then; folds x inits now
EQUAL = {"steps": 60, "batch": 128, "rate": 2e-3}
OLD = {"steps": 1000, "batch": 128, "rate": 2e-3}
NEW = {"steps": 800, "batch": 64, "rate": 5e-3}
# task, what is compared, the budget before and after
CASES = (
    ("digits", "equal steps", EQUAL, EQUAL),
    ("digit-halves", "equal steps", EQUAL, EQUAL),
    ("switch", "equal steps", EQUAL, EQUAL),
    ("digits", "equal score", OLD, NEW),
)
WORKER = """
import json, sys, time, torch
from dataclasses import replace
from sslbench import config
from sslbench.data.dataset import load_dataset
from sslbench.evaluation.score import score_representation
from sslbench.registry import METHODS
from sslbench.tasks import find_task
from sslbench.training.represent import represent
torch.set_num_threads(1), torch.set_flush_denormal(True)
for line in sys.stdin:
    task, method, runs, budget = json.loads(line)
    card = find_task(task)
    crossed = "inits" in type(card.budget).model_fields
    new = {k: budget[k] for k in ("steps", "batch")}
    data = load_dataset(card.model_copy(update={"budget": card.budget.model_copy(update=new)}))
    protocol = replace(config.STANDARD, probes=("linear",), learning_rate=budget["rate"])
    seeds = tuple(config.Run(k % card.splits.folds, k) if crossed else k for k in range(runs))
    start = time.process_time()
    done = represent(METHODS.get(method).build(), data, seeds, protocol, torch.device("cpu"))
    spent = (time.process_time() - start) / runs
    bits = []
    for i in range(3):  # the runs that both have
        scores = score_representation(data, data.split(i), {k: x[i] for k, x in done.h.items()}, protocol)[0]
        bits += [s.value for s in scores if (s.readout, s.metric, s.labels) == ("joint", "bits", "all")]
    print(json.dumps([spent, sum(bits) / len(bits)]), flush=True)
"""


def worker(checkout: Path) -> subprocess.Popen:
    """A process that trains with the code of a checkout, a job a line."""
    where = os.environ | {"PYTHONPATH": str(checkout), "OMP_NUM_THREADS": "1"}
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    return subprocess.Popen([sys.executable, "-c", WORKER], env=where, cwd="/", text=True, **pipes)


def measured(process: subprocess.Popen, *job) -> list[float]:
    """Core-seconds per run, and mean bits."""
    process.stdin.write(json.dumps(job) + "\n")
    process.stdin.flush()
    return json.loads(process.stdout.readline())


def main() -> None:
    out, rounds = Path(sys.argv[2]), int(sys.argv[3]) if len(sys.argv) > 3 else 3
    before, after = worker(Path(sys.argv[1]).resolve()), worker(Path(__file__).resolve().parents[2])
    found = []
    for task, kind, old, new in CASES:
        for method in METHODS:
            jobs = [(before, task, method, RUNS_BEFORE, old), (after, task, method, RUNS_AFTER, new)]
            for job in jobs if kind == "equal steps" else ():
                measured(*job)  # warm
            pairs = []
            for i in range(rounds if kind == "equal steps" else 1):
                made = [measured(*job) for job in jobs[:: 1 - 2 * (i % 2)]]
                pairs.append(made[:: 1 - 2 * (i % 2)])
            ratios = sorted(o[0] / n[0] for o, n in pairs)
            row = {"task": task, "compared at": kind, "method": method, "before": old, "after": new}
            row |= {f"seconds_{s}": round(statistics.median(p[k][0] for p in pairs), 3) for k, s in SIDES}
            row |= {f"bits_{s}": round(pairs[0][k][1], 3) for k, s in SIDES}
            row |= {
                "ratio": round(statistics.median(ratios), 2),
                "low": round(ratios[0], 2),
                "high": round(ratios[-1], 2),
            }
            found.append(row)
            print(row, file=sys.stderr, flush=True)
    for process in (before, after):
        process.stdin.close()
    kinds = sorted({r["compared at"] for r in found})
    middle = {k: round(statistics.median(r["ratio"] for r in found if r["compared at"] == k), 2) for k in kinds}
    facts = {"runs_before": RUNS_BEFORE, "runs_after": RUNS_AFTER, "rounds": rounds, "median_ratio": middle}
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps(facts | {"rows": found}, indent=1) + "\n")
    print(json.dumps(middle))


SIDES = tuple(enumerate(("before", "after")))

if __name__ == "__main__":
    main()
