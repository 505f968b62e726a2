"""Any network of timm by its name, from random or from pretrained weights."""

from functools import lru_cache
from typing import ClassVar

import torch
from torch import nn

from sslbench.draws import Draw
from sslbench.encoders.large import TimmEncoder
from sslbench.errors import DataError, UsageError
from sslbench.registry import ENCODERS, nearest


@ENCODERS.register("timm")
class TimmModel(TimmEncoder):
    """A network of timm without its classifier, by its name there; `pretrained` starts from timm's weights.

    Pretrained weights are downloaded, never unless asked for; every init then starts alike, and what the network tells
    it has seen in pretraining. Deviation: pixels are normalised by the task's own mean and sd, not by the weights'.
    """

    timm_name: ClassVar[str] = "resnet18"
    width: ClassVar[int] = 512

    def __init__(
        self,
        draw: Draw,
        shape: tuple[int, ...],
        rep_dim: int | None = None,
        model: str = "resnet18",
        pretrained: bool = False,
    ):
        self.timm_name, self.width = model, self.width_of(model)
        self.pretrained = pretrained
        super().__init__(draw, shape, rep_dim)

    def make(self, shape: tuple[int, ...]) -> nn.Module:
        import timm

        more = {"img_size": shape[1:]} if timm.get_pretrained_cfg(self.timm_name).fixed_input_size else {}
        options = {"in_chans": shape[0], "num_classes": 0} | more
        try:
            net = timm.create_model(self.timm_name, pretrained=False, **options)
            with torch.no_grad():  # networks say late that an image is too small for them
                net.eval()(torch.zeros(1, *shape))
        except Exception as error:
            raise UsageError(
                f"timm's {self.timm_name} does not take images of {'x'.join(map(str, shape))}: {error}; "
                "choose another model, or bring the images to another size"
            ) from None
        if not self.pretrained:
            return net.train()
        try:
            return timm.create_model(self.timm_name, pretrained=True, **options)
        except Exception as error:
            raise DataError(
                f"the pretrained weights of timm's {self.timm_name} could not be had: {error}. They are downloaded "
                "once, which needs the internet; without it, leave out pretrained"
            ) from None

    @staticmethod
    @lru_cache(maxsize=32)
    def width_of(model: str) -> int:
        """The dimension of a timm network's representation; nothing is downloaded. Raises UnknownName."""
        import timm

        if not timm.is_model(model):
            raise nearest("timm model", model, timm.list_models(), "python -c 'import timm; print(timm.list_models())'")
        with torch.device("meta"):
            net = timm.create_model(model, pretrained=False, num_classes=0)
        return getattr(net, "head_hidden_size", None) or net.num_features
