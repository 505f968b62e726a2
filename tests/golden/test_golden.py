"""Code that makes other numbers has another version: every component against its golden values."""

import importlib.util
import json
from pathlib import Path

import pytest

SPEC = importlib.util.spec_from_file_location("golden_components", Path(__file__).with_name("components.py"))
golden = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(golden)
COMPONENTS = golden.components()
STORED = json.loads(golden.FILE.read_text())


@pytest.mark.parametrize("name", COMPONENTS)
def test_numbers_move_only_with_a_version(name):
    why = golden.complaint(name, STORED, COMPONENTS[name], COMPONENTS[name].make())
    assert not why, why


def test_nothing_is_stored_that_is_gone():
    assert set(STORED) == set(COMPONENTS)


def test_a_version_without_values_and_values_without_a_version_are_named():
    component = golden.Component(2, list)
    assert "no golden values" in golden.complaint("x", {}, component, [1.0])
    assert "are of 1" in golden.complaint("x", {"x": {"version": 1, "values": [1.0]}}, component, [1.0])
    assert "raise its version" in golden.complaint("x", {"x": {"version": 2, "values": [1.0]}}, component, [1.01])
    assert golden.complaint("x", {"x": {"version": 2, "values": [1.0]}}, component, [1.0 + 1e-7]) == ""
