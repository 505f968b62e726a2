"""Self-distillation: predict the embedding that a slowly moving teacher gives the other view. No negatives."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import normalize

from sslbench.methods.base import Pretrained, check_pair
from sslbench.methods.card import Card, Head, OptimizerConfig
from sslbench.methods.nets import Batch, Nets, Start
from sslbench.methods.pairing import both_ways
from sslbench.methods.settings import tunable
from sslbench.registry import METHODS


@METHODS.register("byol")
@dataclass(frozen=True)
class BYOL(Pretrained):
    """The predicted embedding of one view agrees with the teacher's embedding of the other, both ways.

    Source: Grill et al. 2020, arXiv:2006.07733, Eqs. 2-3; teacher momentum rises from `momentum` to 1 as in its section
    3.
    Deviation: momentum starts at 0.99, since runs are short. Of several streams the others' teachers are predicted.
    """

    momentum: float = tunable(0.99, 0.9, 0.999)

    card = Card(
        title="BYOL",
        family="self-distillation",
        source="Grill et al. 2020, arXiv:2006.07733, Eqs. 2-3",
        assumes=("redundancy-1", "redundancy-2"),
        requirements=("two views", "predictor", "ema-teacher"),
    )

    def loss(self, prediction: Tensor, target: Tensor) -> Tensor:
        """2 - 2 cos, mean over the batch, (runs,); both (runs, batch, emb_dim)."""
        check_pair(prediction, target, least=1)
        return 2 - 2 * (normalize(prediction, dim=-1) * normalize(target, dim=-1)).sum(-1).mean(-1)

    def objective(self, nets: Nets, batch: Batch) -> Tensor:
        predictions = nets.predict(nets.embed(batch.views))
        with torch.no_grad():
            targets = nets.teacher_forward(batch.views)
        return both_ways(self.loss, predictions, targets)


@METHODS.register("simsiam")
@dataclass(frozen=True)
class SimSiam(Pretrained):
    """The predicted embedding of one view agrees with the other view's embedding, through which no gradient flows.

    Source: Chen & He 2021, arXiv:2011.10566, Eqs. 1-4; SGD, the predictor's rate is not decayed (its section 3 and
    appendix A).
    Deviation: the protocol's projector and predictor; peak rate 0.2, since runs are short.
    """

    stop_gradient: bool = True  # without it the embedding collapses to a point

    card = Card(
        title="SimSiam",
        family="self-distillation",
        source="Chen & He 2021, arXiv:2011.10566, Eqs. 1-4",
        assumes=("redundancy-1", "redundancy-2"),
        requirements=("two views", "predictor"),
        recipe=OptimizerConfig("sgd", rate=0.2, weight_decay=1e-4, constant=("predictor",)),
    )

    def loss(self, prediction: Tensor, target: Tensor) -> Tensor:
        """Negative cosine, mean over the batch, (runs,); both (runs, batch, emb_dim)."""
        check_pair(prediction, target, least=1)
        return -(normalize(prediction, dim=-1) * normalize(target, dim=-1)).sum(-1).mean(-1)

    def objective(self, nets: Nets, batch: Batch) -> Tensor:
        z = nets.embed(batch.views)
        p = nets.predict(z)
        targets = [v.detach() for v in z] if self.stop_gradient else z
        return both_ways(self.loss, p, targets) / 2


@METHODS.register("dino")
@dataclass(frozen=True)
class DINO(Pretrained):
    """The student's distribution over prototypes agrees with the teacher's sharper, centred one of the other view.

    Source: Caron et al. 2021, arXiv:2104.14294, Eqs. 1-4; gradients clipped at norm 3, prototypes held at first, as in
    the authors' code.
    Deviation: 256 prototypes, no small crops, teacher momentum from 0.99 and temperature 0.04 throughout, since runs
    are short.
    """

    prototypes: int = 256
    student_temperature: float = tunable(0.1, 0.05, 0.5)
    teacher_temperature: float = tunable(0.04, 0.01, 0.1)
    center_momentum: float = 0.9
    momentum: float = tunable(0.99, 0.9, 0.999)

    card = Card(
        title="DINO",
        family="self-distillation",
        source="Caron et al. 2021, arXiv:2104.14294, Eqs. 1-4",
        assumes=("redundancy-1", "redundancy-2"),
        requirements=("two views", "ema-teacher", "prototypes", "memory"),
        recipe=OptimizerConfig(clip=3.0, held=(("prototypes", 0.05),)),
    )

    def heads(self, classes: dict[str, int], streams: int) -> dict[str, Head]:
        return {"prototypes": Head("emb", self.prototypes, kind="prototypes", taught=True)}

    def memory(self, start: Start) -> dict[str, Tensor]:
        none = torch.zeros(start.draw.runs, 1, self.prototypes, device=start.draw.device)
        return {f"center {i}": none.clone() for i in range(start.views)}

    def loss(self, student: Tensor, teacher: Tensor, center: Tensor | float = 0.0) -> Tensor:
        """Cross-entropy of each run, (runs,); scores of two different views, (runs, batch, prototypes)."""
        check_pair(student, teacher, least=1)
        target = ((teacher - center) / self.teacher_temperature).softmax(-1)
        return -(target * (student / self.student_temperature).log_softmax(-1)).sum(-1).mean(-1)

    def objective(self, nets: Nets, batch: Batch) -> Tensor:
        return self.distilled(nets, batch, nets.embed(batch.views))

    def distilled(self, nets: Nets, batch: Batch, z: Sequence[Tensor]) -> Tensor:
        """The loss of each run, (runs,), with the student's embeddings of every view, each (runs, batch, emb_dim)."""
        # a single tower has one center for all views, several towers one each
        apart = nets.streams > 1
        student = [nets.head("prototypes", x, i) for i, x in enumerate(z)]
        with torch.no_grad():
            teacher = [
                nets.head("prototypes", z, i, teacher=True) for i, z in enumerate(nets.teacher_forward(batch.views))
            ]
            centers = [nets.memory[f"center {i if apart else 0}"] for i in range(len(teacher))]
            means = [t.mean(1, keepdim=True) for t in teacher]
            means = means if apart else [sum(means) / len(means)] * len(means)
            for i, mean in enumerate(means):
                nets.remember(f"center {i}", nets.memory[f"center {i}"].lerp(mean, 1 - self.center_momentum))
        taught = list(zip(teacher, centers, strict=True))
        return both_ways(lambda s, t: self.loss(s, *t), student, taught) / 2


