"""Small synthetic records: complete sets of methods on tasks with headroom, and the files beside them."""

import csv
import json

import numpy as np

from sslbench.config import CONTROLS_UNTRAINED, REFERENCES, SUPERVISED
from sslbench.records import Identity, RunRecord, Score, Writer
from sslbench.records.convergence import COLUMNS

IDENTITY = Identity(digest="d", method="m", task="t", data="x", split="s", protocol="p", code="training 1")
LEVELS = (
    {"raw-input": 1.0, "pca": 0.9, "random-encoder": 0.8, SUPERVISED: 2.0}
    | {m: 1.2 + 0.1 * i for i, m in enumerate(REFERENCES)}  # gaps of 0.2 to 0.9
)
CORE = (*CONTROLS_UNTRAINED, SUPERVISED, *REFERENCES)


def run(method, task, fold, init, bits, n=250, **more):
    """A run whose only target is `y`, with its bits, and an accuracy of 0.9."""
    shared = {"target": "y", "readout": "joint", "probe": "linear", "se": 0.1, "n": n, "ceiling": 3.0}
    scores = (Score(metric="bits", value=bits, **shared), Score(metric="accuracy", value=0.9, **shared))
    fields = {"method": method, "task": task, "fold": fold, "init": init, "status": "ok", "protocol": "standard"}
    return RunRecord(**(fields | {"identity": IDENTITY, "scores": scores, "seconds": {"probe": 1.0}} | more))


def cell(rng, method, task, level=None, folds=5, inits=2, noise=0.02, **more):
    """All standard runs of one cell, with a fold effect that all methods share."""
    level = LEVELS[method] if level is None else level
    return [
        run(method, task, f, i, level + 0.05 * f + noise * rng.normal(), **more)
        for i in range(inits)
        for f in range(folds)
    ]


def suite(rng, tasks, **more):
    """All runs of controls and reference methods on some tasks."""
    return [r for t in tasks for m in CORE for r in cell(rng, m, t, **more)]


def task_card(modality="vision", folds=5, inits=2, kind="stratified"):
    return {
        "modality": modality,
        "splits": {"kind": kind, "folds": folds},
        "budget": {"steps": 100, "batch": 32, "inits": inits},
    }


def store(folder, records, tasks=None, converged=(), moved=0.0, identity="t.1"):
    """Write records, cards and a convergence file in which twice the steps move every method by `moved` bits."""
    with Writer(folder) as writer:
        writer.append(records)
    methods = sorted({r.method for r in records if isinstance(r, RunRecord)})
    labels = {m: m == SUPERVISED for m in methods}
    cards = {m: {"title": m, "family": "control", "uses_labels": labels[m]} for m in methods}
    tasks = tasks or {t: task_card() for t in sorted({r.task for r in records})}
    (folder / "cards.json").write_text(json.dumps({"methods": cards, "tasks": tasks, "assumptions": {}}))
    if converged:
        rng = np.random.default_rng(0)
        with (folder / "convergence.csv").open("w", newline="") as handle:
            writer = csv.writer(handle)
            writer.writerow(COLUMNS)
            for task in converged:
                for m in REFERENCES:
                    for fold in range(3):
                        bits = LEVELS[m] + 0.001 * rng.normal()
                        writer.writerow((task, identity, m, "y", fold, 0, 100, bits))
                        writer.writerow((task, identity, m, "y", fold, 0, 200, bits + moved))
