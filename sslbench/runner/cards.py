"""The cards of what ran, as data.

Written beside the records, so that tables and site need neither torch nor the code.
"""

from pathlib import Path

from sslbench.calibration.cases import declared_cards
from sslbench.methods.base import Pretrained
from sslbench.methods.settings import space
from sslbench.records.cards import read_cards, store_cards
from sslbench.records.facts import add_facts
from sslbench.registry import METHODS
from sslbench.runner.plan import AssumptionPack, Plan
from sslbench.tasks import Task


def method_card(name: str) -> dict:
    """A method's card, its first words and its settings."""
    cls = METHODS.get(name)
    words = (cls.__doc__ or "").split("\n\n")[0].split()
    search = {k: list(v) for k, v in space(cls.build()).items()}
    recipe = {} if issubclass(cls, Pretrained) else {"recipe": "not trained by gradients"}
    return (
        cls.card.as_dict() | recipe | {"summary": " ".join(words), "settings": cls.build().settings(), "search": search}
    )


def _task_card(task: Task, notes: tuple[str, ...]) -> dict:
    """A task's card; its caveats end with what its source says of the data."""
    return task.model_dump(mode="json") | {"caveats": " ".join(filter(None, [task.caveats, *notes]))}


def write_cards(results: Path, plan: Plan) -> None:
    """Add the plan's cards to results/cards.json, and what was measured of its tasks' data to results/facts.json."""
    add_facts(results, plan.facts)
    cards = read_cards(results)
    cards["methods"] |= {name: method_card(name) for name in plan.methods}
    cards["tasks"] |= {t.name: _task_card(t, plan.notes.get(t.name, ())) for t in plan.tasks}
    asked = {a for pack in plan.packs if isinstance(pack, AssumptionPack) for a, _ in pack.wanted}  # redundancy-3 too
    cards["assumptions"] |= declared_cards(asked)
    store_cards(results, cards)
