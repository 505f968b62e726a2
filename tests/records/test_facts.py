"""Facts and samples beside records: what a card's data are, which parts of a card they belong to, a broken file."""

import pytest

from sslbench.errors import RecordError
from sslbench.records.cards import read_cards, renew_prose, store_cards
from sslbench.records.facts import StreamFacts, TargetFacts, TaskFacts, add_facts, asked_of_data, read_facts
from sslbench.records.identity import PROSE, task_digest
from sslbench.tasks import find_task, shipped_tasks

DIGITS = shipped_tasks()["digits"]
FACTS = TaskFacts(
    of="a",
    data="b",
    rows=10,
    test_rows=10,
    streams=(StreamFacts(name="scan", kind="image", shape=(1, 8, 8)),),
    targets={"class": TargetFacts(classes=2, chance=0.6, entropy=0.97, rarest=4)},
)


def test_the_digest_of_a_card_knows_no_prose_and_is_what_records_have():
    assert task_digest(DIGITS) == "435dab70e7471ee3"  # since protocol 4
    prose = {field: "other words" for field in PROSE if field != "truth"}
    assert task_digest(DIGITS.model_copy(update=prose)) == task_digest(DIGITS)
    assert task_digest(DIGITS.model_copy(update={"modality": "tabular"})) != task_digest(DIGITS)


def test_facts_belong_to_data_and_split_and_samples_to_the_views_too():
    card = DIGITS.model_dump(mode="json")
    steps, views = card | {"budget": {"steps": 7}}, card | {"views": card["views"] | {"strength": 0.5}}
    splits = card | {"splits": card["splits"] | {"folds": 3}}
    assert asked_of_data(steps) == asked_of_data(views) == asked_of_data(card) != asked_of_data(splits)
    assert asked_of_data(steps, views=True) == asked_of_data(card, views=True) != asked_of_data(views, views=True)


def test_facts_are_added_and_a_broken_file_is_said(tmp_path):
    assert read_facts(tmp_path) == {}
    add_facts(tmp_path, {"one": FACTS})
    add_facts(tmp_path, {"two": FACTS})
    assert read_facts(tmp_path) == {"one": FACTS, "two": FACTS}
    (tmp_path / "facts.json").write_text('{"one": {"rows": 3}}')
    with pytest.raises(RecordError, match="dev card"):
        read_facts(tmp_path)


def test_streams_in_words():
    columns = {"name": "t", "kind": "columns", "shape": (9,)}
    assert FACTS.streams[0].words == "scan: image 1×8×8"
    assert StreamFacts(**columns, categories=2, gaps=0.0288).words == (
        "t: 9 columns, 2 of them categories, 2.9% of the cells are gaps"
    )
    assert "less than 0.1%" in StreamFacts(**columns, gaps=1e-5).words


def test_prose_is_renewed_and_what_numbers_depend_on_is_not(tmp_path):
    """The stored card keeps its budget, and what a run added to the caveats."""
    task = find_task("wine")
    old = task.model_dump(mode="json") | {"title": "as it was", "caveats": task.caveats + " Added by a run."}
    old["budget"]["steps"] = 7
    store_cards(tmp_path, {"methods": {}, "tasks": {"wine": old}, "assumptions": {}})
    renew_prose(tmp_path, task)
    new = read_cards(tmp_path)["tasks"]["wine"]
    assert new["title"] == task.title and new["budget"]["steps"] == 7 and new["caveats"].endswith("Added by a run.")
