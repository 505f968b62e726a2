"""What to run: cells -> packs, less what is already stored. A pack is the missing runs of a cell."""

from dataclasses import dataclass, field, replace
from pathlib import Path

from sslbench.assumptions.suite import task_assumptions
from sslbench.config import Protocol, Run, RunOptions
from sslbench.data.dataset import Dataset, load_dataset
from sslbench.data.facts import facts_of
from sslbench.errors import SslbenchError, UsageError
from sslbench.methods.base import Method, Pretrained
from sslbench.methods.card import REQUIREMENTS
from sslbench.records import AssumptionRecord, Identity, Record, RunRecord
from sslbench.records.facts import TaskFacts
from sslbench.records.identity import digest, protocol_digest, task_digest
from sslbench.registry import METHODS
from sslbench.runner.costs import Costs, known_costs
from sslbench.runner.identity import assumption_identity, run_identity
from sslbench.tasks import Task, find_suite, find_task
from sslbench.training.placement import Placement, choose, work_of
from sslbench.training.step import steps_of


@dataclass(frozen=True)
class MethodPack:
    """A method on a task in some runs, and for each run as many settings as a search tries."""

    method: str
    settings: dict
    task: Task
    runs: tuple[Run, ...]
    identities: dict[Run, Identity]
    protocol: Protocol
    cost: float  # estimated core-seconds
    placement: Placement | None = None  # as planned; None where nothing is trained
    candidates: int = 0  # settings per run; 0 means the default settings only
    scratch: str = ""  # folder for checkpoints and kept encoders; "" keeps none
    keep: bool = False  # whether the trained encoders are kept
    results: str = ""  # folder that predictions are stored in; "" stores none
    at_once: int = 0  # most runs that train together; 0 means as many as the placement says
    half_batch: bool = False
    origin: str = ""  # file.py:Class of a method that is not installed

    @property
    def title(self) -> str:
        return f"{self.method} on {self.task.name}" + (f", {self.candidates} settings" if self.candidates else "")

    @property
    def size(self) -> int:
        return len(self.runs)

    def smaller(self) -> "MethodPack":
        """The same pack for less memory: one run at a time, which changes no number, or else half the batch."""
        together = self.at_once or (self.placement.at_once if self.placement else 1)
        return replace(self, at_once=1) if together > 1 else replace(self, half_batch=True)

    def common(self, run: Run, settings: dict, track: str) -> dict:
        """The fields that every record of a run has."""
        identity = self.identities[run]
        if track == "candidate":
            identity = identity.model_copy(update={"digest": digest(identity.digest, settings)})
        return {
            "method": self.method,
            "task": self.task.name,
            "fold": run.fold,
            "init": run.init,
            "track": track,
            "candidates": self.candidates if track == "tuned" else 0,
            "protocol": self.protocol.name,
            "identity": identity,
            "settings": settings,
        }

    def _record(self, run: Run, status: str, reason: str) -> Record:
        common = self.common(run, self.settings, "tuned" if self.candidates else "default")
        return RunRecord(**common, status=status, reason=reason[:600])

    def failed(self, reason: str, only: Run | None = None) -> list[Record]:
        """Failed records for every run, or for one."""
        return [self._record(r, "failed", reason) for r in self.runs if only in (None, r)]

    def not_applicable(self, reason: str) -> list[Record]:
        return [self._record(r, "not_applicable", reason) for r in self.runs]


