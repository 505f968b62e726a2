"""Information-preserving methods, and the dial from compressing to keeping: one more term, on any base method."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from sslbench.methods.base import Pretrained
from sslbench.methods.card import Card, Head, OptimizerConfig
from sslbench.methods.contrastive import SimCLR
from sslbench.methods.distillation import BYOL
from sslbench.methods.nets import Batch, Nets, Start
from sslbench.methods.pairing import over_pairs
from sslbench.methods.redundancy import BarlowTwins, VICReg
from sslbench.methods.settings import tunable
from sslbench.registry import METHODS


class _Watched:
    """The networks, remembering the representations that an objective embeds."""

    def __init__(self, nets: Nets):
        self._nets, self.h = nets, None

    def __getattr__(self, name: str):
        return getattr(self._nets, name)

    def embed(self, views) -> list[Tensor]:
        self.h = self._nets.represent(views)
        return self._nets.project(self.h)


class OnBase(Pretrained):
    """A base method, named by the setting `base`, with one more term on the representations of its views.

    What the base needs, its heads, memory and recipe are the base's; its settings are its defaults.
    """

    extra: ClassVar[tuple[str, ...]] = ()  # what the term itself needs

    def base_method(self) -> Pretrained:
        """The base method; raises ValueError for one that does not embed two views."""
        base = METHODS.get(self.base)
        if not issubclass(base, Pretrained) or "two views" not in base.card.requirements or issubclass(base, OnBase):
            raise ValueError(
                f"base {self.base!r} of {self.name} must be a method that embeds two views, such as simclr"
            )
        return base.build()

    @property
    def requirements(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys((*self.base_method().requirements, *self.extra)))

    @property
    def recipe(self) -> OptimizerConfig:
        return self.base_method().recipe

    @property
    def momentum(self):
        return self.base_method().momentum

    @property
    def ema_schedule(self) -> str:
        return self.base_method().ema_schedule

    @property
    def emb_dim(self) -> int:
        return self.base_method().emb_dim

    def scalars(self) -> dict[str, float]:
        return self.base_method().scalars()

    def heads(self, classes: dict[str, int], streams: int) -> dict[str, Head]:
        return self.base_method().heads(classes, streams)

    def memory(self, start: Start) -> dict[str, Tensor]:
        return self.base_method().memory(start)

    def term(self, nets: Nets, h: list[Tensor], batch: Batch) -> Tensor:
        """What is added to the base's loss, (runs,), from the views' representations."""
        raise NotImplementedError

    def objective(self, nets: Nets, batch: Batch) -> Tensor:
        watched = _Watched(nets)
        return self.base_method().objective(watched, batch) / self.size() + self.term(nets, watched.h, batch)

    def after_step(self, nets: Nets, batch: Batch) -> None:
        self.base_method().after_step(nets, batch)

    def size(self) -> float:
        """What the base's loss is divided by."""
        return 1.0


def unit_scale(h: Tensor) -> Tensor:
    """h divided by its root mean square over the batch; (runs, batch, dim) -> same."""
    return h / (h.square().mean((1, 2), keepdim=True) + 1e-8).sqrt()


def restoring_error(nets: Nets, h: list[Tensor], batch: Batch) -> Tensor:
    """Mean squared error of decoding each view from its own representation, mean over views, (runs,)."""
    stream = lambda i: min(i, nets.streams - 1)  # noqa: E731
    errors = [
        (nets.decode(stream(i), unit_scale(x)) - v.flatten(2)).square().mean((1, 2))
        for i, (x, v) in enumerate(zip(h, batch.views, strict=True))
    ]
    return sum(errors) / len(errors)


@METHODS.register("rc")
@dataclass(frozen=True)
class RC(OnBase):
    """A base method that must also restore each view from its representation, so that what only one view knows is kept.

    Source: Wang et al. 2022, arXiv:2203.07004, section 4.2 (RC), weight 1.
    Deviation: the paper could not be read here: representations at unit mean square, decoder as in `denoising-ae`.
    """

    base: str = "simclr"
    weight: float = tunable(1.0, 0.1, 10.0)

    extra: ClassVar[tuple[str, ...]] = ("decoder",)
    card = Card(
        title="SimCLR + RC",
        family="information-preserving",
        source="Wang et al. 2022, arXiv:2203.07004, section 4.2",
        requirements=("two views", "decoder"),
        uses_negatives=True,
        deviation="representations at unit mean square; decoder as in denoising-ae",
    )

    def term(self, nets: Nets, h: list[Tensor], batch: Batch) -> Tensor:
        return self.weight * restoring_error(nets, h, batch)


