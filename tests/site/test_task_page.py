"""A task's page: its card with facts, targets apart, sample items with their views, and what is not known."""

from dataclasses import replace
from html import unescape

import pytest

from sslbench.records.facts import StreamFacts, TargetFacts, TaskFacts, asked_of_data
from sslbench.records.samples import StreamSamples, TaskSamples
from sslbench.site.build import build_site
from sslbench.site.samples import sheets, strips
from sslbench.tables import build_tables
from sslbench.tables.facts import facts_table

PICTURE = "data:image/png;base64,AAAA"
PICTURES = StreamSamples(
    name="scan", kind="pictures", versions=("item", "view 1", "view 2"), pictures=((PICTURE,) * 2,) * 3
)
CELLS = StreamSamples(
    name="table",
    kind="cells",
    versions=("item", "view 1", "view 2"),
    columns=("age", "<b>"),
    more_columns=3,
    cells=((("1", "2"),), (("1", "3"),), (("7", "2"),)),
)
LINES = StreamSamples(name="arm", kind="lines", versions=("view 1",), lines=((((0.0, 1.0, 0.5), (1.0, 1.0, 1.0)),),))


def samples(card, *streams, labels=("y 0", "y 1")):
    return TaskSamples(of=asked_of_data(card, views=True), data="d", labels=labels, streams=streams)


@pytest.fixture(scope="module")
def page(made_results, tmp_path_factory):
    """The made results with facts of `photos` and samples of three tasks, one of which had other views then."""
    tables, out = build_tables(made_results), tmp_path_factory.mktemp("pages")
    cards = tables.cards["tasks"]
    cards["photos"] |= {"caveats": "Read <this>", "licence_source": "says who"}
    facts = TaskFacts(
        of=asked_of_data(cards["photos"]),
        data="0123456789",
        rows=1234,
        test_rows=1234,
        streams=(StreamFacts(name="scan", kind="image", shape=(1, 4, 4)),),
        targets={"y": TargetFacts(classes=3, chance=0.789, entropy=1.234, rarest=7)},
    )
    made = {
        "photos": samples(cards["photos"], PICTURES),
        "survey": samples(cards["survey"], CELLS, labels=("y 0",)),
        "short": samples(cards["survey"] | {"source": "another"}, CELLS, labels=("y 0",)),
    }
    build_site(replace(tables, facts=facts_table({"photos": facts}), samples=made), out)
    return lambda task: unescape((out / "tasks" / f"{task}.html").read_text())


def test_facts_caveats_and_licence_are_on_the_page(page):
    text = page("photos")
    for words in ("1,234, each tested once", "image 1×4×4", "0123456789", "Read <this>", "says who"):
        assert words in text
    assert "accuracy 0.789, 0 of 1.23 bits" in text and "the rarest has 7 rows" in text
    assert "not known yet" in page("short") and "not known yet" not in text


def test_pictures_of_every_version_have_words_in_their_place(page):
    text = page("photos")
    assert text.count(f'src="{PICTURE}"') == 6
    for version in ("item", "view 1", "view 2"):
        assert f'alt="{version} of an item with y 1"' in text


def test_a_changed_cell_is_marked_and_samples_of_another_card_are_not_shown(page):
    text = page("survey")
    assert "<mark>3</mark>" in text and "<mark>7</mark>" in text and text.count("<mark>") == 2
    assert "2 of 5 columns" in text and 'id="samples"' not in page("short")


def test_lines_stay_in_their_box_and_aligned_streams_are_named():
    both = samples({"targets": []}, LINES, CELLS.model_copy(update={"versions": ("view 2",), "cells": CELLS.cells[:1]}))
    (strip,) = strips(both)
    assert strip.title == "view 1: arm" and strip.plots[0] == (
        "0.0,46.0 50.0,2.0 100.0,24.0",
        "0.0,2.0 50.0,2.0 100.0,2.0",
    )
    ((title, (sheet, *_)),) = sheets(both.model_copy(update={"labels": ("y 0",)})).items()
    assert title.startswith("view 2: table") and sheet.rows[0] == ("age", [("1", False)])
