"""Reconstruction: the representation must give the input back."""

from dataclasses import dataclass

from torch import Tensor

from sslbench.methods.base import Batch, Card, Pretrained
from sslbench.methods.settings import tunable
from sslbench.registry import METHODS


@METHODS.register("denoising-ae")
@dataclass(frozen=True)
class DenoisingAutoencoder(Pretrained):
    """Blank a share of the inputs and restore the whole input. Each stream of a pair on its own.

    Source: Vincent et al. 2008, Extracting and composing robust features with denoising autoencoders, section 2.3
    (masking noise).
    Deviation: squared error on normalised inputs for every kind of column.
    """

    masked: float = tunable(0.3, 0.1, 0.8)  # share of the input cells set to 0, which is their mean

    card = Card(
        title="Denoising autoencoder",
        family="reconstruction",
        source="Vincent et al. 2008, ICML, section 2.3, doi:10.1145/1390156.1390294",
        needs=("decoder",),
        deviation="squared error on normalised inputs for every kind of column",
    )

    def loss(self, restored: Tensor, clean: Tensor) -> Tensor:
        """Mean squared error, (runs,); both (runs, batch, inputs)."""
        return (restored - clean).square().mean((1, 2))

    def objective(self, nets, batch: Batch) -> Tensor:
        total = 0
        for i, clean in enumerate(batch.clean):
            kept = batch.draw.of(f"mask {i}").uniform(clean.shape) >= self.masked
            total = total + self.loss(nets.decode(i, nets.encode(i, clean * kept)), clean.flatten(2))
        return total
