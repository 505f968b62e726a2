"""The schemas of records: one JSON line per run and per assumption verdict. They live only here."""

import json
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from sslbench.errors import RecordError
from sslbench.records.identity import Identity

RUN_SCHEMA = "sslbench.record/1"
REPRESENTATION_SCHEMA = "sslbench.representation/1"
ASSUMPTION_SCHEMA = "sslbench.assumption/1"
MOST_BYTES = 4096
Finite = Annotated[float, Field(allow_inf_nan=False)]
Status = Literal["ok", "failed", "not_applicable"]
Track = Literal["default", "tuned", "candidate"]  # a candidate has no test score: test is read for the chosen one only


class Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Score(Part):
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


class Common(Part):
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

    def line(self) -> str:
        """The record as one line of JSON; raises RecordError if it is over 4 KB."""
        text = json.dumps(
            self.model_dump(exclude_defaults=True) | {"schema": self.__class__.__schema__},
            allow_nan=False,
            separators=(",", ":"),
        )
        if len(text) > MOST_BYTES:
            raise RecordError(f"a record of {self.task} has {len(text)} bytes; at most {MOST_BYTES} are allowed")
        return text + "\n"


class RunRecord(Common):
    """One run: a method on a task with a seed."""

    __schema__ = RUN_SCHEMA
    method: str
    seed: int
    track: Track = "default"
    candidates: int = 0  # of a tuned run: how many settings it was chosen from, on val
    settings: dict[str, bool | int | Finite | str] = {}
    selection: Finite | None = None  # bits on val, mean over targets: what a tuned run was chosen by
    placement: str = ""  # how it shared the device: stacked x<runs>, in turn, large
    note: str = ""
    scores: tuple[Score, ...] = ()
    trace: tuple[tuple[int, Finite], ...] = ()  # (step, loss), thinned
    samples_per_second: Finite | None = None
    phases: dict[str, Finite] = {}  # seconds of pretraining spent on views, forward, backward, optimiser; on CPU
    utilisation: Finite | None = None  # model FLOP/s over the device's measured bf16 or float32 rate; on CUDA

    @property
    def file(self) -> str:
        return f"records/{self.method}.jsonl"

    @property
    def key(self) -> tuple:
        return ("run", self.method, self.task, self.seed, self.track, self.candidates, self.identity.digest)


class RepresentationRecord(Common):
    """What one run's representation keeps and how it lies: its metrics. It has its run's identity."""

    __schema__ = REPRESENTATION_SCHEMA
    method: str
    seed: int
    track: Track = "default"
    candidates: int = 0
    n: int = 0  # rows of the spectra
    measures: dict[str, Finite] = {}
    targets: dict[str, dict[str, Finite]] = {}

    @property
    def file(self) -> str:
        return f"representations/{self.method}.jsonl"

    @property
    def key(self) -> tuple:
        return ("representation", self.method, self.task, self.seed, self.track, self.candidates, self.identity.digest)


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
    note: str = ""
    evidence: dict[str, Finite | bool | str | None] = {}

    @property
    def file(self) -> str:
        return f"assumptions/{self.assumption}.jsonl"

    @property
    def key(self) -> tuple:
        return ("assumption", self.assumption, self.task, self.target, self.identity.digest)


Record = RunRecord | RepresentationRecord | AssumptionRecord
SCHEMAS = {RUN_SCHEMA: RunRecord, REPRESENTATION_SCHEMA: RepresentationRecord, ASSUMPTION_SCHEMA: AssumptionRecord}
FOLDERS = ("records", "representations", "assumptions")


def parse_line(text: str, where: str) -> Record:
    """The record of one line; raises RecordError naming `where`."""
    try:
        fields = json.loads(text)
    except json.JSONDecodeError as error:
        raise RecordError(f"{where}: not a JSON object ({error}). Remove the line; the run will be repeated") from None
    schema = fields.pop("schema", None) if isinstance(fields, dict) else None
    if isinstance(fields, dict) and "regime" in fields:
        fields["placement"] = fields.pop("regime")
    if schema not in SCHEMAS:
        raise RecordError(
            f"{where}: unknown schema {schema!r}; this sslbench reads {', '.join(SCHEMAS)}. "
            "Update sslbench, or use another folder with --results"
        )
    try:
        return SCHEMAS[schema].model_validate(fields)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"])
        raise RecordError(f"{where}: field {field}: {first['msg']}") from None
