"""Assess: a person's files and arrays, in every form, and every mistake named."""

import numpy as np
import pandas as pd
import pytest
from PIL import Image

import sslbench
from sslbench.cli.main import main
from sslbench.diagnosis.own_data import Question, as_matrix, assess_arrays, load_question, task_of
from sslbench.errors import DataError, InputError, UsageError

N = 400


@pytest.fixture
def table(tmp_path):
    rng = np.random.default_rng(0)
    s, p = rng.normal(size=(2, N))
    frame = pd.DataFrame({"a": s, "b": p, "c": rng.normal(size=N), "d": s + 0.01 * rng.normal(size=N)})
    frame["kind"] = np.where(rng.random(N) < 0.5, "x", "y")
    frame["private"] = (p > 0).astype(int)
    frame["amount"] = s + 0.1 * rng.normal(size=N)
    frame["subject"] = np.arange(N) // 4
    file = tmp_path / "mine.csv"
    frame.to_csv(file, index=False)
    return file


def run(capsys, monkeypatch, *words):
    monkeypatch.setattr("sys.argv", ["sslbench", "assess", *map(str, words)])
    code = 0
    try:
        main()
    except SystemExit as stop:
        code = stop.code or 0
    out = capsys.readouterr()
    return code, out.out, out.err


def test_groups_of_columns_from_the_command_line(table, tmp_path, capsys, monkeypatch):
    out = tmp_path / "verdicts.csv"
    words = (
        "--target",
        "private",
        "--views",
        "a, b | c, d",
        "--assumptions",
        "redundancy-1,redundancy-2",
        "--out",
        out,
    )
    code, text, _ = run(capsys, monkeypatch, table, *words)
    assert code == 0 and "violated" in text and "I(Y; X1 | X2) <= tolerance" in text and "Relying on redundancy" in text
    found = pd.read_csv(out).set_index("assumption")
    assert found.loc["redundancy-1", "verdict"] == "violated" and found.loc["redundancy-1", "low"] > 0.2


def test_a_number_is_binned_and_groups_are_kept(table):
    made, _ = load_question(Question((str(table),), "amount", views="a | c", groups="subject"))
    assert sorted(np.bincount(made.targets["amount"])) == [100] * 4 and len(np.unique(made.groups)) == 100
    made, _ = load_question(Question((str(table),), "amount", corruption="resample", groups="subject", drop="private"))
    assert sorted(np.bincount(made.targets["amount"])) == [100] * 4 and len(np.unique(made.groups)) == 100
    assert made.streams[0].columns.names == ("a", "b", "c", "d", "kind")


def test_two_files_and_an_npy_target(tmp_path):
    rng = np.random.default_rng(0)
    np.save(tmp_path / "l.npy", rng.normal(size=(N, 3)))
    pd.DataFrame(rng.normal(size=(N, 2)), columns=["u", "v"]).to_parquet(tmp_path / "r.parquet")
    np.save(tmp_path / "y.npy", rng.integers(2, size=N))
    made, _ = load_question(Question((str(tmp_path / "l.npy"), str(tmp_path / "r.parquet")), str(tmp_path / "y.npy")))
    assert [(s.name, s.values.shape[1]) for s in made.streams] == [("l", 3), ("r", 2)] and list(made.targets) == ["y"]
    np.save(tmp_path / "short.npy", rng.normal(size=(N - 1, 3)))
    with pytest.raises(DataError, match="399 rows"):
        load_question(Question((str(tmp_path / "short.npy"), str(tmp_path / "r.parquet")), str(tmp_path / "y.npy")))


def test_a_folder_of_images(tmp_path, capsys, monkeypatch):
    rng = np.random.default_rng(0)
    for name, level in (("dark", 60), ("light", 180)):
        (tmp_path / "photos" / name).mkdir(parents=True)
        for i in range(40):
            pixels = np.clip(level + 20 * rng.normal(size=(8, 8, 3)), 0, 255).astype(np.uint8)
            Image.fromarray(pixels).save(tmp_path / "photos" / name / f"{i}.png")
    words = ("--corruption", "image", "--size", "8", "--assumptions", "label-invariance")
    code, text, _ = run(capsys, monkeypatch, tmp_path / "photos", *words)
    assert code == 0 and "label-invariance" in text and "80 rows are few" in text
    assert "convolution" in text  # images are read in two maps


