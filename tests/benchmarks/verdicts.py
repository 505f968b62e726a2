"""How often the verdict on redundancy is right, where the truth is known. Prints one JSON line per world and size.

    python tests/benchmarks/verdicts.py --repetitions 10

Worlds of tests/information/worlds.py; both views of a data set are read once, so a line holds as many verdicts as
repetitions. "holds" is right if the truth is at most the tolerance, "violated" if it is above; "undecided" is never
wrong.
"""

import argparse
import json
import sys
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "information"))

from worlds import world

from sslbench.assumptions.redundancy import test_redundancy

WORLDS = ("shared", "coded", "partly", "private", "xor")
SIZES = ((1000, 8), (1000, 40), (5000, 8))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repetitions", type=int, default=10)
    repetitions = parser.parse_args().repetitions
    torch.set_num_threads(1)
    for n, d in SIZES:
        for name in WORLDS:
            counts, wrong, covered = {"holds": 0, "violated": 0, "undecided": 0}, 0, 0
            for seed in range(repetitions):
                x1, x2, y, truth = world(name, n, d, seed=100 + seed)
                verdict = test_redundancy(x1, x2, {"y": y}, seed=seed)[0]
                counts[verdict.verdict] += 1
                right = "holds" if truth <= verdict.tolerance else "violated"
                wrong += verdict.verdict not in (right, "undecided")
                covered += verdict.low <= truth <= verdict.high
            line = {"world": name, "n": n, "d": d, "truth_nats": round(truth, 4), "repetitions": repetitions}
            print(json.dumps(line | counts | {"wrong": wrong, "covered": covered}), flush=True)


if __name__ == "__main__":
    main()
