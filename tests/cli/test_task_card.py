"""`sslbench show TASK`: what was measured is shown, what was not is said, and neither torch nor data are needed."""

import subprocess
import sys

from sslbench.cli.cards import card_of
from sslbench.cli.task_card import task_words
from sslbench.records.facts import StreamFacts, TargetFacts, TaskFacts, asked_of_data
from sslbench.tables.build import write_table
from sslbench.tables.card import target_cards
from sslbench.tables.columns import TABLES
from sslbench.tables.facts import facts_table
from sslbench.tasks import shipped_tasks

HALVES = shipped_tasks()["mnist-halves"]


def facts(of):
    target = TargetFacts(classes=10, chance=0.1, entropy=3.32, rarest=500)
    streams = (StreamFacts(name="left", kind="image", shape=(1, 16, 8)),)
    return TaskFacts(of=of, data="12345678", rows=5000, test_rows=2000, streams=streams, targets={"class": target})


def test_what_was_measured_is_shown_target_by_target(tmp_path):
    of = asked_of_data(HALVES.model_dump(mode="json"))
    write_table(tmp_path, "facts", facts_table({HALVES.name: facts(of)}))
    columns = ("task", "target", "control", "headroom", "headroom_sds", "ranked", "reason")
    row = dict(zip(columns, (HALVES.name, "holes", "pca", 0.25, 7.5, True, ""), strict=True))
    write_table(tmp_path, "targets", TABLES["targets"].frame([row]))
    verdict = {"task": HALVES.name, "target": "holes", "assumption": "redundancy-1", "verdict": "violated"}
    write_table(tmp_path, "assumptions", TABLES["assumptions"].frame([verdict]))
    words = card_of("mnist-halves", str(tmp_path))[1]
    assert words["rows"] == "5,000, 2,000 tested" and words["data digest"] == "12345678"
    assert "accuracy 0.100 and 0 of 3.32 bits" in words["target class"] and "headroom not" in words["target class"]
    assert "0.250 bits over pca, 7.5 residual SDs\nranked" in words["target holes"]
    assert "violated redundancy-1" in words["target holes"] and "redundancy-1" not in words["target class"]
    assert words["caveats"] == HALVES.caveats and words["licence_source"]


def test_what_was_measured_of_another_card_is_not_known_of_this_one(tmp_path):
    write_table(tmp_path, "facts", facts_table({HALVES.name: facts("another")}))
    words = task_words(HALVES, tmp_path, "my.toml")
    assert words["rows"] == words["data digest"] == "not known yet; sslbench dev card my.toml measures it"


def test_targets_keep_the_order_of_the_card():
    frames = {name: TABLES[name].frame([]) for name in ("facts", "targets", "convergence", "assumptions")}
    found = target_cards(HALVES.name, HALVES.model_dump(), frames)
    assert [t.name for t in found] == ["class", "holes", "left-ink"] and not any(t.facts for t in found)


def test_every_shipped_card_says_where_its_licence_comes_from_and_its_caveats():
    assert not [t.name for t in shipped_tasks().values() if not (t.licence_source and t.caveats)]


def test_the_card_of_a_task_loads_no_torch():
    code = "import sys; from sslbench.cli.cards import card_of; card_of('digits'); sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
