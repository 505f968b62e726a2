"""What is committed is what the records give: the pages equal a rebuild (`sslbench site`).

Figures are left out: their bytes depend on the version of matplotlib.
"""

from pathlib import Path

import pytest

from sslbench.site.build import build_site
from sslbench.tables import build_tables

ROOT = Path(__file__).resolve().parents[2]


def files(folder, *kinds):
    return {f.relative_to(folder).as_posix(): f.read_text("utf-8") for k in kinds for f in folder.rglob(f"*.{k}")}


def test_the_committed_pages_equal_a_rebuild(tmp_path):
    if not (ROOT / "results" / "records").is_dir():
        pytest.skip("no results in this checkout")
    build_site(build_tables(ROOT / "results"), tmp_path)
    kinds = ("html", "css", "js", "csv")
    committed, made = files(ROOT / "leaderboard", *kinds), files(tmp_path, *kinds)
    assert sorted(committed) == sorted(made)
    assert not [name for name in made if made[name] != committed[name]]
