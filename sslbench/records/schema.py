"""The schemas of records: one JSON line per run and per assumption verdict. They live only here."""

import json
from typing import Annotated, Literal

from pydantic import Field

from sslbench.config import Run
from sslbench.errors import RecordError
from sslbench.records.identity import Identity
from sslbench.strict import StrictModel

RUN_SCHEMA = "sslbench.record/2"
ASSUMPTION_SCHEMA = "sslbench.assumption/1"
MOST_BYTES = 16 * 1024
Finite = Annotated[float, Field(allow_inf_nan=False)]
Status = Literal["ok", "failed", "not_applicable"]
Track = Literal["default", "tuned", "candidate"]  # a candidate has no test score: test is read for the chosen one only


class Score(StrictModel):
    """One number read from a frozen representation. `se` is over test rows; `chance` and `ceiling` frame it."""

    target: str  # "" for retrieval, which has no target
    readout: str  # "joint", or the stream that was read alone
    probe: str
    metric: str
    labels: str = "all"  # label budget: how many labels of the train rows the probe saw
    value: Finite
    se: Finite | None = None
    n: int
    chance: Finite | None = None
    ceiling: Finite | None = None


class Common(StrictModel):
    task: str
    status: Status
    reason: str = ""
    protocol: str  # name; its digest is in the identity
    identity: Identity
    seconds: dict[str, Finite] = {}  # by phase; their sum is what the record cost
    peak_mib: Finite | None = None
    environment: dict[str, str] = {}
    created: str = ""
    provenance: Literal["self-reported", "recomputed", "re-run"] = "self-reported"

    @property
    def failure(self) -> str:
        """What went wrong, "" if nothing did."""
        return self.reason if self.status == "failed" else ""

    def line(self) -> str:
        """The record as one line of JSON; raises RecordError if it is over 16 KB."""
        text = json.dumps(
            self.model_dump(exclude_defaults=True) | {"schema": self.__class__.__schema__},
            allow_nan=False,
            separators=(",", ":"),
        )
        if len(text) > MOST_BYTES:
            raise RecordError(f"a record of {self.task} has {len(text)} bytes; at most {MOST_BYTES} are allowed")
        return text + "\n"


class RunFields(Common):
    """What a record says of a run under every schema so far."""

    method: str
    track: Track = "default"
    candidates: int = 0  # of a tuned run: how many settings it was chosen from, on val
    settings: dict[str, bool | int | Finite | str] = {}
    selection: Finite | None = None  # bits on val, mean over targets: what a tuned run was chosen by
    note: str = ""
    scores: tuple[Score, ...] = ()
    trace: tuple[tuple[int, Finite], ...] = ()  # (step, loss), thinned
    samples_per_second: Finite | None = None
    phases: dict[str, Finite] = {}  # seconds of pretraining spent on views, forward, backward, optimiser; on CPU
    utilisation: Finite | None = None  # model FLOP/s over the device's measured bf16 or float32 rate; on CUDA


class RunRecord(RunFields):
    """One run: a method on a task, tested on a fold, started from an init; its scores and its metrics."""

    __schema__ = RUN_SCHEMA
    fold: int
    init: int
    placement: str = ""  # how it shared the device: stacked x<runs>, in turn, large
    metrics: dict[str, Finite] = {}  # of the representation, by their names in sslbench.metrics.catalogue
    target_metrics: dict[str, dict[str, Finite]] = {}  # target -> the metrics that depend on it
    metric_rows: int = 0  # rows that the spectra were taken on
    metric_failure: str = ""  # why there are no metrics, of a representation that was scored

    @property
    def run(self) -> Run:
        return Run(self.fold, self.init)

    @property
    def failure(self) -> str:
        return super().failure or (self.metric_failure and f"no metrics: {self.metric_failure}")

    @property
    def file(self) -> str:
        return f"records/{self.method}.jsonl"

    @property
    def key(self) -> tuple:
        return ("run", self.method, self.task, *self.run, self.track, self.candidates, self.identity.digest)


class AssumptionRecord(Common):
    """One verdict: an assumption on a task's target. It belongs to the task, not to a method."""

    __schema__ = ASSUMPTION_SCHEMA
    assumption: str
    target: str
    verdict: Literal["holds", "violated", "undecided", "not applicable", ""] = ""
    value: Finite | None = None
    low: Finite | None = None
    high: Finite | None = None
    tolerance: Finite | None = None
    unit: str = "nats"
    n: int = 0
    estimator: str = ""
    detectable: Finite | None = None
    power: Literal["yes", "no power"] = "yes"  # "no power": what was not seen could not have been seen
    note: str = ""
    evidence: dict[str, Finite | bool | str | None] = {}

    @property
    def file(self) -> str:
        return f"assumptions/{self.assumption}.jsonl"

    @property
    def key(self) -> tuple:
        return ("assumption", self.assumption, self.task, self.target, self.identity.digest)


Record = RunRecord | AssumptionRecord