@METHODS.register("lbe")
@dataclass(frozen=True)
class LBE(OnBase):
    """A base method that also maximises a lower bound on what each representation says about its own view.

    Source: Wang et al. 2022, arXiv:2203.07004, section 4.2 (LBE), weight 1, noise variance 0.1: with normal noise on
    the representation the bound of Poole et al. 2019, arXiv:1905.06922, Eq. 10, is in closed form.
    Deviation: the paper could not be read here: representations at unit mean square; the bound saturates at log(batch).
    """

    base: str = "simclr"
    weight: float = tunable(1.0, 0.1, 10.0)
    noise_variance: float = 0.1

    card = Card(
        title="SimCLR + LBE",
        family="information-preserving",
        source="Wang et al. 2022, arXiv:2203.07004, section 4.2",
        uses_negatives=True,
        deviation="representations at unit mean square; the bound saturates at log(batch)",
    )

    def loss(self, h: Tensor, noise: Tensor) -> Tensor:
        """Minus the bound on I(X; h + noise), nats, (runs,); h and standard normal noise, (runs, batch, dim)."""
        code = h + noise * self.noise_variance**0.5
        distance = code.square().sum(-1)[..., None] + h.square().sum(-1)[..., None, :] - 2 * code @ h.mT
        logits = -distance / (2 * self.noise_variance)  # log p(code_i | h_j), (runs, batch, batch)
        bound = logits.diagonal(dim1=-2, dim2=-1) - logits.logsumexp(-1)
        return -bound.mean(-1) - torch.log(torch.full_like(bound[:, 0], h.shape[1]))

    def term(self, nets: Nets, h: list[Tensor], batch: Batch) -> Tensor:
        draw = batch.draw.of("lbe")
        bounds = [self.loss(unit_scale(x), draw.of(str(i)).normal(x.shape)) for i, x in enumerate(h)]
        return self.weight * sum(bounds) / len(bounds)


SIZES = {"vicreg": 6.25, "barlow-twins": 6.25}  # losses are brought to about one size before the dial's term is added


class Dial(OnBase):
    """A base method with a dial on I(X; Z).

    beta < 0 adds |beta| / 2 x the mean squared distance of two views' representations, which compresses; beta > 0
    adds beta x the negative log-likelihood of each view under a decoder of its own representation (normal, unit
    variance), which keeps. Representations are read at unit mean square, so that their scale is no way out.

    Source: arXiv:2304.09355, section 4.3, asks for such a dial; its form was chosen by measurement in this project.
    Deviation: two functionals that meet at 0, one axis by measured I(X; Z) and not by formula.
    """

    base: str
    beta: float

    def size(self) -> float:
        return SIZES.get(self.base, 1.0)

    @property
    def extra(self) -> tuple[str, ...]:
        return ("decoder",) if self.beta > 0 else ()

    def term(self, nets: Nets, h: list[Tensor], batch: Batch) -> Tensor:
        if self.beta > 0:
            inputs = batch.views[0][0, 0].numel()
            return self.beta / 2 * inputs * restoring_error(nets, h, batch)
        apart = over_pairs(lambda a, b: (a - b).square().sum(-1).mean(-1), [unit_scale(x) for x in h])
        return -self.beta / 2 * apart


def _dialled(of: type[Pretrained], end: str, beta: float) -> None:
    """Register a base method with its dial at one end."""
    card = Card(
        title=f"{of.card.title}, dialled to {end}",
        family="compressing" if beta < 0 else "information-preserving",
        source=f"{of.card.source}; the dial of arXiv:2304.09355, section 4.3",
        assumes=of.card.assumes if beta < 0 else (),
        requirements=of.card.requirements + (("decoder",) if beta > 0 else ()),
        uses_negatives=of.card.uses_negatives,
        deviation="the form of the dial is this project's",
        recipe=of.card.recipe,
    )
    doc = f"{of.card.title} with a term that makes the representation {end}.\n\n" + Dial.__doc__.split("\n\n", 1)[1]
    fields = {"base": of.name, "beta": beta, "card": card, "__doc__": doc, "__module__": __name__}
    fields["__annotations__"] = {"base": str, "beta": float}
    METHODS.register(f"{of.name}-{end}")(dataclass(frozen=True)(type("Dialled", (Dial,), fields)))


for _of in (SimCLR, BYOL, BarlowTwins, VICReg):
    _dialled(_of, "compress", -0.3)
    _dialled(_of, "keep", 0.3)
