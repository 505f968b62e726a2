"""Large encoders from timm: one network per run, one after another."""

import torch
from torch import Tensor, nn

from sslbench.draws import Draw
from sslbench.errors import UsageError
from sslbench.registry import ENCODERS


@ENCODERS.register("resnet18")
class ResNet18(nn.Module):
    """timm's ResNet-18 without its classifier, rep_dim 512; with a 3x3 stem and no pooling for images up to 64 pixels.

    Source: He et al. 2016, arXiv:1512.03385; the stem as in Chen et al. 2020 (SimCLR), arXiv:2002.05709, section B.9.
    """

    def __init__(self, draw: Draw, shape: tuple[int, ...], rep_dim: int = 512):
        super().__init__()
        import timm

        if len(shape) != 3:
            raise UsageError(
                f"encoder resnet18 takes images (channels, height, width), got a stream of shape {shape}; use mlp"
            )
        if rep_dim != 512:
            raise UsageError(f"encoder resnet18 has rep_dim 512, the task card asks for {rep_dim}")
        self.rep_dim = 512
        keys = draw.bits((draw.runs, 1))[:, 0].tolist()
        with torch.random.fork_rng(devices=[]):
            self.nets = nn.ModuleList(self._net(timm, key, shape) for key in keys)
        self.nets.to(draw.bits((draw.runs, 1)).device)

    @staticmethod
    def _net(timm, key: int, shape: tuple[int, ...]) -> nn.Module:
        torch.manual_seed(key % 2**31)  # timm initialises from torch's global generator; forked by the caller
        net = timm.create_model("resnet18", pretrained=False, in_chans=shape[0], num_classes=0)
        if max(shape[1:]) <= 64:
            net.conv1 = nn.Conv2d(shape[0], 64, 3, padding=1, bias=False)
            nn.init.kaiming_normal_(net.conv1.weight, mode="fan_out", nonlinearity="relu")
            net.maxpool = nn.Identity()
        return net.to(memory_format=torch.channels_last)

    def forward(self, x: Tensor) -> Tensor:
        """(runs, batch, channels, height, width) -> (runs, batch, 512)."""
        return torch.stack(
            [net(v.contiguous(memory_format=torch.channels_last)) for net, v in zip(self.nets, x, strict=True)]
        )
