"""Records of schema 1: read as if they were of schema 2, and rewritten so once."""

import json

import pytest

from sslbench.errors import RecordError
from sslbench.records import Writer, convert_results, read_cards, read_records

COMMON = {
    "task": "digits",
    "method": "simclr",
    "status": "ok",
    "protocol": "standard",
    "identity": {"digest": "d", "method": "m", "task": "t", "data": "x", "split": "s", "protocol": "p"},
}
SCORE = {"target": "y", "readout": "joint", "probe": "linear", "metric": "bits", "value": 1.5, "n": 30}


def run(seed, **more):
    fields = {"schema": "sslbench.record/1", "seed": seed, "regime": "stacked x3", "scores": [SCORE]}
    return COMMON | fields | {"seconds": {"probe": 1.0}, "trace": [[0, 5.0], [9, 3.0]]} | more


def representation(seed, **more):
    fields = {"schema": "sslbench.representation/1", "seed": seed, "n": 1000, "seconds": {"measure": 0.5}}
    return COMMON | fields | {"measures": {"alpha": 2.0}, "targets": {"y": {"bits-mlp": 1.4}}} | more


def old_folder(folder, runs, representations, folds=5):
    for name, found in (("records", runs), ("representations", representations)):
        (folder / name).mkdir(parents=True)
        (folder / name / "simclr.jsonl").write_text("".join(json.dumps(r) + "\n" for r in found))
    cards = {"methods": {}, "tasks": {"digits": {"splits": {"folds": folds}}}, "assumptions": {}}
    (folder / "cards.json").write_text(json.dumps(cards))


def test_a_run_and_its_representation_become_one_record(tmp_path):
    old_folder(tmp_path, [run(1)], [representation(1), representation(2), representation(1, track="tuned")])
    (record,) = read_records(tmp_path)[0]
    assert (record.fold, record.init, record.placement) == (1, 1, "stacked x3")
    assert record.metrics == {"alpha": 2.0} and record.target_metrics == {"y": {"bits-mlp": 1.4}}
    assert record.metric_rows == 1000 and record.seconds == {"probe": 1.0, "metrics": 0.5}
    assert record.scores[0].labels == "all" and record.scores[0].value == 1.5 and record.trace == ((0, 5.0), (9, 3.0))
    assert record.identity.digest == "d" and not record.failure


def test_the_fold_is_the_seed_modulo_the_folds_of_the_card(tmp_path):
    old_folder(tmp_path, [run(2), run(7), run(7, task="unknown")], [], folds=5)
    assert [r.run for r in read_records(tmp_path)[0]] == [(2, 2), (2, 7), (7, 7)]


def test_metrics_that_could_not_be_taken_keep_their_reason(tmp_path):
    failed = representation(0, status="failed", reason="ValueError: x", measures={}, targets={}, n=0, seconds={})
    old_folder(tmp_path, [run(0)], [failed])
    (record,) = read_records(tmp_path)[0]
    assert record.status == "ok" and record.metric_failure == "ValueError: x" and "no metrics" in record.failure


def test_a_representation_that_was_never_measured_says_so_and_a_direct_prediction_lacks_nothing(tmp_path):
    old_folder(tmp_path, [run(0), run(1, scores=[SCORE | {"probe": "own"}])], [])
    measured, direct = read_records(tmp_path)[0]
    assert "--retry-failed" in measured.failure and not direct.failure


def test_a_folder_is_rewritten_once_and_reads_the_same(tmp_path):
    old_folder(tmp_path, [run(0), run(1), run(0)], [representation(0), representation(1)])
    before = read_records(tmp_path)[0]
    with (tmp_path / "records" / "simclr.jsonl").open("a") as file:
        file.write('{"torn')
    (tmp_path / "tables").mkdir()
    (tmp_path / "tables" / "premises.csv").write_text("")
    assert convert_results(tmp_path) == 1 and not list((tmp_path / "tables").iterdir())
    file = tmp_path / "records" / "simclr.jsonl"
    assert not (tmp_path / "representations").exists() and file.with_suffix(".torn").read_text() == '{"torn\n'
    assert file.read_text().count('"sslbench.record/2"') == 3 and "record/1" not in file.read_text()
    assert read_records(tmp_path) == (before, [])
    assert convert_results(tmp_path) == 0


def test_new_runs_may_be_appended_to_an_old_folder(tmp_path):
    old_folder(tmp_path, [run(0)], [representation(0)])
    (record,) = read_records(tmp_path)[0]
    with Writer(tmp_path) as writer:
        writer.append([record.model_copy(update={"init": 6, "metrics": {"alpha": 3.0}})])
    assert [(r.init, r.metrics["alpha"]) for r in read_records(tmp_path)[0]] == [(0, 2.0), (6, 3.0)]


@pytest.mark.parametrize(
    "line, words",
    [
        (run(0, fold=0), "field fold of sslbench.record/1"),
        (run("0"), "field seed of sslbench.record/1"),
        (representation(0, measures={"alpha": "high"}), "field measures.alpha of sslbench.representation/1"),
    ],
)
def test_an_old_record_with_wrong_fields_is_named(tmp_path, line, words):
    old_folder(tmp_path, [line], [])
    with pytest.raises(RecordError, match=words):
        read_records(tmp_path)


def test_cards_in_old_words_are_read_in_new_ones(tmp_path):
    old = {"needs": ["decoder"], "family": "anti-compressing", "title": "RC"}
    (tmp_path / "cards.json").write_text(json.dumps({"methods": {"rc": old}, "tasks": {}, "assumptions": {}}))
    new = {"requirements": ["decoder"], "family": "information-preserving", "title": "RC"}
    assert read_cards(tmp_path)["methods"] == {"rc": new}
