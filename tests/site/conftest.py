"""A small results folder for pages: boards that rank, boards that do not and why, in one of each state."""

import csv
import json

import numpy as np
import pytest

from sslbench.config import CONTROLS_UNTRAINED, REFERENCES, SUPERVISED
from sslbench.records import AssumptionRecord, Identity, RunRecord, Score, Writer
from sslbench.records.convergence import COLUMNS
from sslbench.records.sweep import SweepRow, append_sweep
from sslbench.site.build import build_site
from sslbench.tables import build_tables

IDENTITY = Identity(digest="d", method="m", task="t", data="x", split="s", protocol="p", code="training 1")
LEVELS = {"raw-input": 1.0, "pca": 0.9, "random-encoder": 0.8, SUPERVISED: 2.0} | {
    m: 1.3 + 0.08 * i for i, m in enumerate(REFERENCES)
}
TASKS = {"photos": "vision", "scans": "vision", "halves": "pairs", "survey": "tabular", "short": "vision"}
FLAT, UNCONVERGED, RUNS = "survey", "short", [(fold, init) for init in range(2) for fold in range(5)]


def scores(bits):
    """Main scores with all labels, and with fewer."""
    shared = {"target": "y", "readout": "joint", "probe": "linear", "se": 0.1, "n": 250, "ceiling": 3.0}
    for labels, lost in (("all", 0.0), ("10 %", 0.4), ("5 per class", 0.7)):
        yield Score(metric="bits", value=bits - lost, labels=labels, chance=0.0, **shared)
        yield Score(metric="accuracy", value=(bits - lost) / 3, labels=labels, chance=0.1, **shared)
    yield Score(metric="balanced-accuracy", value=bits / 3, chance=0.1, **shared)


def runs(rng, method, task, level):
    """All standard runs of a cell; the folds differ, for all methods alike."""
    for fold, init in RUNS:
        bits = level + 0.05 * fold + 0.03 * rng.normal()
        fields = {"identity": IDENTITY, "scores": tuple(scores(bits)), "seconds": {"probe": 1.0, "pretrain": 2.0}}
        yield RunRecord(method=method, task=task, fold=fold, init=init, status="ok", protocol="standard", **fields)


def verdict(task, assumption, value, **more):
    fields = {"value": value, "low": value - 0.01, "high": value + 0.01, "tolerance": 0.02, "n": 1000}
    where = {"task": task, "target": "y", "assumption": assumption, "status": "ok", "protocol": "standard"}
    return AssumptionRecord(**where, identity=IDENTITY, **(fields | more))


def swept(task, strength, verdict):
    where = {"task": task, "target": "y", "view": "image", "strength": strength, "options": "{}", "n": 1000}
    found = {"value": 0.1, "low": 0.0, "high": 0.2, "tolerance": 0.05, "power": "yes", "item": 1.0, "flip_rate": 0.1}
    shared = {"shared": 2.0 / strength, "shared_low": 1.0, "shared_high": 5.0}
    return SweepRow(**where, verdict=verdict, **found, **shared, seconds=1.0, identity="i", code="c")


def cards():
    methods = {
        m: {
            **{"title": m.upper(), "summary": "s", "source": "x", "deviation": "none", "assumes": [], "settings": {}},
            **{"family": "control" if m in CONTROLS_UNTRAINED else "a family", "requirements": []},
            "uses_labels": m == SUPERVISED,
        }
        for m in (*LEVELS, "late")
    }
    tasks = {
        t: {
            **{"title": t, "description": t, "modality": modality, "truth": {}, "citation": "c", "licence": "l"},
            "targets": [{"name": "y", "title": "what is asked"}],
            "views": {"generator": "image", "strength": 1.0, "options": {}},
            "splits": {"kind": "stratified", "folds": 5, "validation": 0.2},
            "budget": {"steps": 100, "batch": 32, "inits": 2},
            "encoder": {"name": "mlp", "rep_dim": 8, "options": {}},
            "source": {"kind": "world", "name": "w", "options": {}},
        }
        for t, modality in TASKS.items()
    }
    words = ("title", "statement", "matters", "statistic", "estimator", "rule", "world", "limits", "source")
    card = dict.fromkeys(words, "in words") | {"scope": "task", "families": []}
    return {"methods": methods, "tasks": tasks, "assumptions": {"redundancy-1": card, "redundancy-2": card}}


@pytest.fixture(scope="session")
def made_results(tmp_path_factory):
    """Three tasks that rank, one without headroom, one that has not converged; the method `late` lacks most runs."""
    folder, rng = tmp_path_factory.mktemp("made"), np.random.default_rng(0)
    records = [r for t in TASKS for m, v in LEVELS.items() for r in runs(rng, m, t, 1.0 if t == FLAT else v)]
    records += runs(rng, "late", "photos", 1.5)
    records += [verdict("halves", f"redundancy-{i}", 0.1, verdict="violated") for i in (1, 2)]
    blind = {"verdict": "undecided", "power": "no power"}
    blind = {k: v for k, v in blind.items() if k in AssumptionRecord.model_fields}
    records.append(verdict("photos", "redundancy-1", 0.0, **blind))
    with Writer(folder) as writer:
        writer.append(records)
    append_sweep(folder / "sweep.csv", [swept("photos", s, v) for s, v in ((0.5, "holds"), (1.0, "violated"))])
    (folder / "cards.json").write_text(json.dumps(cards()))
    with (folder / "convergence.csv").open("w", newline="") as handle:
        writer = csv.writer(handle)
        writer.writerow(COLUMNS)
        for task in TASKS:
            for method in REFERENCES:
                for fold in range(3):
                    for steps, more in ((100, 0.0), (200, 0.5 if task == UNCONVERGED else 0.0)):
                        bits = LEVELS[method] + more + 0.001 * rng.normal()
                        writer.writerow((task, "t.1", method, "y", fold, 0, steps, bits))
    return folder


@pytest.fixture(scope="session")
def site(made_results, tmp_path_factory):
    """The site of the made results."""
    out = tmp_path_factory.mktemp("site")
    build_site(build_tables(made_results), out)
    return out
