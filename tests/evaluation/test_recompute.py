"""Scores are computed from what is stored: recomputing finds the same; what was changed since is said in a sentence."""

import json
import shutil

import numpy as np
import pytest

from sslbench.config import RunOptions
from sslbench.evaluation.recompute import recompute
from sslbench.probes.predictions import Predicted, Truth, measure
from sslbench.records import Writer
from sslbench.records.predictions import read_predictions
from sslbench.runner.plan import make_plan
from sslbench.runner.worker import run_pack

TASK = "breast-cancer-views"


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A folder with one run of a representation and one of a method that predicts by itself."""
    folder = tmp_path_factory.mktemp("finished") / "results"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sslbench.runner.plan.task_assumptions", lambda streams: [])
        plan = make_plan(RunOptions(methods=("pca", "gradient-boosting"), tasks=(TASK,), seeds=1, quick=True), [])
    with Writer(folder) as writer:
        for pack in plan.storing(folder):
            writer.append(run_pack(pack, "cpu"))
    return folder


@pytest.fixture
def results(finished, tmp_path):
    return shutil.copytree(finished, tmp_path / "results")


def rewrite(results, method, change):
    file = results / "records" / f"{method}.jsonl"
    record = json.loads(file.read_text())
    change(record)
    file.write_text(json.dumps(record) + "\n")


def test_every_score_follows_from_what_is_stored(results):
    found = recompute(results)
    assert (found.runs, found.without, found.wrong) == (2, 0, [])
    assert str(found) == "recomputed 2 runs: every score is as recorded; 0 have no predictions here"
    (file,) = results.glob(f"predictions/pca/{TASK}.0.0.*.npz")
    digest = json.loads((results / "records" / "pca.jsonl").read_text())["predictions"]
    arrays = read_predictions(file, digest)
    assert {"diagnosis|joint|linear|all", "diagnosis|mean|linear|all", "|second-first|retrieval|all"} <= set(arrays)
    assert {v.dtype.name for v in arrays.values()} == {"float16", "uint8"} and file.stat().st_size < 10_000


def test_a_score_that_does_not_follow_is_found(results):
    rewrite(results, "pca", lambda r: r["scores"][0].update(value=0.123))
    (sentence,) = recompute(results).wrong
    assert "linear bits of diagnosis is 0." in sentence and "0.123 (error" in sentence and "on breast" in sentence


def test_a_flipped_byte_is_said_with_both_digests_and_how_to_mend_it(results):
    (file,) = results.glob("predictions/pca/*.npz")
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)
    (sentence,) = recompute(results).wrong
    digest = json.loads((results / "records" / "pca.jsonl").read_text())["predictions"]
    assert (
        sentence.startswith(f"{file}: its record says digest {digest}, the file has ") and "Delete the file" in sentence
    )
    file.unlink()
    found = recompute(results)
    assert (found.runs, found.without, found.wrong) == (1, 1, [])


def test_changed_labels_are_said(results):
    rewrite(results, "gradient-boosting", lambda r: r["identity"].update(data="0123456789abcdef"))
    (sentence,) = recompute(results).wrong
    assert (
        f"{TASK} now has data " in sentence and "instead of 0123456789abcdef" in sentence and "sslbench run" in sentence
    )


def test_records_without_predictions_are_counted(results):
    rewrite(results, "pca", lambda r: r.pop("predictions"))
    found = recompute(results)
    assert (found.runs, found.without, found.wrong) == (1, 1, [])


def test_rounding_costs_little_and_keeps_the_order():
    rng = np.random.default_rng(0)
    p, y = rng.dirichlet(np.ones(5) / 3, size=2000), rng.integers(5, size=2000)
    truth = Truth(y, np.full(5, 0.2))
    stored = Predicted.probabilities(np.log(p + 1e-30), truth.prior, 0.01).values
    exact = np.log(0.99 * p + 0.01 / 5)
    assert stored.dtype == np.float16
    assert measure("bits", stored, truth).value == pytest.approx(measure("bits", exact, truth).value, abs=2e-4)
    assert measure("accuracy", stored, truth).value == pytest.approx(measure("accuracy", exact, truth).value, abs=1e-3)
