"""The committed tables are what the committed records give: nobody edits them, and none is forgotten."""

from io import StringIO
from pathlib import Path

import pandas as pd
import pytest

from sslbench.records import read_records
from sslbench.tables import build_tables
from sslbench.tables.build import csv_text
from sslbench.tables.columns import TABLES

RESULTS = Path(__file__).resolve().parents[2] / "results"


@pytest.fixture(scope="module")
def rebuilt():
    return build_tables(RESULTS).frames


@pytest.mark.parametrize("name", TABLES)
def test_a_committed_table_equals_a_rebuild(rebuilt, name):
    text = StringIO(csv_text(name, rebuilt[name]))
    stored = pd.read_csv(RESULTS / "tables" / f"{name}.csv")
    last_digit = 2 * 10.0 ** (1 - TABLES[name].digits)  # which another CPU may round otherwise
    pd.testing.assert_frame_equal(stored, pd.read_csv(text), rtol=last_digit, atol=1e-9)
    columns = pd.read_parquet(RESULTS / "tables" / f"{name}.parquet").columns
    assert list(columns) == list(stored.columns)


def test_no_other_table_is_committed_and_every_record_is_of_the_schema_of_now():
    assert {f.stem for f in (RESULTS / "tables").iterdir()} == set(TABLES)
    assert not (RESULTS / "representations").exists() and not read_records(RESULTS)[1]
    schemas = {line.rpartition('"schema":')[2] for f in RESULTS.glob("records/*.jsonl") for line in f.open()}
    assert schemas == {'"sslbench.record/2"}\n'}