@dataclass(frozen=True)
class AssumptionPack:
    """All assumption tests of a task; they share their correction for multiplicity, so they are read together."""

    task: Task
    wanted: frozenset[tuple[str, str]]  # (assumption, target): all of the task as soon as one is not stored
    identities: dict[tuple[str, str], Identity]
    protocol: Protocol
    cost: float

    @property
    def title(self) -> str:
        return f"assumptions of {self.task.name}"

    @property
    def size(self) -> int:
        return len(self.wanted)

    def smaller(self) -> "AssumptionPack":
        """The same pack: its rows are its sample, and fewer would be another question."""
        return self

    def failed(self, reason: str, only=None) -> list[Record]:
        return [
            AssumptionRecord(
                assumption=a,
                target=t,
                task=self.task.name,
                status="failed",
                reason=reason[:600],
                protocol=self.protocol.name,
                identity=self.identities[a, t],
            )
            for a, t in sorted(self.wanted)
        ]


Pack = MethodPack | AssumptionPack


@dataclass
class Plan:
    """What is to be run, what is already decided without running, and how much of the grid is stored."""

    packs: list[Pack] = field(default_factory=list)
    decided: list[Record] = field(default_factory=list)  # not applicable, or data that could not be loaded
    notes: dict[str, tuple[str, ...]] = field(default_factory=dict)  # task -> what its source says of the data
    stored: int = 0
    methods: list[str] = field(default_factory=list)
    tasks: list[Task] = field(default_factory=list)
    facts: dict[str, TaskFacts] = field(default_factory=dict)  # of the tasks whose data could be loaded

    @property
    def runs(self) -> int:
        return sum(p.size for p in self.packs)

    def storing(self, results: Path) -> list[Pack]:
        """The packs, told to store the predictions of their runs under a folder."""
        folder = str(results.absolute())
        return [replace(p, results=folder) if isinstance(p, MethodPack) else p for p in self.packs]

    @property
    def verdicts(self) -> int:
        return sum(p.size for p in self.packs if isinstance(p, AssumptionPack))

    @property
    def cost(self) -> float:
        """Estimated core-seconds."""
        return sum(p.cost for p in self.packs)


def why_not(method: Method, task: Task, kinds: tuple[str, ...]) -> str | None:
    """Why a method makes no sense on a task, in the words of its card; None if it does."""
    met = {
        "paired streams": len(kinds) > 1,
        "one table": task.modality == "tabular",
        "columns": all(k == "columns" for k in kinds),
    }
    lacking = [n for n in method.requirements if not met.get(n, True)]
    reasons = [f"{method.name} needs {REQUIREMENTS[n]}" for n in lacking]
    if not lacking and (arity := method.card.why_not_streams(len(kinds))):
        reasons.append(f"{method.name} {arity}")
    return "; ".join(reasons) or None


def settled(records: list[Record], retry_failed: bool) -> dict[tuple, Record]:
    """Stored records that need not be made again, by key. The last record of a key counts."""
    by_key = {r.key: r for r in records}
    return {k: r for k, r in by_key.items() if not (retry_failed and r.failure)}


def make_plan(options: RunOptions, records: list[Record], progress=lambda text: None, device: str = "cpu") -> Plan:
    """The plan for these options, given the stored records. Loads every task's data to know its digest."""
    names = [METHODS.get(n).name for n in dict.fromkeys(options.methods)] or METHODS.names()
    another = f"@{options.encoder}" if options.encoder else ""
    tasks = [find_task(t + another) for t in dict.fromkeys(options.tasks or find_suite(options.suite))]
    if len({t.name for t in tasks}) < len(tasks):
        raise UsageError(f"two of the tasks have the same name: {', '.join(t.name for t in tasks)}")
    plan = Plan(methods=names, tasks=tasks)
    done, protocol = settled(records, options.retry_failed), options.protocol
    known = known_costs(records, protocol)
    for task in tasks:
        progress(f"looking at {task.name}")
        try:
            dataset = load_dataset(task)
        except SslbenchError as error:
            _unloadable(plan, task, names, options, str(error))
            continue
        plan.facts[task.name] = facts_of(dataset)
        _plan_assumptions(plan, dataset, protocol, done, known)
        for name in names:
            _plan_cell(plan, name, dataset, options, device, done, known)
        plan.notes[task.name] = dataset.notes
    plan.packs = in_order(plan.packs)
    return plan


