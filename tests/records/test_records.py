"""The store: what is written is read back; what is torn, foreign, locked or full is said plainly and nothing is
lost.
"""

import errno
import os

import pytest

from sslbench.errors import RecordError, StorageError
from sslbench.records import AssumptionRecord, Identity, RunRecord, Score, Writer, parse_line, read_records

IDENTITY = Identity(digest="d", method="m", task="t", data="x", split="s", protocol="p")


def run(init=0, **more):
    score = Score(
        target="class",
        readout="joint",
        probe="linear",
        metric="bits",
        value=1.25,
        se=0.1,
        n=30,
        chance=0.0,
        ceiling=3.3,
    )
    fields = {
        "method": "vicreg",
        "task": "digits",
        "fold": init,
        "init": init,
        "status": "ok",
        "protocol": "quick",
        "identity": IDENTITY,
        "scores": (score,),
    }
    return RunRecord(**(fields | more))


def verdict():
    return AssumptionRecord(
        assumption="redundancy-1",
        target="class",
        task="digits",
        status="ok",
        protocol="quick",
        identity=IDENTITY,
        verdict="holds",
        value=0.0,
        n=5,
    )


def test_records_round_trip(tmp_path):
    made = [run(0), run(1), verdict()]
    with Writer(tmp_path) as writer:
        writer.append(made)
    read, warnings = read_records(tmp_path)
    assert sorted(read, key=repr) == sorted(made, key=repr) and not warnings
    assert (tmp_path / "records" / "vicreg.jsonl").read_text().count("\n") == 2


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_numbers_are_finite(value):
    with pytest.raises(ValueError, match="finite"):
        run(scores=(Score(target="", readout="joint", probe="linear", metric="bits", value=value, n=1),))


def test_a_record_is_at_most_32_kb():
    assert run(reason="x" * 15000).line()
    with pytest.raises(RecordError, match="32768"):
        run(reason="x" * 33000).line()


def test_a_torn_last_line_is_ignored_then_set_aside(tmp_path):
    with Writer(tmp_path) as writer:
        writer.append([run(0), run(1)])
    file = tmp_path / "records" / "vicreg.jsonl"
    whole = file.read_bytes()
    file.write_bytes(whole[:-40])
    read, warnings = read_records(tmp_path)
    assert [r.init for r in read] == [0] and "torn" in warnings[0] and file.read_bytes() == whole[:-40]
    with Writer(tmp_path) as writer:
        writer.append([run(1)])
    assert file.read_bytes() == whole and file.with_suffix(".torn").read_bytes()


@pytest.mark.parametrize(
    "line, words",
    [
        (
            '{"schema": "sslbench.record/99"}',
            ["vicreg.jsonl:1", "sslbench.record/99", "sslbench.record/2", "--results"],
        ),
        ('{"schema": ["sslbench.record/2"]}', ["vicreg.jsonl:1", "unknown schema ['sslbench.record/2']"]),
        ('{"method": "vicreg"}', ["vicreg.jsonl:1", "unknown schema None"]),
        ("not json", ["vicreg.jsonl:1", "not a JSON object"]),
        ('{"schema": "sslbench.record/2", "method": "x"}', ["vicreg.jsonl:1", "field task", "required"]),
        (run().line().replace('"fold":0', '"seed":0'), ["field fold of sslbench.record/2", "required"]),
        (run().line().replace('"fold":0', '"fold":"0"'), ["field fold of sslbench.record/2", "integer"]),
        (run().line().replace("record/2", "record/1"), ["field seed of sslbench.record/1", "required"]),
    ],
)
def test_a_record_that_cannot_be_read_names_file_line_and_reason(tmp_path, line, words):
    file = tmp_path / "records" / "vicreg.jsonl"
    file.parent.mkdir()
    file.write_text(line.strip() + "\n")
    with pytest.raises(RecordError) as error:
        read_records(tmp_path)
    assert all(word in str(error.value) for word in words), str(error.value)


def test_two_writers_cannot_share_a_folder(tmp_path):
    with Writer(tmp_path), pytest.raises(StorageError, match="in use"):
        Writer(tmp_path)
    Writer(tmp_path).close()


def test_a_folder_that_cannot_be_made_is_said(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match="--results"):
        Writer(tmp_path / "file" / "results")


def test_a_full_disk_leaves_the_file_as_it_was(tmp_path, monkeypatch):
    with Writer(tmp_path) as writer:
        writer.append([run(0)])
        file = tmp_path / "records" / "vicreg.jsonl"
        before = file.read_bytes()

        def full(descriptor):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        monkeypatch.setattr(os, "fsync", full)
        with pytest.raises(StorageError, match=r"disk is full.*kept"):
            writer.append([run(1)])
        assert file.read_bytes() == before
        monkeypatch.undo()
        writer.append([run(1)])
    assert [r.init for r in read_records(tmp_path)[0]] == [0, 1]


def test_parse_line_is_the_inverse_of_line():
    assert parse_line(run().line(), "here") == run()
