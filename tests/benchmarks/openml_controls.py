"""What the controls reach on tables: linear, raw+h and fine-tuned, beside boosting and an MLP from scratch.

python tests/benchmarks/openml_controls.py openml:31 openml:3@scarf        # CSV on stdout; a core-minute or two each

raw-input + linear is logistic regression, supervised is the MLP from scratch; balanced accuracy on the first fold,
standard protocol. The tables come from the openml client's cache or are downloaded.
"""

import csv
import sys
from dataclasses import replace

from sslbench.config import RunOptions
from sslbench.runner.plan import MethodPack, make_plan
from sslbench.runner.worker import run_pack

METHODS = ("raw-input", "random-encoder", "scarf", "supervised", "gradient-boosting")
PROBES = ("linear", "raw+h", "fine-tune")

if __name__ == "__main__":
    if not (tasks := tuple(sys.argv[1:])):
        sys.exit("which tasks? For example openml:31")
    out = csv.writer(sys.stdout, lineterminator="\n")
    out.writerow(["task", "method", "probe", "balanced_accuracy", "test_rows"])
    for pack in make_plan(RunOptions(tasks=tasks, methods=METHODS, seeds=1), []).packs:
        if isinstance(pack, MethodPack):
            (record,) = run_pack(replace(pack, results="", protocol=replace(pack.protocol, probes=PROBES)), "cpu")
            for s in record.scores:
                if s.metric == "balanced-accuracy" and s.labels == "all":
                    out.writerow([record.task, record.method, s.probe, f"{s.value:.4f}", s.n])
            if record.status != "ok":
                out.writerow([record.task, record.method, record.reason, "", ""])
    sys.stdout.flush()