def nearest_distance_entropy(z: Tensor) -> Tensor:
    """KoLeo: minus the mean log distance of every row to its nearest one of the batch, (runs,); z (runs, batch, dim).

    Rows are brought to unit norm; 1e-8 is added to the distance. Source: Sablayrolles et al. 2019, arXiv:1806.03198,
    Eq. 2, without the constants.
    """
    z = normalize(z, dim=-1)
    with torch.no_grad():
        itself = 2 * torch.eye(z.shape[1], dtype=z.dtype, device=z.device)
        nearest = (z @ z.mT - itself).argmax(-1)
    other = z.gather(1, nearest[..., None].expand_as(z))
    return -((z - other).square().sum(-1) + 1e-16).sqrt().add(1e-8).log().mean(-1)


@METHODS.register("dino-koleo")
@dataclass(frozen=True)
class DINOKoLeo(DINO):
    """DINO whose student embeddings also keep away from their nearest neighbours in the batch, as in DINOv2.

    Source: Oquab et al. 2024, arXiv:2304.07193, section 4: KoLeo (Sablayrolles et al. 2019, arXiv:1806.03198) with
    weight 0.1.
    Deviation: DINO's, and on embeddings instead of the encoder's output, which probes read; no other part of DINOv2.
    """

    koleo: float = tunable(0.1, 0.01, 1.0)

    card = Card(
        title="DINO + KoLeo",
        family="self-distillation",
        source="Oquab et al. 2024, arXiv:2304.07193, section 4",
        assumes=("redundancy-1", "redundancy-2"),
        requirements=("two views", "ema-teacher", "prototypes", "memory"),
        recipe=OptimizerConfig(clip=3.0, held=(("prototypes", 0.05),)),
    )

    def spread(self, z: Tensor) -> Tensor:
        """The KoLeo term of each run, (runs,); z: (runs, batch, emb_dim)."""
        return nearest_distance_entropy(z)

    def objective(self, nets: Nets, batch: Batch) -> Tensor:
        z = nets.embed(batch.views)
        return self.distilled(nets, batch, z) + self.koleo * sum(self.spread(x) for x in z) / len(z)