@pytest.mark.parametrize(
    ("question", "error", "match"),
    [
        (Question(("none.csv",), "y", views="a|b"), DataError, "there is no CSV or Parquet file at none.csv"),
        (Question(("{table}",)), UsageError, "a table needs --target.*Its columns: a, b, c"),
        (Question(("{table}",), "private"), UsageError, "how do two views of an item come about"),
        (Question(("{table}",), "private", corruption="photo"), UsageError, "works on image"),
        (Question(("{table}",), "private", views="a, b"), DataError, "needs two groups of columns"),
        (Question(("{table}",), "private", views="a, b | b, c"), DataError, "columns b are in both views"),
        (Question(("{table}",), "private", views="a | z"), DataError, "unknown column 'z'"),
        (Question(("{table}",), "privat", views="a | b"), DataError, "Did you mean 'private'"),
        (Question(("{table}", "{table}")), UsageError, "aligned files need --target"),
    ],
)
def test_mistakes_are_named(table, question, error, match):
    data = tuple(d.format(table=table) for d in question.data)
    with pytest.raises(error, match=match):
        load_question(Question(**(vars(question) | {"data": data})))


def test_the_card_of_a_question():
    task = task_of(Question(("x.csv",), "y", corruption="swap", strength=0.3))
    assert (task.modality, task.views.generator, task.views.strength) == ("tabular", "swap", 0.3)


def test_bad_arrays_are_refused_plainly():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(300, 3)), rng.integers(2, size=300)
    for x1, x2, labels, match in (
        (np.where(x > 2, np.nan, x), x, y, "x1 holds .* nan or infinite"),
        (x, x[:200], y, "same number of rows"),
        (x, np.ones((300, 2)), y, "x2 is constant"),
        (x, x, np.arange(300), "an id or a number"),
        (x, x, np.zeros(300), "one class only"),
        (x[:20], x[:20], y[:20], "20 rows are too few"),
        (x, x, np.where(y > 0, 1.5, np.nan), "y holds .* nan"),
        (x, x, np.r_[np.zeros(297), 1, 1, 1], "every class needs at least"),
        (x, x, rng.normal(size=(300, 2)), "one value per row"),
        ("abc", x, y, "not an array of numbers"),
    ):
        with pytest.raises(InputError, match=match):
            sslbench.assess(x1, x2, labels, assumptions=("redundancy-1",))


def test_more_columns_than_rows_never_decide():
    rng = np.random.default_rng(0)
    y = rng.integers(2, size=120)
    found = sslbench.assess(rng.normal(size=(120, 200)), rng.normal(size=(120, 150)), y, assumptions=("redundancy-1",))
    assert list(found["verdict"]) == ["undecided"] and found.loc[0, "note"]


def test_numbers_are_binned_and_frames_may_be_mixed():
    rng = np.random.default_rng(0)
    s = rng.normal(size=400)
    frame = pd.DataFrame({"s": s, "kind": np.where(rng.random(400) < 0.5, "u", "v")})
    assert as_matrix(frame, "x1").shape == (400, 3)
    found = sslbench.assess(
        frame, rng.normal(size=(400, 2)), s + 0.1 * rng.normal(size=400), assumptions=("redundancy-1",)
    )
    assert found.loc[0, "verdict"] == "violated" and found.loc[0, "value"] > 0.5


def test_unlabelled_pairs_must_fit():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(200, 3)), rng.integers(2, size=200)
    with pytest.raises(InputError, match="as many columns as the views"):
        sslbench.assess(x, x, y, unlabelled=(x[:, :2], x))
    more = rng.normal(size=(500, 3))
    found = sslbench.assess(x, x + 0.1, y, unlabelled=(more, more), assumptions=("redundancy-1",))
    assert len(found) == 1


def test_unlabelled_pairs_of_unlike_views_are_read_either_way_round():
    rng = np.random.default_rng(0)
    x1, x2, more = rng.normal(size=(200, 3)), rng.normal(size=(200, 2)), rng.normal(size=(2, 300, 3))
    pairs = (more[0], more[1, :, :2])
    y = {"y": (x2[:, 0] > 0).astype(int)}
    (found,) = assess_arrays((x1, x2), y, unlabelled=pairs, names=["redundancy-2"]).verdicts
    (turned,) = assess_arrays((x2, x1), y, unlabelled=pairs[::-1], names=["redundancy-1"]).verdicts
    assert found.value == turned.value and found.verdict == turned.verdict == "violated"
