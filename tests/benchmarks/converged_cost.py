"""What a converged run costs, before and after: an older checkout and this one, in turn, in processes of their own.

Equal steps: both train the reference methods by the same budget. Equal score: each by the budget that its cards had or
have, and the bits of the linear probe are shown beside. Core-seconds of training per run, one thread, median over
rounds, and their ratio. Writes JSON.

git worktree add /tmp/before 87b82c5
python tests/benchmarks/converged_cost.py /tmp/before results/benchmarks/converged-cost.json [rounds]
"""

import json
import os
import statistics
import subprocess
import sys
from pathlib import Path

METHODS = ("simclr", "byol", "vicreg", "mae")
RUNS = 6  # side by side: what a cell has
OLD = {"steps": 500, "batch": 128, "rate": 2e-3}
# task -> what is compared: the budget before, and after
CASES = {
    "digits": {"equal steps": (OLD, OLD)},
    "digit-halves": {"equal steps": (OLD, OLD)},
    "switch": {"equal steps": (OLD, OLD)},
}
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
task, method, runs, budget = json.loads(sys.argv[1])
card = find_task(task)
new = {k: budget[k] for k in ("steps", "batch")}
data = load_dataset(card.model_copy(update={"budget": card.budget.model_copy(update=new)}))
protocol = replace(config.STANDARD, probes=("linear",), learning_rate=budget["rate"])
places = [(k % data.task.splits.folds, k) for k in range(runs)]
crossed = "inits" in type(card.budget).model_fields
seeds = tuple(config.Run(*p) if crossed else p[1] for p in places)
start = time.process_time()
done = represent(METHODS.get(method).build(), data, seeds, protocol, torch.device("cpu"))
spent = (time.process_time() - start) / runs
bits = []
for i, (fold, seed) in enumerate(places):
    h = {k: x[i] for k, x in done.h.items()}
    scores = score_representation(data, data.split(fold if crossed else seed), h, protocol)
    bits += [s.value for s in scores[0] if (s.readout, s.metric, s.labels) == ("joint", "bits", "all")]
print(json.dumps([spent, sum(bits) / len(bits)]))
"""


def measured(checkout: Path, task: str, method: str, budget: dict) -> tuple[float, float]:
    """Core-seconds per run, and mean bits, of the code in a checkout."""
    where = os.environ | {"PYTHONPATH": str(checkout), "OMP_NUM_THREADS": "1"}
    asked = json.dumps([task, method, RUNS, budget])
    done = subprocess.run([sys.executable, "-c", WORKER, asked], env=where, cwd="/", capture_output=True, text=True)
    if done.returncode:
        sys.exit(done.stderr)
    return tuple(json.loads(done.stdout.splitlines()[-1]))


def main() -> None:
    before, out = Path(sys.argv[1]).resolve(), Path(sys.argv[2])
    rounds = int(sys.argv[3]) if len(sys.argv) > 3 else 3
    here = Path(__file__).resolve().parents[2]
    found = []
    for task, cases in CASES.items():
        for kind, (old, new) in cases.items():
            for method in METHODS:
                pairs = []
                for i in range(rounds):
                    sides = [("old", before, old), ("new", here, new)][:: 1 - 2 * (i % 2)]
                    both = {side: measured(where, task, method, budget) for side, where, budget in sides}
                    pairs.append((both["old"], both["new"]))
                cost = [statistics.median(p[k][0] for p in pairs) for k in (0, 1)]
                ratios = sorted(o[0] / n[0] for o, n in pairs)
                row = {"task": task, "compared at": kind, "method": method, "before": old, "after": new}
                row |= {"seconds_before": round(cost[0], 3), "seconds_after": round(cost[1], 3)}
                row |= {"ratio": round(statistics.median(ratios), 2)}
                row |= {"low": round(ratios[0], 2), "high": round(ratios[-1], 2)}
                row |= {"bits_before": round(pairs[0][0][1], 3), "bits_after": round(pairs[0][1][1], 3)}
                found.append(row)
                print(row, file=sys.stderr, flush=True)
    kinds = {r["compared at"] for r in found}
    middle = {k: round(statistics.median(r["ratio"] for r in found if r["compared at"] == k), 2) for k in sorted(kinds)}
    facts = {"runs side by side": RUNS, "rounds": rounds, "median ratio": middle, "rows": found}
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps(facts, indent=1) + "\n")
    print(json.dumps(middle))


if __name__ == "__main__":
    main()
