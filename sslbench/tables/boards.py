"""Which targets each board is over."""

from dataclasses import dataclass

import pandas as pd

from sslbench.tables.standard import Targets, suite_tasks

MODALITIES = ("vision", "tabular", "pairs")
VERDICTS = ("violated", "holds", "undecided")
BOARDS = ("overall", *MODALITIES, *(f"redundancy-{v}" for v in VERDICTS))


@dataclass(frozen=True)
class Board:
    """A board and its targets: those that rank, and all of them."""

    name: str
    ranked: tuple[tuple[str, str], ...]
    every: tuple[tuple[str, str], ...]

    @property
    def clusters(self) -> list[str]:
        """The task of every ranked target."""
        return [task for task, _ in self.ranked]


def redundancy_verdict(verdicts: list[str]) -> str:
    """The verdict of a target from those of its directions: one violated is enough, all must hold."""
    if "violated" in verdicts:
        return "violated"
    return "holds" if verdicts and set(verdicts) == {"holds"} else "undecided"


def make_boards(targets: Targets, ranked: set[tuple[str, str]], assumptions: pd.DataFrame, cards: dict) -> list[Board]:
    """The boards that have a target: all of the suite's, by modality, and by the verdict on redundancy."""
    tasks = set(suite_tasks(cards))
    mine = {key: target for key, target in targets.items() if target.task in tasks}
    redundancy = assumptions[assumptions["assumption"].str.startswith("redundancy-").astype(bool)]
    found = redundancy.groupby(["task", "target"])["verdict"].agg(list).to_dict()
    verdict = {key: f"redundancy-{redundancy_verdict(found.get(key, []))}" for key in mine}
    out = []
    for name in BOARDS:
        every = tuple(k for k, t in mine.items() if name in ("overall", t.modality, verdict[k]))
        if every:
            out.append(Board(name, tuple(k for k in every if k in ranked), every))
    return out
