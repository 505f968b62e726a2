"""What methods keep on worlds whose truth is known: bits of the shared and of the unique factor, and of xor.

    python tests/benchmarks/known_answers.py

One seed, 3,000 rows, 400 steps; a factor has 1 bit. Prints Markdown.
"""

import sys
import tempfile
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "methods"))

from paired_worlds import bits, dataset_of, nuis, xor

ENDS = ["simclr-compress", "simclr", "simclr-keep"]
KEEPS = ["random-encoder", "clip", *ENDS, "mib", "infomax", "cross-self", "factorcl", "comm"]
FUSES = ["random-encoder", "clip", "cross-self", "comm", "supervised-single", "supervised"]


def main(folder: Path) -> None:
    torch.set_num_threads(1)
    world = dataset_of(nuis(), folder / "nuis.npz")
    print("| method | shared factor, both streams | unique factor, stream 1 |\n|---|---|---|")
    for name in KEEPS:
        read = bits(name, world)
        print(f"| `{name}` | {read['shared', 'joint']:.3f} | {read['unique', 'x1']:.3f} |", flush=True)
    widths = (1, 2, 4, 8)
    print(f"\n| method | {' | '.join(f'xor and {w - 1} nuisance columns' for w in widths)} |\n|---|---|---|---|---|")
    worlds = [dataset_of(xor(w), folder / f"xor{w}.npz") for w in widths]
    for name in FUSES:
        read = [bits(name, w)["label", "joint"] for w in worlds]
        print(f"| `{name}` | {' | '.join(f'{v:.3f}' for v in read)} |", flush=True)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        main(Path(folder))
