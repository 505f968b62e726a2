"""Which methods do not beat the untrained encoder on any task of a modality, from results/tables.

    python tests/benchmarks/against_controls.py [results]

Beating means: the 95 % interval of the gain in bits, paired seed by seed, lies above 0. Prints Markdown.
"""

import json
import sys
from pathlib import Path

import pandas as pd

BOARDS = ("vision", "tabular", "pairs")


def beaten(results: Path, over: str = "random-encoder") -> pd.DataFrame:
    """One row per method and modality: targets with the interval above 0, with a mean above 0, and all; mean gain."""
    cards = json.loads((results / "cards.json").read_text())
    gains = pd.read_csv(results / "tables" / "gains.csv")
    gains = gains[(gains["over"] == over) & (gains["track"] == "default")]
    gains["modality"] = gains["task"].map(lambda t: cards["tasks"][t]["modality"])
    gains["family"] = gains["method"].map(lambda m: cards["methods"][m]["family"])
    found = gains.groupby(["modality", "family", "method"]).agg(
        surely=("low", lambda v: int((v > 0).sum())),
        on_average=("value", lambda v: int((v > 0).sum())),
        targets=("value", "size"),
        mean=("value", "mean"),
        best=("value", "max"),
    )
    return found.reset_index()


def main(results: Path) -> None:
    found = beaten(results)
    for board in BOARDS:
        rows = found[(found["modality"] == board) & (found["surely"] == 0)].sort_values("mean")
        count = int((found["modality"] == board).sum())
        print(f"\n### {board}: {len(rows)} of {count} rows beat the untrained encoder on no target\n")
        print("| method | family | mean gain, bits | best gain | above 0 on average |\n|---|---|---|---|---|")
        for r in rows.itertuples():
            print(f"| `{r.method}` | {r.family} | {r.mean:+.3f} | {r.best:+.3f} | {r.on_average} of {r.targets} |")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "results"))
