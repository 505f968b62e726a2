"""A task's card joined with what was measured on it, for pages and the command line: one entry per target."""

from dataclasses import dataclass

import pandas as pd

ORDER = ("violated", "holds", "undecided", "failed")  # of verdicts; what was not applicable is none
KNOWN = ("facts", "targets", "convergence", "assumptions")  # the tables that `target_cards` reads


@dataclass(frozen=True)
class TargetCard:
    """One target with what is known of it; None where nothing was measured yet."""

    name: str
    title: str
    facts: dict | None  # its row of the table `facts`
    headroom: dict | None  # its row of the table `targets`
    convergence: dict | None  # its first row of the table `convergence`
    verdicts: dict[str, list[str]]  # verdict -> the assumptions that got it

    @property
    def converged(self) -> str:
        """Whether the budget has converged on it: yes, no, not measured."""
        return "not measured" if self.convergence is None else "yes" if self.convergence["passed"] else "no"


def target_cards(task: str, card: dict, frames: dict[str, pd.DataFrame]) -> list[TargetCard]:
    """The targets of a card in its order; `frames`: the tables `facts`, `targets`, `convergence`, `assumptions`."""
    mine = {name: frame[frame["task"] == task] for name, frame in frames.items()}

    def first(table: str, target: str) -> dict | None:
        rows = mine[table][mine[table]["target"] == target].to_dict("records")
        return rows[0] if rows else None

    out = []
    for target in card["targets"]:
        name = target["name"]
        told = mine["assumptions"][mine["assumptions"]["target"] == name].groupby("verdict")["assumption"].agg(list)
        verdicts = {kind: told[kind] for kind in ORDER if kind in told}
        found = (first(table, name) for table in ("facts", "targets", "convergence"))
        out.append(TargetCard(name, target["title"], *found, verdicts))
    return out
