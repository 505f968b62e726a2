"""Task cards: what ships is valid, what is broken says where and why."""

import pytest

from sslbench.errors import CardError, UnknownName, UsageError
from sslbench.registry import ENCODERS, SOURCES, VIEWS
from sslbench.resources import shipped
from sslbench.tasks import find_suite, find_task, parse_card, shipped_tasks, suites, too_few_test_rows

CARD = (shipped("tasks") / "vision" / "digits.toml").read_text()


@pytest.mark.parametrize("name", sorted(shipped_tasks()))
def test_shipped_cards_name_what_exists(name):
    task = find_task(name)
    assert task.views.generator in VIEWS and task.encoder.name in ENCODERS and task.source.kind in SOURCES
    assert task.licence and task.citation and task.description


def test_core_covers_every_modality():
    assert {find_task(t).modality for t in find_suite("core")} == {"vision", "tabular", "pairs"}
    assert all(suites().values())


def test_the_official_board_has_targets_enough_of_every_modality():
    tasks = [find_task(t) for t in find_suite("main")]
    targets = {m: sum(len(t.targets) for t in tasks if t.modality == m) for m in ("vision", "tabular", "pairs")}
    assert sum(targets.values()) >= 40 and min(targets.values()) >= 5, targets
    assert len({t.name for t in tasks}) == len(tasks)


@pytest.mark.parametrize(
    "change, words",
    [
        (("steps = 500", 'steps = "many"'), ["bad.toml", "budget.steps", "integer", "many"]),
        (("steps = 500", "steps = 0"), ["budget.steps", "greater than or equal to 1"]),
        (("[budget]", "colour = 1\n[budget]"), ["colour", "Extra inputs"]),
        (("[encoder]\n", "[encoder\n"), ["not valid TOML"]),
        (('modality = "vision"', 'modality = "smell"'), ["modality", "'vision', 'tabular' or 'pairs'"]),
        (("steps = 500\n", ""), ["budget.steps: Field required", "write steps = 400 under [budget]"]),
        (
            ("[budget]\nsteps = 500\nbatch = 128", ""),
            ["budget: Field required", "steps = 400, batch = 128 and inits = 2"],
        ),
        (('kind = "stratified"', ""), ["splits.kind: Field required", 'write kind = "stratified"']),
        (
            ('kind = "stratified"', 'kind = "stratified"\nfolds = 2'),
            ["splits.folds x budget.inits = 2 x 2 is 4 runs per method", "at least 5", "raise budget.inits to 3"],
        ),
        (('kind = "stratified"', 'kind = "fixed"'), ["1 x 2 is 2 runs", "at least 3", "raise budget.inits to 3"]),
        (('kind = "stratified"', 'kind = "fixed"\nfolds = 5'), ["a fixed test set is one fold"]),
        (('generator = "image"', 'generator = "streams"'), ["views.generator is 'streams' for pairs"]),
    ],
)
def test_a_broken_card_names_file_field_and_what_was_expected(change, words):
    text = CARD.replace(*change)
    assert text != CARD
    with pytest.raises(CardError) as error:
        parse_card(text, "bad.toml")
    assert all(word in str(error.value) for word in words), str(error.value)


def test_a_missing_field_is_named():
    with pytest.raises(CardError, match=r"source: Field required"):
        parse_card(CARD.replace("[source]", "[views.x]").replace('kind = "sklearn"\nname = "digits"', ""), "bad.toml")


def test_a_target_is_ranked_on_a_thousand_test_rows_or_two_thousand_fixed_ones():
    assert not too_few_test_rows(1000, fixed=False) and not too_few_test_rows(2000, fixed=True)
    assert too_few_test_rows(999, fixed=False) == "999 test rows, and 1000 are needed over all folds"
    assert "2000 are needed in a fixed test set" in too_few_test_rows(1999, fixed=True)


def test_unknown_names():
    with pytest.raises(UnknownName, match="'digits'"):
        find_task("digit")
    with pytest.raises(UnknownName, match="'core'"):
        find_suite("cor")
    with pytest.raises(UsageError, match="openml:31"):
        find_task("openml:credit-g")


def test_a_card_of_ones_own_is_found_by_its_path(tmp_path):
    file = tmp_path / "mine.toml"
    file.write_text(CARD.replace('name = "digits"\ntitle', 'name = "mine"\ntitle'))
    assert find_task(str(file)).name == "mine"


def test_any_openml_task_has_a_card():
    assert find_task("openml:31").splits.kind == "official"
    assert find_task("openml:task:31") == find_task("openml:31@openml") == find_task("openml:31")
    scarf = find_task("openml:31@scarf")
    assert (scarf.name, scarf.splits.folds, scarf.splits.validation) == ("openml-31-scarf", 5, 0.125)
    with pytest.raises(UsageError, match="there are openml, scarf"):
        find_task("openml:31@other")


def test_the_suites_of_openml_cc18_are_shipped():
    whole, small = find_suite("cc18"), find_suite("cc18-small")
    assert len(set(whole)) == 72 and set(small) < set(whole) and len(small) == 47
    assert find_suite("cc18@scarf")[0] == "openml:3@scarf"
