"""What is committed is what the records give: tables and pages equal a rebuild.

Refresh them with `sslbench table` and `sslbench site`. Figures and Parquet are left out: their bytes depend on the
versions of matplotlib and pyarrow.
"""

import shutil
from pathlib import Path

import pytest

from sslbench.site.build import build_site
from sslbench.tables import write_tables

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def rebuilt(tmp_path_factory):
    """A folder with `results` and `leaderboard`, made of the committed records alone."""
    if not (ROOT / "results" / "records").is_dir():
        pytest.skip("no results in this checkout")
    folder = tmp_path_factory.mktemp("rebuilt")
    shutil.copytree(ROOT / "results", folder / "results", ignore=shutil.ignore_patterns("tables", ".lock"))
    build_site(write_tables(folder / "results"), folder / "leaderboard")
    return folder


def files(folder, *kinds):
    return {f.relative_to(folder).as_posix(): f.read_text("utf-8") for k in kinds for f in folder.rglob(f"*.{k}")}


@pytest.mark.parametrize(
    "place, kinds",
    [("results/tables", ["csv"]), ("leaderboard", ["html", "css", "js", "csv"])],
    ids=["tables", "pages"],
)
def test_what_is_committed_equals_a_rebuild(rebuilt, place, kinds):
    committed, made = files(ROOT / place, *kinds), files(rebuilt / place, *kinds)
    assert sorted(committed) == sorted(made)
    assert not [name for name in made if made[name] != committed[name]]
