"""How often a budget passes the rule of convergence, where nothing moves and where half of the methods move.

python tests/benchmarks/convergence_rule.py > results/benchmarks/convergence_rule.csv        # seconds

One target, eight methods whose means differ by `spread` residual SDs, runs paired at S and 2 S steps, correlation .5.
`strict`: no measured move above half a residual SD, and a Spearman correlation of 0.9. `moves`: that allows for a
move's standard error, up to half a residual SD more. `rule`: as the table convergence has it, which also allows the
order to change as it does where the same steps are repeated, one time in twenty.
"""

import csv
import math
import sys

import numpy as np

from sslbench.tables.convergence import LEAST_SPEARMAN, MOST_MOVED, order_kept, stands_still


def passes(runs: int, spread: float, moved: float, repetitions: int, seed: int = 0) -> dict:
    rng = np.random.default_rng(seed)
    strict = moves = rule = 0
    for _ in range(repetitions):
        means = spread * rng.normal(size=(8, 1))
        before = rng.normal(size=(8, runs))
        after = 0.5 * before + np.sqrt(0.75) * rng.normal(size=(8, runs)) + moved * (np.arange(8) % 2)[:, None]
        change = after - before
        noise = np.sqrt(change.var(1, ddof=1).mean() / runs)
        still = stands_still(change.mean(1), noise, 1.0, math.nan).all()
        order, least = order_kept(*((means + x).mean(1) for x in (before, after)), 1 / np.sqrt(runs))
        strict += np.abs(change.mean(1)).max() <= MOST_MOVED and order >= LEAST_SPEARMAN
        moves += still and order >= LEAST_SPEARMAN
        rule += still and order >= least
    return {"strict": strict / repetitions, "moves": moves / repetitions, "rule": rule / repetitions}


if __name__ == "__main__":
    cases = [(n, s, m) for n in (2, 3, 5, 10) for s in (1.0, 2.0, 5.0) for m in (0.0, 1.0)]
    rows = [{"runs": n, "spread": s, "moved": m, "repetitions": 1000} | passes(n, s, m, 1000) for n, s, m in cases]
    writer = csv.DictWriter(sys.stdout, rows[0], lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
