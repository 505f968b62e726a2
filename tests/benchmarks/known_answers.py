"""What methods keep on worlds whose truth is known: bits of the shared and of the unique factor, and of xor.

    python tests/benchmarks/known_answers.py [file.csv]

One seed, 3,000 rows, 400 steps; a factor has 1 bit. Writes results/benchmarks/known_answers.csv: world (`shared`: two
streams with a shared and a private factor; `xor`: beside nuisance columns), method, what is read, bits.
"""

import sys
import tempfile
from pathlib import Path

import pandas as pd
import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "methods"))

from paired_worlds import bits, dataset_of, nuis, xor

FILE = Path(__file__).resolve().parents[2] / "results" / "benchmarks" / "known_answers.csv"
ENDS = ["simclr-compress", "simclr", "simclr-keep"]
KEEPS = ["random-encoder", "clip", *ENDS, "mib", "infomax", "cross-self", "factorcl", "comm"]
FUSES = ["random-encoder", "clip", "cross-self", "comm", "supervised-single", "supervised"]


def main(folder: Path, out: Path) -> None:
    torch.set_num_threads(1)
    rows = []
    world = dataset_of(nuis(), folder / "nuis.npz")
    for name in KEEPS:
        read = bits(name, world)
        rows.append(("shared", name, "shared factor, both streams", read["shared", "joint"]))
        rows.append(("shared", name, "private factor, stream 1", read["unique", "x1"]))
    for width in (1, 2, 4, 8):
        world = dataset_of(xor(width), folder / f"xor{width}.npz")
        for name in FUSES:
            read = f"{width - 1} nuisance column{'s' * (width != 2)}"
            rows.append(("xor", name, read, bits(name, world)["label", "joint"]))
    table = pd.DataFrame(rows, columns=["world", "method", "read", "bits"])
    table.to_csv(out, index=False, float_format="%.4f")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as made:
        main(Path(made), Path(sys.argv[1]) if len(sys.argv) > 1 else FILE)
