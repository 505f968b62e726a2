"""A user's own table and pair, as task cards; and what goes wrong with them."""

import numpy as np
import pandas as pd
import pytest

from sslbench.data.dataset import load_dataset
from sslbench.errors import DataError
from sslbench.registry import SOURCES
from sslbench.resources import shipped
from sslbench.tasks import Source, find_task

RNG = np.random.default_rng(0)


def source(kind, path, **options):
    return Source(kind=kind, name=str(path), options=options)


@pytest.fixture
def table(tmp_path):
    frame = pd.DataFrame(
        {
            "id": range(80),
            "height": RNG.normal(size=80),
            "Colour": RNG.choice(["red", "blue"], 80),
            "Is Good": RNG.choice(["yes", "no"], 80),
        }
    )
    frame.loc[3, "height"] = np.nan
    frame.to_csv(tmp_path / "mine.csv", index=False)
    frame.to_parquet(tmp_path / "mine.parquet")
    return tmp_path


@pytest.mark.parametrize("name", ["mine.csv", "mine.parquet"])
def test_a_table(table, name):
    raw = SOURCES.get("table")(source("table", table / name, targets="Is Good", drop="id"))
    assert raw.streams[0].columns.names == ("height", "Colour") and raw.streams[0].values.isnan().sum() == 1
    assert set(raw.targets) == {"is-good"} and set(raw.targets["is-good"]) == {0, 1}


def test_a_table_as_a_task_card(table):
    card = (shipped("tasks") / "tabular" / "wine.toml").read_text()
    card = card.replace('name = "wine"\ntitle', 'name = "mine"\ntitle').replace('name = "class"', 'name = "is-good"')
    card = card.replace(
        'kind = "sklearn"\nname = "wine"',
        f'kind = "table"\nname = "{table / "mine.csv"}"\noptions = {{ targets = "Is Good", drop = "id" }}',
    )
    (table / "mine.toml").write_text(card)
    dataset = load_dataset(find_task(str(table / "mine.toml")))
    assert dataset.rows == 80 and dataset.kinds == ("columns",)


@pytest.mark.parametrize(
    "make, words",
    [
        (lambda d: source("table", d / "none.csv", targets="x"), "no CSV or Parquet file at .*none.csv"),
        (lambda d: source("table", d / "mine.csv"), "needs the option targets"),
        (lambda d: source("table", d / "mine.csv", targets="is good"), "unknown column 'is good'.*'Is Good'"),
        (lambda d: source("table", d / "mine.parquet.csv", targets="x"), "no CSV"),
        (lambda d: source("pair", d / "mine.csv"), "could not be read as npz"),
        (lambda d: source("folder", d), "holds no images"),
    ],
)
def test_what_is_wrong_is_named(table, make, words):
    wrong = make(table)
    with pytest.raises(DataError, match=words):
        SOURCES.get(wrong.kind)(wrong)


def test_a_pair_of_numbers_and_images_with_groups(tmp_path):
    images = RNG.integers(0, 255, size=(30, 1, 8, 8)).astype(np.uint8)
    np.savez(
        tmp_path / "p.npz",
        x1=RNG.normal(size=(30, 4)),
        x2=images,
        Label=RNG.integers(2, size=30),
        groups=np.arange(30) // 3,
    )
    raw = SOURCES.get("pair")(source("pair", tmp_path / "p.npz"))
    assert (
        [s.kind for s in raw.streams] == ["columns", "image"]
        and set(raw.targets) == {"label"}
        and raw.groups.max() == 9
    )


def test_an_npz_file_may_hold_three_streams_and_a_target_called_x4(tmp_path):
    made = {f"x{k}": RNG.normal(size=(30, k)) for k in (1, 2, 3)}
    np.savez(tmp_path / "p.npz", **made, x4=RNG.integers(2, size=30))
    raw = SOURCES.get("pair")(source("pair", tmp_path / "p.npz"))
    assert [(s.name, s.values.shape[1]) for s in raw.streams] == [("x1", 1), ("x2", 2), ("x3", 3)]
    assert set(raw.targets) == {"x4"}


def test_a_pair_that_cannot_be_used(tmp_path):
    np.savez(tmp_path / "p.npz", x1=RNG.normal(size=(30, 4)), y=np.zeros(30))
    with pytest.raises(DataError, match="no array x2; it has x1, y"):
        SOURCES.get("pair")(source("pair", tmp_path / "p.npz"))
    np.savez(tmp_path / "q.npz", x1=np.full((30, 4), np.nan), x2=np.zeros((30, 4)))
    with pytest.raises(DataError, match=r"x1 must be .* got shape \(30, 4\)"):
        SOURCES.get("pair")(source("pair", tmp_path / "q.npz"))
