"""Large encoders from timm: one network per run, trained one after another."""

from typing import ClassVar

import torch
from torch import Tensor, nn

from sslbench.draws import Draw
from sslbench.errors import UsageError
from sslbench.registry import ENCODERS

SMALL_IMAGE = 64  # pixels; up to here a ResNet gets the stem for small images


class TimmEncoder(nn.Module):
    """A timm network without its classifier, per run; randomly initialised, never with downloaded weights."""

    stacks: ClassVar[bool] = False  # its runs gain nothing from one another: it fills the device alone
    dense: ClassVar[bool] = False  # whether all its norms are StackedNorm, which keeps views apart
    timm_name: ClassVar[str]
    width: ClassVar[int]

    def __init__(self, draw: Draw, shape: tuple[int, ...], rep_dim: int | None = None):
        super().__init__()
        if len(shape) != 3:
            raise UsageError(
                f"encoder {self.name} takes images (channels, height, width), got a stream of shape {shape}; use mlp"
            )
        if rep_dim not in (None, self.width):
            raise UsageError(f"encoder {self.name} has rep_dim {self.width}, the task card asks for {rep_dim}")
        self.rep_dim = self.width
        keys = draw.bits((draw.runs, 1))
        with torch.random.fork_rng(devices=[]):
            self.nets = nn.ModuleList(self._seeded(key, shape) for key in keys[:, 0].tolist())
        self.nets.to(keys.device)

    def _seeded(self, key: int, shape: tuple[int, ...]) -> nn.Module:
        torch.manual_seed(key % 2**31)  # timm initialises from torch's global generator; forked by the caller
        return self.make(shape).to(memory_format=torch.channels_last)

    def make(self, shape: tuple[int, ...]) -> nn.Module:
        """One network for images of this shape."""
        raise NotImplementedError

    def forward(self, x: Tensor) -> Tensor:
        """(runs, batch, channels, height, width) -> (runs, batch, rep_dim)."""
        return torch.stack(
            [net(v.contiguous(memory_format=torch.channels_last)) for net, v in zip(self.nets, x, strict=True)]
        )


class _ResNet(TimmEncoder):
    def make(self, shape: tuple[int, ...]) -> nn.Module:
        import timm

        net = timm.create_model(self.timm_name, pretrained=False, in_chans=shape[0], num_classes=0)
        if max(shape[1:]) <= SMALL_IMAGE:
            net.conv1 = nn.Conv2d(shape[0], 64, 3, padding=1, bias=False)
            nn.init.kaiming_normal_(net.conv1.weight, mode="fan_out", nonlinearity="relu")
            net.maxpool = nn.Identity()
        return net


@ENCODERS.register("resnet18")
class ResNet18(_ResNet):
    """timm's ResNet-18 without its classifier, rep_dim 512; with a 3x3 stem and no pooling for images up to 64 pixels.

    Source: He et al. 2016, arXiv:1512.03385; the stem as in Chen et al. 2020 (SimCLR), arXiv:2002.05709, section B.9.
    """

    timm_name, width = "resnet18", 512


@ENCODERS.register("resnet50")
class ResNet50(_ResNet):
    """timm's ResNet-50 without its classifier, rep_dim 2048; the stem for small images as in resnet18.

    Source: He et al. 2016, arXiv:1512.03385.
    """

    timm_name, width = "resnet50", 2048


@ENCODERS.register("vit-small")
class ViTSmall(TimmEncoder):
    """timm's ViT-S without its classifier, rep_dim 384; 16-pixel patches, or an eighth of the side for small images.

    Source: Dosovitskiy et al. 2021, arXiv:2010.11929; S as in Touvron et al. 2021, arXiv:2012.12877.
    """

    timm_name, width = "vit_small_patch16_224", 384

    def make(self, shape: tuple[int, ...]) -> nn.Module:
        import timm

        _, height, wide = shape
        patch = 16 if height > SMALL_IMAGE else max(1, height // 8)
        if height % patch or wide % patch:
            raise UsageError(f"vit-small cuts patches of {patch} pixels, which does not divide {height}x{wide}")
        return timm.create_model(
            self.timm_name,
            pretrained=False,
            in_chans=shape[0],
            num_classes=0,
            img_size=(height, wide),
            patch_size=patch,
        )
