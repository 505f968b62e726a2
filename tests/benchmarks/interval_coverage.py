"""How often intervals of the gap closed, over folds x inits of one data set, hold the known truth.

python tests/benchmarks/interval_coverage.py > results/benchmarks/interval_coverage.csv        # a minute

Truth: y = x1 + c x2 x3 + noise. The control is ridge on x, the reference with labels ridge on x and its products, the
method ridge on random features (its init draws them). Score: bits of a Gaussian of known noise. The truth is the gap
closed by the expected scores over new data sets of the training size, and new inits, from 4,000 of them.
"""

import csv
import sys

import numpy as np
from scipy.stats import t

RULES = ("t over runs", "t over fold means", "corrected, over runs", "corrected, over fold means")
LEVEL = 0.95


def data(rng, rows, noise):
    x = rng.normal(size=(rows, 5))
    return x, x[:, 0] + 0.5 * x[:, 1] * x[:, 2] + noise * rng.normal(size=rows)


def features(x, kind, weights=None):
    products = np.stack([x[:, i] * x[:, j] for i in range(x.shape[1]) for j in range(i, x.shape[1])], 1)
    shown = {"control": [x], "labels": [x, products], "method": [] if weights is None else [np.tanh(x @ weights)]}
    return np.concatenate([np.ones((len(x), 1)), *shown[kind]], 1)


def bits(train, test, noise, kind, weights=None):
    """Bits over a model that knows the noise and predicts 0; higher is better."""
    x, y = train
    phi = features(x, kind, weights)
    beta = np.linalg.solve(phi.T @ phi + np.eye(phi.shape[1]), phi.T @ y)
    error = test[1] - features(test[0], kind, weights) @ beta
    return float((test[1] ** 2 - error**2).mean() / (2 * noise**2 * np.log(2)))


def scores(rng, rows, folds, inits, noise, width):
    """Scores (3, folds, inits) of control, labels and method by cross-validation of one new data set."""
    x, y = data(rng, rows, noise)
    fold = np.arange(rows) % folds
    maps = [rng.normal(size=(5, width)) for _ in range(inits)]
    out = np.empty((3, folds, inits))
    for f in range(folds):
        train, test = (x[fold != f], y[fold != f]), (x[fold == f], y[fold == f])
        out[0, f], out[1, f] = (bits(train, test, noise, kind) for kind in ("control", "labels"))
        out[2, f] = [bits(train, test, noise, "method", w) for w in maps]
    return out


def true_gap(rng, rows, folds, noise, width, draws=4000):
    train_rows, found = rows * (folds - 1) // folds, np.zeros(3)
    for _ in range(draws):
        train, test = data(rng, train_rows, noise), data(rng, 500, noise)
        weights = rng.normal(size=(5, width))
        found += [bits(train, test, noise, k, weights) for k in ("control", "labels", "method")]
    return (found[2] - found[0]) / (found[1] - found[0])


def intervals(found):
    """{rule: (low, high)} of the gap closed; linearised, as the ratio of two means."""
    over, room = found[2] - found[0], found[1] - found[0]
    gap = over.mean() / room.mean()
    each = gap + (over - gap * room) / room.mean()  # (folds, inits), mean = gap
    folds, runs = len(each), each.size
    fold_means = each.mean(1)
    variances = {
        RULES[0]: (each.var(ddof=1) / runs, runs - 1),
        RULES[1]: (fold_means.var(ddof=1) / folds, folds - 1),
        RULES[2]: (each.var(ddof=1) * (1 / runs + 1 / (folds - 1)), runs - 1),
        RULES[3]: (fold_means.var(ddof=1) * (1 / folds + 1 / (folds - 1)), folds - 1),
    }
    half = {rule: t.ppf(0.5 + LEVEL / 2, df) * np.sqrt(v) for rule, (v, df) in variances.items()}
    return {rule: (gap - h, gap + h) for rule, h in half.items()}


CASES = (  # rows, folds, inits, noise, random features: few of these make the init matter
    (600, 5, 2, 0.5, 20),
    (600, 5, 2, 0.5, 8),
    (600, 5, 2, 0.5, 60),
    (2000, 5, 2, 0.5, 20),
    (600, 3, 2, 0.5, 20),
    (600, 10, 2, 0.5, 20),
    (600, 5, 4, 0.5, 20),
)


def coverage(repetitions: int, seed: int = 0, cases=CASES, draws=4000) -> list[dict]:
    """One row per case and rule: the share of intervals that hold the truth, and their mean width."""
    rows = []
    for rows_, folds, inits, noise, width in cases:
        rng = np.random.default_rng(seed)
        truth = true_gap(rng, rows_, folds, noise, width, draws)
        hits, widths = dict.fromkeys(RULES, 0), dict.fromkeys(RULES, 0.0)
        for _ in range(repetitions):
            for rule, (low, high) in intervals(scores(rng, rows_, folds, inits, noise, width)).items():
                hits[rule] += low <= truth <= high
                widths[rule] += high - low
        for rule in RULES:
            rows.append(
                {
                    **{"rows": rows_, "folds": folds, "inits": inits, "features": width, "truth": round(truth, 4)},
                    **{"rule": rule, "level": LEVEL, "repetitions": repetitions},
                    **{"covered": hits[rule] / repetitions, "width": round(widths[rule] / repetitions, 4)},
                }
            )
    return rows


if __name__ == "__main__":
    table = coverage(1000)
    writer = csv.DictWriter(sys.stdout, table[0], lineterminator="\n")
    writer.writeheader()
    writer.writerows(table)
