"""What boards are made of: a fixed suite's tasks and the standard runs of every cell, whatever else is stored."""

from dataclasses import dataclass, field

from sslbench.config import Run
from sslbench.records import RunRecord
from sslbench.tables.scores import main_scores
from sslbench.tasks import find_suite

SUITE = "core"  # whose tasks the boards are made of, where any of them was run


@dataclass
class TargetRuns:
    """The standard runs of one target: bits and accuracy by method and run, and its test rows over all folds."""

    task: str
    target: str
    runs: tuple[Run, ...]  # those that there should be
    fixed: bool  # whether the source fixes the test rows
    modality: str
    bits: dict[str, dict[Run, float]] = field(default_factory=dict)
    accuracy: dict[str, dict[Run, float]] = field(default_factory=dict)
    rows: dict[int, int] = field(default_factory=dict)  # fold -> test rows

    def complete(self, method: str) -> bool:
        """Whether the method has all standard runs."""
        return len(self.bits.get(method, ())) == len(self.runs)

    def scores(self, method: str) -> list[float]:
        """Bits of a complete method, in the order of `runs`."""
        return [self.bits[method][r] for r in self.runs]


Targets = dict[tuple[str, str], TargetRuns]


def standard_runs(card: dict) -> tuple[Run, ...]:
    """The runs that a task's card asks for: folds x inits, crossed."""
    folds, inits = card["splits"]["folds"], card["budget"].get("inits", 2)
    return tuple(Run(fold, init) for init in range(inits) for fold in range(folds))


def suite_tasks(cards: dict) -> list[str]:
    """The tasks of the boards: those of the core suite that were run; where none was, all that were."""
    core = set(find_suite(SUITE))
    return [t for t in sorted(cards["tasks"]) if t in core] or sorted(cards["tasks"])


def target_runs(runs: list[RunRecord], cards: dict) -> Targets:
    """The standard runs by (task, target), of every task whose card says how many there are."""
    out: Targets = {}
    standard = {t: standard_runs(c) for t, c in cards["tasks"].items() if "splits" in c}
    for run in runs:
        if run.status != "ok" or run.run not in standard.get(run.task, ()):
            continue
        card, accuracy = cards["tasks"][run.task], main_scores(run, "accuracy")
        for target, score in main_scores(run, "bits").items():
            fixed = card["splits"]["kind"] == "fixed"
            new = TargetRuns(run.task, target, standard[run.task], fixed, card["modality"])
            here = out.setdefault((run.task, target), new)
            here.bits.setdefault(run.method, {})[run.run] = score.value
            here.rows[run.fold] = score.n
            if target in accuracy:
                here.accuracy.setdefault(run.method, {})[run.run] = accuracy[target].value
    return dict(sorted(out.items()))
