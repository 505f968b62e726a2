"""Ways to choose and to soften the linear probe, on ten splits of four tasks: which leaves the least residual?

    python tests/benchmarks/probe_protocol.py [results/benchmarks/probe_protocol.csv]

Representations: raw input, pca, an untrained encoder, vicreg (a tenth of its steps), each with its own ten splits (two
random orders, five folds each) and inits. `residual_sd` is what is left of bits when the means of method x task and of
split x task are taken away: the noise in which two methods must be told apart. `split_sd` leaves the second in.
"""

import sys
from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from sklearn.model_selection import RepeatedStratifiedKFold, train_test_split

from sslbench.config import STANDARD, Run
from sslbench.data.dataset import load_dataset
from sslbench.data.splits import Split
from sslbench.evaluation.readouts import readouts_of
from sslbench.probes.linear import LinearFit, linear_fit
from sslbench.probes.metrics import bits_score, class_prior
from sslbench.probes.predictions import mixed
from sslbench.registry import METHODS
from sslbench.tasks import find_task
from sslbench.training.represent import represent

TASKS = ("digits", "digit-halves", "wine", "fair")
REPRESENTATIONS = ("raw-input", "pca", "random-encoder", "vicreg")
TEMPERATURES = np.geomspace(0.5, 4, 25)
FILE = Path("results/benchmarks/probe_protocol.csv")


def ten_splits(labels: np.ndarray) -> tuple[Split, ...]:
    """Test a fifth, val a fifth of the rest; train parts of one length."""
    found = []
    for rest, test in RepeatedStratifiedKFold(n_splits=5, n_repeats=2, random_state=0).split(labels, labels):
        train, val = train_test_split(rest, test_size=0.2, random_state=0, stratify=labels[rest])
        found.append(Split(train, val, test))
    shortest = min(len(s.train) for s in found)
    return tuple(replace(s, train=s.train[:shortest]) for s in found)


def ways(parts, labels, classes: int) -> dict[str, float]:
    """Bits of test by every way. parts: features of train, val and test; labels: theirs."""
    (x, xv, xt), (y, yv, yt) = parts, labels
    known, prior = np.concatenate([y, yv]), class_prior(np.concatenate([y, yv]), classes)
    before = LinearFit(x, y, classes, STANDARD.probe_strengths, STANDARD.probe_iterations)
    chosen = before.log_probabilities(xt, int(np.argmin(before.losses(xv, yv))))
    folds = linear_fit(torch.cat([x, xv]), known, classes, STANDARD)
    refit, which = folds.log_probabilities(xt), STANDARD.probe_strengths.index(folds.strengths[0])
    on_val, on_test = before.log_probabilities(xv, which), before.log_probabilities(xt, which)
    cooled = lambda log_p, t: torch.as_tensor(log_p / t).log_softmax(-1).numpy()  # noqa: E731
    best = min(TEMPERATURES, key=lambda t: -cooled(on_val, t)[np.arange(len(yv)), yv].mean())
    found = {
        "val chooses, train fits": chosen,
        "val chooses, train fits, 1 % prior": mixed(chosen, prior, STANDARD.prior_share),
        "folds choose, both fit": refit,
        "folds choose, both fit, 1 % prior": mixed(refit, prior, STANDARD.prior_share),
        "folds choose, train fits, val's temperature": cooled(on_test, best),
    }
    return {way: bits_score(log_p, prior, yt).value for way, log_p in found.items()}


def measured() -> pd.DataFrame:
    """One row per task, representation, split and way."""
    rows = []
    for task, name in product(TASKS, REPRESENTATIONS):
        data = load_dataset(find_task(task))
        target, y = next(iter(data.targets.items()))
        data = replace(data, splits=ten_splits(y))
        runs, short = tuple(Run(k, k) for k in range(10)), replace(STANDARD, step_scale=0.1)
        h = represent(METHODS.get(name).build(), data, runs, short, torch.device("cpu")).h
        for k, split in enumerate(data.splits):
            parts = readouts_of({stream: x[k] for stream, x in h.items()}, split)[0].features[0]
            found = ways(parts, [y[p] for p in (split.train, split.val, split.test)], int(y.max()) + 1)
            rows += [(task, name, k, way, bits) for way, bits in found.items()]
        print(task, target, name, file=sys.stderr, flush=True)
    return pd.DataFrame(rows, columns=["task", "method", "split", "way", "bits"])


def summary(found: pd.DataFrame) -> pd.DataFrame:
    """Mean bits and both spreads of every way, over all tasks and of each."""
    cell = found.groupby(["way", "task", "method"])["bits"].transform("mean")
    shared = found.groupby(["way", "task", "split"])["bits"].transform("mean")
    level = found.groupby(["way", "task"])["bits"].transform("mean")
    methods, splits = len(REPRESENTATIONS), 10
    found = found.assign(of_split=(found["bits"] - cell) ** 2, left=(found["bits"] - cell - shared + level) ** 2)
    out = []
    for way, task in product(found["way"].unique(), ("all", *TASKS)):
        rows = found[(found["way"] == way) & ((task == "all") | (found["task"] == task))]
        free = (splits - 1) / splits, (splits - 1) * (methods - 1) / (splits * methods)  # degrees of freedom per row
        spreads = [float(np.sqrt(rows[c].mean() / f)) for c, f in zip(("of_split", "left"), free, strict=True)]
        out.append((way, task, rows["bits"].mean(), *spreads))
    return pd.DataFrame(out, columns=["way", "task", "mean_bits", "split_sd", "residual_sd"]).round(4)


def main() -> None:
    torch.set_num_threads(1)
    table = summary(measured())
    table.to_csv(sys.argv[1] if len(sys.argv) > 1 else FILE, index=False, lineterminator="\n")
    print(table[table["task"] == "all"].to_string(index=False))


if __name__ == "__main__":
    main()
