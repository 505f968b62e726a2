"""How many methods are on which side of a threshold: python tests/benchmarks/metric_verdict_counts.py [file.csv].

The file is results/tables/metric_verdicts.csv. One row per assumption about representations: cells (task, method and,
where it has one, target) by verdict, and the methods of the rarer side.
"""

import sys

import pandas as pd


def counts(verdicts: pd.DataFrame) -> pd.DataFrame:
    """Cells by verdict of every assumption, with up to four methods that alone violate or alone hold it."""
    rows = []
    for name, cells in verdicts.groupby("assumption"):
        by = {v: cells[cells["verdict"] == v] for v in ("holds", "undecided", "violated")}
        rare = min(("holds", "violated"), key=lambda v: len(by[v]) or 10**9)
        methods = by[rare]["method"].value_counts()
        who = ", ".join(f"{m} {n}" for m, n in methods.head(4).items()) + (" ..." if len(methods) > 4 else "")
        rows.append((name, *(len(by[v]) for v in by), f"{rare}: {who}" if who else ""))
    return pd.DataFrame(rows, columns=["assumption", "holds", "undecided", "violated", "who"])


if __name__ == "__main__":
    file = sys.argv[1] if len(sys.argv) > 1 else "results/tables/metric_verdicts.csv"
    print(counts(pd.read_csv(file)).to_string(index=False))
