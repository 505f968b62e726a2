"""Own data in one line: the card that is made, what is kept of it, and everything that can be wrong with the data."""

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from sslbench.data.dataset import load_dataset
from sslbench.data.own.card import make_card
from sslbench.data.own.reading import _read_csv, check_memory
from sslbench.data.own.request import Request
from sslbench.data.own.sniff import form_of
from sslbench.errors import DataError, UsageError
from sslbench.runner.own_cards import with_cards
from sslbench.tasks import find_task

N = 60
RNG = np.random.default_rng(0)
S = RNG.normal(size=N)
TABLE = pd.DataFrame(
    {
        "id": range(100, 100 + N),
        "a": S.round(3),
        "b": RNG.normal(size=N).round(3),
        "art": RNG.choice(["süß", "herb"], N),
        "person": np.arange(N) // 2,
        "y": (S > 0).astype(float),
    }
)


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    TABLE.to_csv("data.csv", index=False)
    for name, width in (("l", 3), ("m", 1), ("r", 2)):
        np.save(f"{name}.npy", RNG.normal(size=(N, width)))
    np.save("y.npy", S > 0)
    return tmp_path


def made(data, target="y", **asked):
    """(task, notes) of one line of own data."""
    task, _, notes = make_card(Request(data, target, **asked), "mine")
    return task, notes


def test_a_card_is_written_once_kept_as_edited_and_loads():
    told = []
    (path,) = with_cards(["table:data.csv"], {"target": "y", "group": "person"}, "results", told.append)
    assert path == "results/tasks/data.toml" and any("left out of the inputs: id (row numbers)" in t for t in told)
    data = load_dataset(find_task(path))
    assert data.streams[0].columns.names == ("a", "b", "art") and data.task.splits.kind == "grouped"
    assert all(set(data.groups[s.test]).isdisjoint(data.groups[s.train]) for s in data.splits)
    assert "2 classes: 0 " in data.task.targets[0].title  # 0.0 and 1.0 are classes
    Path(path).write_text(Path(path).read_text().replace("steps = 800", "steps = 7"))
    assert with_cards(["table:data.csv"], {"target": "y", "group": "person"}, "results") == (path,)
    assert find_task(path).budget.steps == 7
    assert with_cards(["digits", "table:data.csv"], {"target": "art"}, "results")[1] == "results/tasks/data.v2.toml"


def test_a_card_never_takes_the_name_of_a_shipped_task():
    TABLE.to_csv("wine.csv", index=False)
    assert with_cards(["table:wine.csv"], {"target": "y"}, "out") == ("out/tasks/my-wine.toml",)


def test_who_only_looks_writes_no_card_beside_the_results(tmp_path):
    told, scratch = [], tmp_path / "scratch"
    (path,) = with_cards(["table:data.csv"], {"target": "y"}, "results", told.append, scratch)
    assert find_task(path).name == "data" and "a run would write results/tasks/data.toml" in told[-1]
    assert not Path("results").exists() and Path(path).parent == scratch


@pytest.mark.parametrize(
    "data, asked, streams, modality",
    [
        ("pair:l.npy,r.npy", {"target": "y.npy"}, ["l", "r"], "pairs"),
        ("streams:l.npy,m.npy,r.npy", {"target": "y.npy"}, ["l", "m", "r"], "pairs"),
        ("streams:l.npy,data.csv", {"target": "y,art"}, ["l", "data"], "pairs"),
        ("table:data.csv", {"views": "a | b, art"}, ["first", "second"], "pairs"),
        ("table:l.npy", {"target": "y.npy"}, ["table"], "tabular"),
    ],
)
def test_every_form_of_data_loads(data, asked, streams, modality):
    task, _ = made(data, **asked)
    found = load_dataset(task)
    assert [s.name for s in found.streams] == streams and task.modality == modality and found.folds == 5


def test_images_get_a_patch_encoder_whose_patch_divides_them():
    np.save("i.npy", RNG.integers(0, 255, size=(N, 28, 28)).astype(np.uint8))
    np.save("j.npy", RNG.integers(0, 255, size=(N, 14, 28, 3)).astype(np.uint8))
    task, _ = made("pair:i.npy,j.npy", "y.npy")
    assert task.encoder.name == "patch-mlp" and task.encoder.options["patch"] == 7
    assert [tuple(s.values.shape[1:]) for s in load_dataset(task).streams] == [(1, 28, 28), (3, 14, 28)]


@pytest.mark.parametrize(
    "how, note",
    [
        ({"sep": ";", "decimal": ",", "encoding": "cp1252"}, "not UTF-8.*semicolons.*decimal comma"),
        ({"sep": "\t", "encoding": "utf-8-sig"}, "tabs"),
        ({"encoding": "utf-16"}, "UTF-16"),
    ],
)
def test_a_csv_file_of_another_form_gives_the_same_data_and_says_so(how, note):
    TABLE.to_csv("other.csv", index=False, **how)
    task, notes = made("table:other.csv")
    same, other = load_dataset(made("table:data.csv")[0]), load_dataset(task)
    assert other.digest == same.digest
    assert re.search(note, " ".join(notes))