def in_order(packs: list[Pack]) -> list[Pack]:
    """Packs task by task, the cheapest task first, so that a leaderboard can be shown early.

    Within a task methods come before verdicts, the longest first. The last two tasks go together, the longest pack
    first, so that no worker is left with a long one at the end.
    """
    cost: dict[str, float] = {}
    for pack in packs:
        cost[pack.task.name] = cost.get(pack.task.name, 0.0) + pack.cost
    tasks = sorted(cost, key=cost.get)
    early, last = tasks[:-2], tasks[-2:]
    place = {name: i for i, name in enumerate(early)} | dict.fromkeys(last, len(early))
    shared = lambda p: p.task.name not in last and isinstance(p, AssumptionPack)  # noqa: E731
    return sorted(packs, key=lambda p: (place[p.task.name], shared(p), -p.cost))


def _plan_cell(
    plan: Plan, name: str, dataset: Dataset, options: RunOptions, device: str, done: dict, known: Costs
) -> None:
    method, task, protocol = METHODS.get(name).build(), dataset.task, options.protocol
    runs = options.runs(dataset.folds, task.budget.inits)
    identities = {r: run_identity(method, dataset, r, protocol, options.tune) for r in runs}
    track = "tuned" if options.tune else "default"
    missing = tuple(
        r for r in runs if ("run", name, task.name, *r, track, options.tune, identities[r].digest) not in done
    )
    plan.stored += len(identities) - len(missing)
    if not missing:
        return
    placement, guess = None, 0.3 + dataset.rows / 10_000  # seconds of probes
    trained = len(missing) * max(1, options.tune)
    if isinstance(method, Pretrained):
        placement = choose(work_of(method, dataset, protocol), trained, device)
        guess += steps_of(task, protocol) * placement.seconds_per_step / trained
    cost = len(missing) * known.get((name, task_digest(task), track), guess * max(1, options.tune))
    pack = MethodPack(
        name,
        method.settings(),
        task,
        missing,
        identities,
        protocol,
        cost,
        placement,
        options.tune,
        str(Path(options.results).absolute()),
        options.keep_encoders,
        origin=method.origin,
    )
    if reason := why_not(method, task, dataset.kinds):
        plan.decided += pack.not_applicable(reason)
    else:
        plan.packs.append(pack)


def _plan_assumptions(plan: Plan, dataset: Dataset, protocol: Protocol, done: dict, known: Costs) -> None:
    task = dataset.task
    every = [(a, t) for a in task_assumptions(len(dataset.streams)) for t in dataset.targets]
    identities = {at: assumption_identity(at[0], dataset, at[1], protocol) for at in every}
    stored = [("assumption", a, task.name, t, identities[a, t].digest) in done for a, t in every]
    if all(stored):
        plan.stored += len(every)
    else:  # all of them anew: each is corrected for the others
        rows, classes = (
            min(dataset.rows, protocol.assumption_rows),
            max(int(y.max()) + 1 for y in dataset.targets.values()),
        )
        each = known.get(
            ("", task_digest(task), "default"), (1 + rows * classes / 4000) * (2 if protocol.assumption_network else 1)
        )
        plan.packs.append(AssumptionPack(task, frozenset(every), identities, protocol, each * len(every)))


def _unloadable(plan: Plan, task: Task, names: list[str], options: RunOptions, reason: str) -> None:
    blank = Identity(
        digest=digest("no data", task.name, options.protocol.name),
        task="",
        data="",
        split="",
        protocol=protocol_digest(options.protocol),
    )
    runs = options.runs(task.splits.folds, task.budget.inits)
    for name in names:
        settings = METHODS.get(name).build().settings()
        pack = MethodPack(
            name, settings, task, runs, dict.fromkeys(runs, blank), options.protocol, 0, None, options.tune
        )
        plan.decided += pack.failed(reason)
