"""How often a board calls a method worse than the best where none is, and how often it finds one that is.

python tests/benchmarks/group_errors.py > results/benchmarks/group_errors.csv        # two minutes

A board is methods x tasks of gaps, every gap = target + method + noise. Errors: no method differs; the share of boards
in which any is called distinguishable from the best, with noise alike for all, of many sizes (log-normal, sigma 1),
with heavy tails (t, 3), shared by kin (families of five, correlation .7), or with several targets a task. Power: half
of the methods lie a number of SDs of noise lower; the share of those that is found. Beside it: the interval over tasks.
"""

import csv
import sys

import numpy as np
from scipy.stats import t

from sslbench.stats import clustered_mean, near_best

NOISES = ("alike", "many sizes", "heavy tails", "kin", "several targets a task")


def board(rng, methods: int, tasks: int, noise: str) -> tuple[np.ndarray, list[int]]:
    """Gaps (methods, targets) in which nothing differs, and the task of every target."""
    clusters = list(range(tasks))
    if noise == "several targets a task":
        clusters = [g for g in range(tasks) for _ in range((5, 1, 2, 1)[g % 4])]
    values = rng.normal(size=(methods, tasks))
    if noise == "heavy tails":
        values = rng.standard_t(3, size=(methods, tasks)) / np.sqrt(3)
    if noise == "many sizes":
        values *= np.exp(rng.normal(size=(methods, 1)))
    if noise == "kin":
        kin = rng.normal(size=(-(-methods // 5), tasks)).repeat(5, 0)[:methods]
        values = np.sqrt(0.7) * kin + np.sqrt(0.3) * values
    values = values[:, clusters]
    if noise == "several targets a task":
        values = np.sqrt(0.7) * values + np.sqrt(0.3) * rng.normal(size=values.shape)
    return values + rng.normal(size=values.shape[1]), clusters


def errors(methods, tasks, noise, repetitions, seed=0, draws=300) -> dict:
    """Family-wise error, and coverage of a row's interval over tasks."""
    rng = np.random.default_rng(seed)
    wrong = covered = 0.0
    for _ in range(repetitions):
        values, clusters = board(rng, methods, tasks, noise)
        wrong += not near_best(values, clusters, draws=draws).all()
        found = clustered_mean(values, clusters)
        covered += float((np.abs(found.mean) <= t.ppf(0.975, found.df) * found.se).mean())
    return {"family_wise_error": wrong / repetitions, "interval_covers": round(covered / repetitions, 4)}


def power(methods, tasks, lower, repetitions, seed=0, draws=300) -> dict:
    """Share found of the methods that lie lower, and of boards in which one of the equal best is lost."""
    rng = np.random.default_rng(seed)
    found = lost = 0.0
    for _ in range(repetitions):
        values, clusters = board(rng, methods, tasks, "alike")
        values[methods // 2 :] -= lower
        near = near_best(values, clusters, draws=draws)
        found += (~near[methods // 2 :]).mean()
        lost += not near[: methods // 2].all()
    return {"family_wise_error": lost / repetitions, "power": round(found / repetitions, 4)}


def table(repetitions: int) -> list[dict]:
    """All cases, one row each."""
    rows = []
    sizes = [(10, 4), (10, 8), (50, 4), (50, 8), (50, 16)]
    empty = {"family_wise_error": "", "interval_covers": "", "power": ""}
    for methods, tasks in sizes:
        for noise in NOISES:
            case = {"methods": methods, "tasks": tasks, "noise": noise, "lower": 0.0, "repetitions": repetitions}
            rows.append(case | empty | errors(methods, tasks, noise, repetitions))
        for lower in (1.0, 2.0, 4.0):
            case = {"methods": methods, "tasks": tasks, "noise": "alike", "lower": lower, "repetitions": repetitions}
            rows.append(case | empty | power(methods, tasks, lower, repetitions))
    return rows


if __name__ == "__main__":
    rows = table(250)
    writer = csv.DictWriter(sys.stdout, rows[0], lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
