"""Records of two versions of a protocol share no table; a sentence says which were left out, and its command works."""

import subprocess

from sslbench.config import QUICK
from sslbench.records import Identity, RunRecord, Writer, read_records
from sslbench.records.identity import protocol_digest
from sslbench.tables import build_tables

TODAY = protocol_digest(QUICK)


def stored(folder, *versions):
    """A results folder with one run of each of these versions of the quick protocol."""
    with Writer(folder) as writer:
        for i, version in enumerate(versions):
            identity = Identity(digest=f"{version}{i}", task="t", data="x", split="s", protocol=version)
            common = {"method": "pca", "task": "wine", "fold": i, "init": 0, "protocol": "quick"}
            writer.append([RunRecord(**common, status="failed", reason=version, identity=identity)])
    return folder


def test_only_the_version_of_today_is_shown_and_the_rest_can_be_removed(tmp_path):
    folder = stored(tmp_path, "old", TODAY, "older", "old")
    tables = build_tables(folder)
    assert list(tables.cells["reason"]) == [TODAY]
    assert tables.left_out.words.startswith("3 of 4 records are of another version of the quick protocol")
    assert str(folder) not in tables.left_out.words and str(tables.left_out).endswith(tables.left_out.remedy)
    command = tables.left_out.remedy.partition("and sed")[2].removesuffix(" removes the old ones")
    subprocess.run(f"sed{command}", shell=True, check=True)
    assert [r.reason for r in read_records(folder)[0]] == [TODAY] and not build_tables(folder).left_out


def test_a_folder_of_one_old_version_is_shown_as_it_is_and_of_two_the_more_common(tmp_path):
    assert not build_tables(stored(tmp_path / "one", "old", "old")).left_out
    tables = build_tables(stored(tmp_path / "two", "older", "old", "older"))
    assert "1 of 3 records" in str(tables.left_out) and "(old)" in str(tables.left_out)
