"""What compressing and keeping are worth on every target, from results: bits over the same base without the dial.

    python tests/benchmarks/dial.py [results]

Mean over the four bases of the difference of one run, then a 95 % t interval over runs. Prints Markdown.
"""

import sys
from pathlib import Path

import numpy as np
import pandas as pd

from sslbench.records import RunRecord, read_records
from sslbench.stats import mean_interval

BASES = ("simclr", "byol", "barlow-twins", "vicreg")


def differences(results: Path) -> pd.DataFrame:
    """Bits of every base dialled to an end, less those of the base: one row per task, target, end and run."""
    found = {}
    for r in read_records(results)[0]:
        if isinstance(r, RunRecord) and r.track == "default":
            for s in r.scores:
                if (s.readout, s.probe, s.metric, s.labels) == ("joint", "linear", "bits", "all"):
                    found[r.task, s.target, r.run, r.method] = s.value
    rows = []
    for task, target, run, method in found:
        if method == BASES[0]:
            for end in ("compress", "keep"):
                at = [found[task, target, run, f"{b}-{end}"] - found[task, target, run, b] for b in BASES]
                rows.append((task, target, end, run, float(np.mean(at))))
    return pd.DataFrame(rows, columns=["task", "target", "end", "run", "bits"])


def main(results: Path) -> None:
    found = differences(results)
    verdicts = pd.read_csv(results / "tables" / "assumptions.csv").set_index(["task", "target", "assumption"])[
        "verdict"
    ]
    print("| task, target | redundancy 1, 2 | compress | keep |\n|---|---|---|---|")
    for (task, target), rows in found.groupby(["task", "target"]):
        cells = []
        for end in ("compress", "keep"):
            mean, low, high = mean_interval(rows[rows["end"] == end]["bits"].to_numpy())[:3]
            mark = "**" if low > 0 or high < 0 else ""
            cells.append(f"{mark}{mean:+.3f}{mark} [{low:+.3f}, {high:+.3f}]")
        both = ", ".join(verdicts[task, target, f"redundancy-{i}"] for i in (1, 2))
        print(f"| {task}, {target} | {both} | {cells[0]} | {cells[1]} |")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "results"))
