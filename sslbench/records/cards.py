"""The cards that lie beside the records, as data."""

import json
from pathlib import Path

RENAMED = {"needs": "requirements"}  # fields of methods' cards that older results write otherwise
FAMILIES = {"anti-compressing": "information-preserving"}


def read_cards(results: Path) -> dict:
    """Cards of methods, tasks and assumptions as the last run wrote them; empty where no run did."""
    file = results / "cards.json"
    if not file.is_file():
        return {"methods": {}, "tasks": {}, "assumptions": {}}
    cards = json.loads(file.read_text(encoding="utf-8"))
    cards["methods"] = {name: _in_new_words(card) for name, card in cards["methods"].items()}
    return cards


def _in_new_words(card: dict) -> dict:
    """A method's card as it is written now."""
    card = {RENAMED.get(field, field): value for field, value in card.items()}
    return card | ({"family": FAMILIES[card["family"]]} if card.get("family") in FAMILIES else {})
