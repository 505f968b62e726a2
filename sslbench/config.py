"""Every option that can change a result, in one place. Defaults live here and nowhere else."""

from dataclasses import asdict, dataclass, field, fields, replace
from typing import NamedTuple

from sslbench.errors import UsageError

PROTOCOL_VERSION = 4  # raised when the meaning of a number changes; stored in every record's identity
MIN_RUNS = 5  # runs of a cell: fewer cannot tell methods apart
MIN_FIXED_RUNS = 3  # the same where the source fixes the test rows
MIN_TEST_ROWS = 1000  # test rows of a target that is ranked, over all folds
MIN_FIXED_TEST_ROWS = 2000  # the same where the source fixes the test rows


def option(default, help: str):
    """A dataclass field with its help text."""
    return field(default=default, metadata={"help": help})


@dataclass(frozen=True)
class Protocol:
    """How every method is pretrained and judged: the same for all of them. Stored whole with each record."""

    name: str = option("standard", "which protocol: standard or quick")
    step_scale: float = option(1.0, "share of the task card's optimiser steps that is run")
    learning_rate: float = option(2e-3, "peak learning rate of AdamW, all methods")
    weight_decay: float = option(1e-4, "decoupled weight decay")
    warmup: float = option(0.1, "share of the steps with a linearly rising learning rate, then cosine to 0")
    projector_dim: int = option(128, "hidden and output width of the projector, predictor and decoder")
    probe_strengths: tuple[float, ...] = option(
        (1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1.0, 10.0, 100.0),
        "L2 strengths of the linear probe; chosen by cross-validated log-loss",
    )
    probe_folds: int = option(5, "folds inside train + val by which the linear probe's strength is chosen")
    prior_share: float = option(0.01, "share of the class prior that is mixed into every predicted probability")
    label_budgets: tuple[str, ...] = option(
        ("10 %", "5 per class"), "label budgets under which the linear probe is read besides all labels"
    )
    probe_iterations: int = option(100, "most iterations of the linear probe's solver")
    probe_rows: int = option(0, "most rows of train, of val and of test that probes read; 0 means all")
    probes: tuple[str, ...] = option(
        ("linear", "knn", "ridge", "retrieval"), "probes that read every representation; sslbench list probes"
    )
    neighbours: tuple[int, ...] = option((1, 5, 10, 20, 50), "k of the kNN probe; chosen by leaving rows out")
    assumption_rows: int = option(20000, "most rows an assumption test reads; more are subsampled")
    assumption_network: bool = option(True, "whether the readers include the two-layer network")
    assumption_dim: int = option(64, "most principal components a view is read through; fewer where rows are few")
    assumption_maps: int = option(2, "feature maps of images: raw, random convolution")
    precision: str = option("float32", "arithmetic of pretraining")


STANDARD = Protocol()
QUICK = replace(
    STANDARD,
    name="quick",
    step_scale=0.04,
    probe_strengths=(1e-3, 1e-2, 1e-1, 1.0),
    probe_iterations=15,
    probe_folds=2,
    probe_rows=200,
    label_budgets=(),
    assumption_rows=300,
    assumption_network=False,
    assumption_maps=1,
)
PRECISIONS = ("float32", "bfloat16")
REFERENCES = ("simclr", "byol", "vicreg", "infomax", "swav", "mib", "mae", "jepa")  # of a family each; judge budgets
CONTROLS_UNTRAINED = ("raw-input", "pca", "random-encoder")  # the best of them is gap 0
SUPERVISED = "supervised"  # gap 1


def protocol_named(name: str) -> Protocol:
    """The protocol of a record: standard or quick, with -bf16 if encoders are trained in bfloat16."""
    base = QUICK if name.startswith(QUICK.name) else STANDARD
    return replace(base, name=name, precision="bfloat16") if name.endswith("-bf16") else base


class Run(NamedTuple):
    """Which rows are tested, and which random start: what tells the runs of one method on one task apart."""

    fold: int
    init: int


@dataclass(frozen=True)
class RunOptions:
    """What to run and where; nothing here changes a number."""

    suite: str = option("core", "suite of tasks")
    methods: tuple[str, ...] = option((), "methods to run; none means all")
    tasks: tuple[str, ...] = option((), "tasks to run; none means the whole suite. openml:<task id> is a task too")
    encoder: str = option(
        "", "encoder of every task instead of its card's, as in resnet18, timm:convnext_atto, timm:resnet18+pretrained"
    )
    seeds: int | None = option(
        None, "how many runs of a cell: the first of its folds x inits; not given: all of them, or 1 with --quick"
    )
    device: str = option("auto", "auto, cpu or cuda")
    workers: int = option(0, "worker processes; 0 means one per core, or one per GPU")
    quick: bool = option(False, "a twenty-fifth of the steps, few rows probed, one run if --seeds is not given")
    results: str = option("results", "folder of records and tables")
    out: str = option("leaderboard", "folder of the built site")
    retry_failed: bool = option(False, "run again what failed before")
    tune: int = option(0, "settings per run to choose from on val; 0 runs the defaults only")
    precision: str = option("float32", "arithmetic of pretraining: float32 or bfloat16")
    engine: str = option("local", "local (processes on this machine) or ray (a cluster; extra [ray])")
    address: str = option("", "of a running Ray cluster, for --engine ray; none starts a local one")
    keep_encoders: bool = option(False, "keep the trained encoders in the results folder, for sslbench.encode")

    def __post_init__(self):
        if self.device not in ("auto", "cpu", "cuda"):
            raise UsageError(f"--device is one of auto, cpu, cuda; got {self.device!r}")
        if self.seeds is not None and self.seeds < 1:
            raise UsageError(f"--seeds must be at least 1, got {self.seeds}")
        if self.workers < 0:
            raise UsageError(f"--workers must be 0 (one per core) or more, got {self.workers}")
        if self.tune < 0 or self.tune == 1:
            raise UsageError(f"--tune must be 0 (no search) or at least 2 settings, got {self.tune}")
        if self.precision not in PRECISIONS:
            raise UsageError(f"--precision is one of {', '.join(PRECISIONS)}; got {self.precision!r}")
        if self.engine not in ("local", "ray"):
            raise UsageError(f"--engine is local or ray; got {self.engine!r}")
        if self.address and self.engine != "ray":
            raise UsageError("--address is that of a Ray cluster; give --engine ray with it")

    @property
    def protocol(self) -> Protocol:
        base = QUICK.name if self.quick else STANDARD.name
        return protocol_named(base if self.precision == "float32" else f"{base}-bf16")

    def runs(self, folds: int, inits: int) -> tuple[Run, ...]:
        """The runs of a cell: folds x inits, crossed, every fold of an init before the next init.

        `seeds` = the first so many of them; more than there are go on with further inits.
        """
        count = self.seeds or (1 if self.quick else folds * inits)
        return tuple(Run(k % folds, k // folds) for k in range(count))


def help_of(cls, name: str) -> str:
    """The help text of one field, for the command line."""
    return next(f.metadata["help"] for f in fields(cls) if f.name == name)


def as_dict(protocol: Protocol) -> dict:
    """The protocol as JSON types."""
    return {k: list(v) if isinstance(v, tuple) else v for k, v in asdict(protocol).items()}
