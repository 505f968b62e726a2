"""How often a budget passes the rule of convergence, where nothing moves and where half of the methods move.

python tests/benchmarks/convergence_rule.py > results/benchmarks/convergence_rule.csv        # seconds

One target, eight methods whose means differ by `spread` residual SDs, runs paired at S and 2 S steps, correlation .5.
`strict`: no measured move above half a residual SD. `rule`: as the table convergence has it, which allows for a move's
standard error up to half a residual SD more.
"""

import csv
import sys

import numpy as np
from scipy.stats import rankdata

from sslbench.tables.convergence import LEAST_SPEARMAN, MOST_MOVED


def passes(runs: int, spread: float, moved: float, repetitions: int, seed: int = 0) -> dict:
    rng = np.random.default_rng(seed)
    strict = rule = 0
    for _ in range(repetitions):
        means = spread * rng.normal(size=(8, 1))
        before = rng.normal(size=(8, runs))
        after = 0.5 * before + np.sqrt(0.75) * rng.normal(size=(8, runs)) + moved * (np.arange(8) % 2)[:, None]
        change = after - before
        noise = np.sqrt(change.var(1, ddof=1).mean() / runs)
        most = np.abs(change.mean(1)).max()
        order = np.corrcoef(*(rankdata((means + x).mean(1)) for x in (before, after)))[0, 1]
        strict += most <= MOST_MOVED and order >= LEAST_SPEARMAN
        rule += most <= MOST_MOVED + min(noise, MOST_MOVED) and order >= LEAST_SPEARMAN
    return {"strict": strict / repetitions, "rule": rule / repetitions}


if __name__ == "__main__":
    cases = [(n, s, m) for n in (2, 3, 5, 10) for s in (2.0, 5.0) for m in (0.0, 1.0)]
    rows = [{"runs": n, "spread": s, "moved": m, "repetitions": 1000} | passes(n, s, m, 1000) for n, s, m in cases]
    writer = csv.DictWriter(sys.stdout, rows[0], lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
