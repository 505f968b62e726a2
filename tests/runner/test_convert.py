"""A result of before declared versions is taken for version 1 where all that can be checked agrees, and only there."""

from pathlib import Path

import pytest

from sslbench import versions
from sslbench.config import STANDARD
from sslbench.records import read_records
from sslbench.runner.convert import _old_protocol, up_to_date

RESULTS = Path(__file__).resolve().parents[2] / "results"


@pytest.fixture(scope="module")
def record():
    return next(r for r in read_records(RESULTS)[0] if (getattr(r, "method", ""), r.task) == ("simclr", "wine"))


def aged(record, **other):
    """The record as it was known by hashes of source text."""
    old = {"method": "8f8f8a13d4398813", "code": "", "digest": "old", "protocol": _old_protocol(STANDARD)}
    return record.model_copy(update={"identity": record.identity.model_copy(update=old | other)})


def test_what_agrees_gets_the_identity_of_now(record):
    assert up_to_date(aged(record)).identity == record.identity
    assert up_to_date(record) is record


@pytest.mark.parametrize("part", ["task", "data", "split", "protocol"])
def test_what_differs_stays_as_it_is(record, part):
    old = aged(record, **{part: "other"})
    assert up_to_date(old) is old


def test_nothing_is_taken_for_a_version_that_was_raised_since(record, monkeypatch):
    monkeypatch.setattr(versions, "TRAINING", 2)
    old = aged(record)
    assert up_to_date(old) is old
