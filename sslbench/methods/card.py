"""What a method says of itself: its card, what it needs, how it is optimised, and the heads it asks for."""

import re
from dataclasses import asdict, dataclass

REQUIREMENTS = {
    "two views": "two views of every item, and a projector",
    "corrupted view": "every item as it is and corrupted",
    "more views": "more than two views of every item, where the task can make them",
    "views of each stream": "two jittered copies of every stream",
    "paired streams": "two aligned streams; this task has one",
    "one table": "a single table of source columns; this task has something else",
    "columns": "streams made of table columns; this task has images",
    "predictor": "a predictor head",
    "ema-teacher": "a teacher that is a moving average of the encoder",
    "decoder": "a decoder back to the input",
    "prototypes": "a head of unit prototypes",
    "stochastic heads": "a head that gives the code's log-variance",
    "critic": "a head that scores pairs of codes",
    "fusion": "a head that reads all streams together",
    "masks": "a map from inputs to source columns or image patches, which are masked whole",
    "memory": "per-run state that is carried from step to step",
    "labels": "labels in pretraining (a reference, not a self-supervised method)",
}
FAMILIES = (
    "contrastive",
    "self-distillation",
    "clustering",
    "information maximisation",
    "entropy",
    "compressing",
    "information-preserving",
    "reconstruction",
    "latent prediction",
    "tabular",
    "paired",
    "control",
    "submitted",
)


OPTIMISERS = ("adamw", "sgd", "lars")
EMA_SCHEDULES = {
    "cosine": "the teacher's momentum rises from `momentum` to 1 along half a cosine",
    "constant": "the teacher's momentum stays `momentum`",
}


@dataclass(frozen=True)
class OptimizerConfig:
    """How a method is optimised where its source departs from the protocol's AdamW with warm-up and cosine.

    rate: peak learning rate, None for the protocol's; clip: largest norm of a run's gradient, 0 for none; constant:
    parts of the networks whose rate is not decayed; held: parts that stay as initialised for a share of the steps.
    """

    optimiser: str = "adamw"  # adamw, sgd (momentum 0.9) or lars (momentum 0.9, trust 0.001)
    rate: float | None = None
    weight_decay: float | None = None
    clip: float = 0.0
    constant: tuple[str, ...] = ()
    held: tuple[tuple[str, float], ...] = ()

    def __post_init__(self):
        if self.optimiser not in OPTIMISERS:
            raise ValueError(f"optimiser {self.optimiser!r} is not one of {', '.join(OPTIMISERS)}")

    def __str__(self) -> str:
        parts = [{"adamw": "AdamW", "sgd": "SGD, momentum 0.9", "lars": "LARS, momentum 0.9"}[self.optimiser]]
        parts.append("the protocol's peak rate" if self.rate is None else f"peak rate {self.rate:g}")
        parts += [] if self.weight_decay is None else [f"weight decay {self.weight_decay:g}"]
        parts += [f"gradients clipped at norm {self.clip:g}"] if self.clip else []
        parts += [f"the rate of the {part} is not decayed" for part in self.constant]
        parts += [f"{part} held for {share:.0%} of the steps" for part, share in self.held]
        return ", ".join(parts)


@dataclass(frozen=True)
class Head:
    """A head that a method asks for, besides those that its card's needs name.

    inputs, outputs: a width by name (rep, emb, input, tokens, joint, streams; "rep+tokens" adds two) or a number;
    hidden: hidden layers of the protocol's width; shared: one head for all streams instead of one each; taught: the
    teacher has a copy; kind: "mlp", or "prototypes" (cosine with unit vectors, no bias); norm: whether hidden layers
    have a batch norm.
    """

    inputs: str | int = "rep"
    outputs: str | int = "emb"
    hidden: int = 1
    shared: bool = False
    taught: bool = False
    kind: str = "mlp"
    norm: bool = True


@dataclass(frozen=True)
class Card:
    """What a reader must know before trusting a method's numbers."""

    title: str
    family: str
    source: str  # paper and equation
    assumes: tuple[str, ...] = ()  # assumption cards it relies on
    requirements: tuple[str, ...] = ("two views",)
    deviation: str = "none"
    uses_labels: bool = False
    uses_negatives: bool = False
    views: int = 2  # of every item, where the task makes views; several streams are the views themselves
    streams: tuple[int, int | None] = (1, None)  # least and most streams that it takes; None: any number
    recipe: OptimizerConfig = OptimizerConfig()
    ema_schedule: str = "cosine"  # of the teacher's momentum, with "ema-teacher"; a key of EMA_SCHEDULES
    recalibrates: bool = False  # batch norms of the encoders are set on whole train inputs after training

    def __post_init__(self):
        least, most = self.streams
        if "paired streams" in self.requirements:
            object.__setattr__(self, "streams", (max(2, least), most))
        if "one table" in self.requirements:
            object.__setattr__(self, "streams", (1, 1))
        if least < 1 or (most is not None and most < least):
            raise ValueError(f"streams is (least, most) with 1 <= least <= most, most None for any; got {self.streams}")
        if unknown := set(self.requirements) - set(REQUIREMENTS):
            raise ValueError(
                f"a card needs {sorted(unknown)}, which the harness does not know; it knows {', '.join(REQUIREMENTS)}"
            )
        if self.family not in FAMILIES:
            raise ValueError(f"family {self.family!r} is not one of {', '.join(FAMILIES)}")
        if self.ema_schedule not in EMA_SCHEDULES:
            raise ValueError(f"ema_schedule {self.ema_schedule!r} is not one of {', '.join(EMA_SCHEDULES)}")

    def why_not_streams(self, count: int) -> str | None:
        """Why the method cannot take so many streams, as "takes 2 streams; this task has 3"; None if it can."""
        least, most = self.streams
        if least <= count and (most is None or count <= most):
            return None
        number = f"at least {least}" if most is None else f"{least}" if most == least else f"{least} to {most}"
        plural = "" if number == "1" else "s"
        return f"takes {number} stream{plural}; this task has {count}"

    @property
    def citation(self) -> str:
        """The source as a BibTeX entry, as far as its line goes; "" if it names no paper."""
        found = re.match(r"(?P<authors>[A-Z][^\d(]*?)(?: et al\.)? (?P<year>\d{4})", self.source)
        if not found:
            return ""
        authors = found["authors"].replace(",", " and").replace(" & ", " and ").replace("and and", "and")
        others = " and others" if "et al." in found[0] else ""
        key = re.sub(r"\W", "", authors.split(" and ")[0]).lower() + found["year"]
        where = re.search(r"arXiv:([\d.]+\d)", self.source)
        doi = re.search(r"doi:(\S+?)(?:[,;]|$)", self.source)
        more = (
            f", eprint = {{{where[1]}}}, archivePrefix = {{arXiv}}" if where else f", doi = {{{doi[1]}}}" if doi else ""
        )
        return f"@misc{{{key}, author = {{{authors}{others}}}, year = {{{found['year']}}}{more}}}"

    def as_dict(self) -> dict:
        """The card as JSON types, the recipe and the citation in words."""
        return asdict(self) | {"recipe": str(self.recipe), "citation": self.citation}
