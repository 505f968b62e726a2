"""lightly's way of training, with the same encoder, head widths, batch and optimiser as ours.

A DataLoader, its transform, its loss. Needs the extra `parity`.
"""

import itertools
from collections.abc import Callable

import numpy as np
import torch
from torch import nn

from sslbench.config import STANDARD
from sslbench.errors import UsageError
from sslbench.registry import METHODS
from sslbench.training.step import schedule


def _small_conv(rep_dim: int, width: int = 32) -> nn.Module:
    """Encoder `conv` in plain torch."""
    widths = (3, width, 2 * width, 4 * width)
    layers: list[nn.Module] = []
    for i in range(3):
        layers.append(nn.Conv2d(widths[i], widths[i + 1], 3, 1 if i == 0 else 2, 1, bias=False))
        layers += [nn.BatchNorm2d(widths[i + 1]), nn.ReLU()]
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(widths[-1], rep_dim))


def _resnet18() -> nn.Module:
    """Encoder `resnet18` with the stem for small images."""
    import timm

    net = timm.create_model("resnet18", pretrained=False, num_classes=0)
    net.conv1, net.maxpool = nn.Conv2d(3, 64, 3, padding=1, bias=False), nn.Identity()
    return net


def loop_of_lightly(
    encoder: str,
    rep_dim: int,
    width: int,
    batch: int,
    method: str,
    pixels: torch.Tensor,
    device: str,
    steps: int | None = None,
) -> tuple[Callable[[int], None], nn.Module]:
    """A function that does some training steps as lightly's examples do, and the encoder that it trains.

    pixels: uint8 (n, 3, 32, 32); steps: of the whole training, for our schedule of the learning rate; constant if not
    given.
    """
    try:
        from lightly.loss import NTXentLoss, VICRegLoss
        from lightly.transforms import SimCLRTransform
    except ImportError:
        raise UsageError(
            "comparing with lightly needs the extra `parity`: pip install 'sslbench[parity]'; or leave it out: "
            "sslbench bench --only augmentation,stacking,probes,overhead"
        ) from None
    from PIL import Image

    pictures = [Image.fromarray(np.ascontiguousarray(p.permute(1, 2, 0).numpy())) for p in pixels]
    # blur off, as in our view: at 32 pixels SimCLR leaves it out
    transform = SimCLRTransform(
        input_size=32, gaussian_blur=0.0, cj_strength=1.0, cj_bright=0.4, cj_contrast=0.4, cj_sat=0.2, cj_hue=0.1
    )

    class Pictures(torch.utils.data.Dataset):
        def __len__(self):
            return len(pictures)

        def __getitem__(self, index):
            return transform(pictures[index])

    workers = 0 if device == "cpu" else 16  # on a CPU the cores are what is measured
    loader = torch.utils.data.DataLoader(
        Pictures(), batch, shuffle=True, drop_last=True, num_workers=workers, persistent_workers=workers > 0
    )
    backbone = _small_conv(rep_dim) if encoder == "conv" else _resnet18()
    head = nn.Sequential(nn.Linear(rep_dim, width), nn.BatchNorm1d(width), nn.ReLU(), nn.Linear(width, width))
    net = nn.Sequential(backbone, head).to(device)
    loss = VICRegLoss() if method == "vicreg" else NTXentLoss(temperature=METHODS.get("simclr").build().temperature)
    optimiser = torch.optim.AdamW(net.parameters(), lr=STANDARD.learning_rate, weight_decay=STANDARD.weight_decay)
    factors = schedule(steps, STANDARD.warmup).tolist() if steps else []
    scheduler = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda s: factors[min(s, steps - 1)] if steps else 1.0)
    batches = itertools.chain.from_iterable(loader for _ in itertools.count())

    def run(steps: int) -> None:
        for views in itertools.islice(batches, steps):
            z1, z2 = (net(v.to(device)) for v in views)
            optimiser.zero_grad()
            loss(z1, z2).backward()
            optimiser.step()
            scheduler.step()

    return run, backbone
