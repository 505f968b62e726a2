"""The cards that lie beside the records, as data."""

import json
from pathlib import Path


def read_cards(results: Path) -> dict:
    """Cards of methods, tasks and assumptions as the last run wrote them; empty where no run did."""
    file = results / "cards.json"
    empty = {"methods": {}, "tasks": {}, "assumptions": {}}
    return json.loads(file.read_text(encoding="utf-8")) if file.is_file() else empty