def test_a_large_file_read_in_chunks_is_the_file_read_at_once(folder):
    mixed = TABLE.assign(code=["7"] * (N - 1) + ["x7"], late=[None] * (N - 1) + ["z"])
    big = pd.concat([mixed.head(N - 1)] * 60 + [mixed], ignore_index=True)
    big.to_csv("big.csv", index=False)
    once, parts = (_read_csv(folder / "big.csv", form_of(folder / "big.csv"), at_once, 1) for at_once in (1 << 30, 0))
    assert len(parts) > 3000 and list(once) == list(parts)
    for column in once:
        if once[column].dtype.kind in "fi":
            np.testing.assert_allclose(parts[column], once[column], rtol=1e-6)
        else:
            assert parts[column].astype(object).fillna("").tolist() == once[column].astype(object).fillna("").tolist()


def test_a_file_larger_than_memory_is_refused_before_it_is_read(folder):
    with pytest.raises(DataError, match="memory are free"):
        check_memory(folder / "data.csv", 2.0, free=100.0)


def test_copies_across_splits_are_counted():
    pd.concat([TABLE, TABLE.head(20)]).drop(columns="id").to_csv("dup.csv", index=False)
    _, notes = made("table:dup.csv")
    assert any("20 of 80 rows are exact copies" in n and "test rows have a copy" in n for n in notes)
    assert not made("table:data.csv")[1][1:]


@pytest.mark.parametrize(
    "change, words",
    [
        ({"y": S}, "real-valued.*--bins 4"),
        ({"y": ["rare"] * 3 + ["u", "v", "w"] * 19}, "'rare' 3"),
        ({"y": 1}, "one class only"),
        ({"y": range(0, 3 * N, 3)}, "that is an id"),
        ({"y": [None] * 2 + [0, 1] * 29}, "2 missing values of 60"),
        ({"a": [np.inf] + [0.5, 1] * 29 + [0]}, "column 'a' holds infinite"),
    ],
)
def test_labels_and_values_that_cannot_be_used_are_named(change, words):
    TABLE.assign(**change).to_csv("bad.csv", index=False)
    with pytest.raises(DataError, match=words):
        made("table:bad.csv")


def test_a_real_number_is_cut_into_as_many_classes_as_asked():
    TABLE.assign(y=S).to_csv("real.csv", index=False)
    data = load_dataset(made("table:real.csv", bins=3)[0])
    assert np.bincount(data.targets["y"]).tolist() == [20, 20, 20]


@pytest.mark.parametrize(
    "content, words",
    [
        (b"", "is empty"),
        (b"a,y\n", "no rows"),
        (b"0.5,1\n1.5,2\n", "must hold the names of the columns"),
        (b"a,a,y\n1,2,0\n", "more than one column called 'a'"),
        (b"a,y\n\0\1\2", "zero bytes"),
        (b"a,y\n\x81,1\n", "neither UTF-8 nor"),
        (b"a,y\n1,2\n1,2,3,4\n", "could not be read as CSV"),
    ],
)
def test_files_that_are_no_tables_are_named(content, words):
    Path("bad.csv").write_bytes(content)
    with pytest.raises(DataError, match=words):
        made("table:bad.csv")


@pytest.mark.parametrize(
    "array, words",
    [
        (np.array([{}] * N, dtype=object), "save numbers"),
        (np.full((N, 2), np.nan), "120 values that are nan"),
        (np.zeros((N - 1, 2)), "x.npy has 59 rows"),
        (np.zeros((0, 2)), "x.npy has 0 rows"),
        (np.ones((N, 2)), "constant"),
        (np.array(["a"] * N), "must hold numbers"),
        (np.zeros((N, 3, 8, 8)), "images by"),
    ],
)
def test_arrays_that_cannot_be_used_are_named(array, words):
    np.save("x.npy", array, allow_pickle=True)
    with pytest.raises(DataError, match=words):
        made("pair:l.npy,x.npy", "y.npy")


@pytest.mark.parametrize(
    "data, asked, error, words",
    [
        ("table:data.csv", {"target": "Y"}, DataError, "Did you mean 'y'.*Its columns: id, a, b, art, person, y"),
        ("table:data.csv", {"target": ""}, DataError, "--target.*columns of data.csv: id, a"),
        ("table:date.csv", {}, DataError, "Did you mean data.csv"),
        ("table:data.csv", {"group": "nobody"}, DataError, "unknown column 'nobody'"),
        ("table:data.csv", {"group": "art"}, DataError, "at least 5 groups, got 2"),
        ("pair:l.npy", {}, UsageError, "two files"),
        ("pair:l.npy,m.npy,r.npy", {}, UsageError, "three and more are streams:"),
        ("pair:l.npy,r.npy", {"target": "y"}, DataError, "must be a file of labels"),
        ("folder:photos", {"target": "y"}, UsageError, "a CSV file of file names and labels"),
    ],
)
def test_a_wrong_line_is_mended_by_its_error(data, asked, error, words):
    with pytest.raises(error, match=words):
        made(data, **({"target": "y"} | asked))


def test_options_of_own_data_without_any_are_refused():
    with pytest.raises(UsageError, match="--target speaks of your own data"):
        with_cards(["digits"], {"target": "y"}, "results")
    with pytest.raises(UsageError, match="a card is made first"):
        find_task("table:data.csv")
