"""Anchors on OpenML tasks: do the controls reach what is known of them? Balanced accuracy, official fold 0.

python tests/benchmarks/openml_anchors.py > results/benchmarks/openml_anchors.csv      # some core-minutes

kr-vs-kp (task 3): logistic regression on the raw input about .96, gradient boosting about .99. letter (task 6): .77,
and at least .95. Standard protocol, the linear probe alone. The tables come from the openml client's cache or are
downloaded. Exit code 1 if an anchor is missed.
"""

import csv
import sys
import time
from dataclasses import replace

from sslbench.config import RunOptions
from sslbench.runner.plan import MethodPack, make_plan
from sslbench.runner.worker import run_pack

ANCHORS = {  # task, method -> the least and the most that is expected
    ("openml-3", "raw-input"): (0.94, 0.98),
    ("openml-3", "gradient-boosting"): (0.985, 1.0),
    ("openml-6", "raw-input"): (0.75, 0.79),
    ("openml-6", "gradient-boosting"): (0.95, 1.0),
}

if __name__ == "__main__":
    tasks, methods = ("openml:3", "openml:6"), ("raw-input", "gradient-boosting")
    plan = make_plan(RunOptions(tasks=tasks, methods=methods, seeds=1), [])
    out = csv.writer(sys.stdout, lineterminator="\n")
    out.writerow(["task", "method", "balanced_accuracy", "least", "most", "met", "test_rows", "core_seconds"])
    missed = 0
    for pack in (p for p in plan.packs if isinstance(p, MethodPack)):
        began = time.process_time()
        (record,) = run_pack(replace(pack, results="", protocol=replace(pack.protocol, probes=("linear",))), "cpu")
        if record.status != "ok":
            sys.exit(f"{record.method} on {record.task}: {record.reason}")
        (score,) = (s for s in record.scores if s.metric == "balanced-accuracy" and s.labels == "all")
        least, most = ANCHORS[record.task, record.method]
        met = least <= score.value <= most
        missed += not met
        row = [record.task, record.method, f"{score.value:.4f}", least, most, met, score.n]
        out.writerow([*row, f"{time.process_time() - began:.1f}"])
    sys.exit(missed > 0)
