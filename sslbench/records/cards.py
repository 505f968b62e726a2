"""The cards that lie beside the records, as data."""

import json
from pathlib import Path

from sslbench.files import write_file
from sslbench.records.identity import PROSE
from sslbench.tasks import Task

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


def store_cards(results: Path, cards: dict) -> None:
    """Write the cards; the same cards give the same bytes."""
    text = json.dumps(cards, indent=1, sort_keys=True, ensure_ascii=False) + "\n"
    write_file(results / "cards.json", text.encode())


def renew_prose(results: Path, task: Task) -> None:
    """Bring the prose of a task's stored card up to date, if one is stored; what numbers depend on stays as it was.

    So does what a run has added to the caveats, of the data as they were loaded.
    """
    cards = read_cards(results)
    if stored := cards["tasks"].get(task.name):
        new = task.model_dump(mode="json", include=set(PROSE) - {"truth"})
        if new["caveats"] and stored.get("caveats", "").startswith(new["caveats"]):
            del new["caveats"]
        stored |= new
        store_cards(results, cards)


def _in_new_words(card: dict) -> dict:
    """A method's card as it is written now."""
    card = {RENAMED.get(field, field): value for field, value in card.items()}
    return card | ({"family": FAMILIES[card["family"]]} if card.get("family") in FAMILIES else {})
