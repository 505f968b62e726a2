"""Reconstruction: the representation must give the input back."""

from dataclasses import dataclass

from torch import Tensor

from sslbench.methods.base import Pretrained
from sslbench.methods.bottleneck import SPREAD, normal_kl, spread_of
from sslbench.methods.card import Card, Head
from sslbench.methods.masking import blank, choose_tokens, count_of, masked_mean, spread
from sslbench.methods.nets import Batch, Nets
from sslbench.methods.settings import tunable
from sslbench.registry import METHODS


@METHODS.register("denoising-ae")
@dataclass(frozen=True)
class DenoisingAutoencoder(Pretrained):
    """Blank a share of the inputs and restore the whole input. Each stream on its own.

    Source: Vincent et al. 2008, Extracting and composing robust features with denoising autoencoders, section 2.3
    (masking noise).
    Deviation: squared error on normalised inputs for every kind of column.
    """

    masked: float = tunable(0.3, 0.1, 0.8)  # share of the input cells set to 0, which is their mean

    card = Card(
        title="Denoising autoencoder",
        family="reconstruction",
        source="Vincent et al. 2008, ICML, section 2.3, doi:10.1145/1390156.1390294",
        requirements=("decoder",),
        deviation="squared error on normalised inputs for every kind of column",
    )

    def loss(self, restored: Tensor, clean: Tensor) -> Tensor:
        """Mean squared error, (runs,); both (runs, batch, inputs)."""
        return (restored - clean).square().mean((1, 2))

    def objective(self, nets: Nets, batch: Batch) -> Tensor:
        total = 0
        for i, clean in enumerate(batch.clean):
            kept = batch.draw.of(f"mask {i}").uniform(clean.shape) >= self.masked
            total = total + self.loss(nets.decode(i, nets.encode(i, clean * kept)), clean.flatten(2))
        return total


@METHODS.register("autoencoder")
@dataclass(frozen=True)
class Autoencoder(Pretrained):
    """Restore the input from the representation, which is narrower than the input on most tasks. Each stream alone.

    Source: Hinton & Salakhutdinov 2006, doi:10.1126/science.1127647.
    Deviation: trained end to end; squared error on normalised inputs for every kind of column.
    """

    card = Card(
        title="Autoencoder",
        family="reconstruction",
        source="Hinton & Salakhutdinov 2006, doi:10.1126/science.1127647",
        requirements=("decoder",),
        deviation="trained end to end; squared error on normalised inputs",
    )

    def loss(self, restored: Tensor, clean: Tensor) -> Tensor:
        """Mean squared error, (runs,); both (runs, batch, inputs)."""
        return (restored - clean).square().mean((1, 2))

    def objective(self, nets: Nets, batch: Batch) -> Tensor:
        return sum(self.loss(nets.decode(i, nets.encode(i, x)), x.flatten(2)) for i, x in enumerate(batch.clean))


@METHODS.register("vae")
@dataclass(frozen=True)
class VAE(Pretrained):
    """A stochastic code near a standard normal prior restores the input; the representation is its mean.

    Source: Kingma & Welling 2014, arXiv:1312.6114, Eq. 10 (unit-variance normal decoder); `beta` of Higgs et al. 2017.
    Deviation: beta 0.3, as a unit-variance decoder of normalised inputs switches most coordinates off at 1.
    """

    beta: float = tunable(0.3, 0.03, 3.0)

    card = Card(
        title="Variational autoencoder",
        family="reconstruction",
        source="Kingma & Welling 2014, arXiv:1312.6114, Eq. 10",
        requirements=("decoder", "stochastic heads"),
        deviation="beta 0.3; unit-variance normal decoder for every kind of column",
    )

    def heads(self, classes: dict[str, int], streams: int) -> dict[str, Head]:
        return SPREAD

    def loss(self, restored: Tensor, clean: Tensor, mean: Tensor, sd: Tensor) -> Tensor:
        """Negative evidence bound but for constants, nats, (runs,); inputs (runs, batch, inputs), codes (runs, batch,
        rep_dim).
        """
        return (restored - clean).square().sum(-1).mean(-1) / 2 + self.beta * normal_kl(mean, sd, 0.0, 1.0)

    def objective(self, nets: Nets, batch: Batch) -> Tensor:
        total = 0
        for i, x in enumerate(batch.clean):
            mean = nets.encode(i, x)
            sd = spread_of(nets, mean, i)
            code = mean + sd * batch.draw.of(f"code {i}").normal(mean.shape)
            total = total + self.loss(nets.decode(i, code), x.flatten(2), mean, sd)
        return total


@METHODS.register("mae")
@dataclass(frozen=True)
class MAE(Pretrained):
    """Blank most patches of an image, or most columns of a table, and restore those that were blanked.

    Source: He et al. 2022, arXiv:2111.06377, section 3: 75 % masked, squared error on masked patches only, each patch
    of pixels normalised.
    Deviation: the encoder sees blanks at the masked places, since the task's encoder takes inputs of one size; its
    batch-norm statistics are taken anew from whole inputs at the end.
    """

    masked: float = tunable(0.75, 0.3, 0.9)

    card = Card(
        title="Masked autoencoder",
        family="reconstruction",
        source="He et al. 2022, arXiv:2111.06377, section 3",
        requirements=("decoder", "masks"),
        deviation="the encoder sees blanks at the masked places",
        recalibrates=True,
    )

    def loss(self, restored: Tensor, target: Tensor, mask: Tensor) -> Tensor:
        """Mean squared error over masked inputs, (runs,); all (runs, batch, inputs)."""
        return masked_mean((restored - target).square(), mask)

    def objective(self, nets: Nets, batch: Batch) -> Tensor:
        total = 0
        for i, (x, tokens) in enumerate(zip(batch.clean, batch.tokens, strict=True)):
            mask = spread(choose_tokens(batch.draw.of(f"mask {i}"), tokens, x.shape[1], self.masked), tokens)
            target = normalised_patches(x.flatten(2), tokens) if x.ndim == 5 else x.flatten(2)
            total = total + self.loss(nets.decode(i, nets.encode(i, blank(x, mask))), target, mask)
        return total


def normalised_patches(x: Tensor, tokens: Tensor) -> Tensor:
    """Every patch with mean 0 and variance 1 over its own pixels (1e-2 is added to the variance, as scans have blank
    patches); (runs, batch, inputs) -> same.
    """
    size = len(tokens) // count_of(tokens)
    mean = lambda v: v.new_zeros((*v.shape[:2], count_of(tokens))).index_add(-1, tokens, v)[..., tokens] / size  # noqa: E731
    centred = x - mean(x)
    return centred * (mean(centred.square()) + 1e-2).rsqrt()
