"""Views of colour photographs, 32 to 224 pixels: the augmentations of SimCLR and its kin, for a whole batch at once."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from sslbench.draws import Draw
from sslbench.registry import VIEWS
from sslbench.views import pixels
from sslbench.views.base import View

BLUR_SHARE = 0.1  # taps of the blur, as a share of the side
PART = 200_000  # numbers augmented at a time on a CPU: what stays in its cache


@VIEWS.register("photo")
@dataclass(frozen=True)
class PhotoView(View):
    """Resized crop, mirror, colour jitter, grayscale, blur, solarise, cutout. Strength scales the ranges, not the odds.

    Source: Chen et al. 2020 (SimCLR), arXiv:2002.05709, appendix A: crop area uniform in [smallest, 1], ratio
    log-uniform in [3/4, 4/3]; solarise as in Grill et al. 2020 (BYOL), appendix B; cutout of DeVries & Taylor 2017.
    Deviation: jitter is always in the order brightness, contrast, saturation, hue; a crop that would stick out is cut.
    """

    smallest: float = 0.08
    mirror: float = 0.5
    jitter: float = 0.8
    brightness: float = 0.4
    contrast: float = 0.4
    saturation: float = 0.2
    hue: float = 0.1
    grayscale: float = 0.2
    blur: float = 0.0
    solarise: float = 0.0
    cutout: float = 0.0

    kind = "image"

    def __call__(self, batch: Tensor, draw: Draw, pool: Tensor) -> Tensor:
        drawn = self._parameters(batch, draw)
        part = max(1, PART // batch[:, 0].numel()) if batch.device.type == "cpu" else batch.shape[1]
        slices = [slice(i, i + part) for i in range(0, batch.shape[1], part)]
        if len(slices) == 1:
            return self._view(batch, drawn)
        return torch.cat([self._view(batch[:, s], {k: v[:, s] for k, v in drawn.items()}) for s in slices], 1)

    def _parameters(self, batch: Tensor, draw: Draw) -> dict[str, Tensor]:
        """What each sample draws, (runs, batch) each."""
        runs, count, _, tall, wide = batch.shape
        s, u = min(self.strength, 1.0), iter(draw.of("photo").uniform((runs, count, 16)).unbind(-1))
        area = self._area(next(u))
        ratio = torch.exp((next(u) * 2 - 1) * s * math.log(4 / 3))
        height = (tall * (area / ratio).sqrt()).round().clamp(1, tall)
        width = (wide * (area * ratio).sqrt()).round().clamp(1, wide)
        out = {
            "height": height,
            "width": width,
            "top": (next(u) * (tall - height + 1)).floor(),
            "left": (next(u) * (wide - width + 1)).floor(),
            "mirror": next(u) < self.mirror,
        }
        jittered = (next(u) < self.jitter).float()
        for name in ("brightness", "contrast", "saturation", "hue"):
            change = (next(u) * 2 - 1) * getattr(self, name) * self.strength * jittered
            out[name] = change.clamp(-0.5, 0.5) if name == "hue" else (1 + change).clamp_min(0)
        out["grayscale"] = next(u) < self.grayscale
        out["blur"] = torch.where(next(u) < self.blur, 0.1 + 1.9 * self.strength * next(u), torch.full_like(area, 1e-3))
        out["solarise"] = next(u) < self.solarise
        side = max(1, round(min(s * self.cutout, 1) * min(tall, wide)))
        out["hole top"] = (next(u) * (tall - side + 1)).floor()
        out["hole left"] = (next(u) * (wide - side + 1)).floor()
        return out

    def _area(self, u: Tensor) -> Tensor:
        """Share of the image that a crop holds, of a uniform number."""
        return 1 - min(self.strength, 1.0) * (1 - self.smallest) * u

    def _view(self, x: Tensor, p: dict[str, Tensor]) -> Tensor:
        x = pixels.resized_crop(x, p["top"], p["left"], p["height"], p["width"], p["mirror"])
        if x.shape[2] == 3:
            x = pixels.adjust_brightness(x, p["brightness"])
            x = pixels.adjust_contrast(x, p["contrast"])
            x = pixels.adjust_saturation(x, p["saturation"])
            x = pixels.adjust_hue(x, p["hue"]) if self.hue else x
            x = torch.where(p["grayscale"][..., None, None, None], pixels.gray(x), x) if self.grayscale else x
        if self.blur:
            taps = max(3, int(BLUR_SHARE * x.shape[-1]) // 2 * 2 + 1)
            x = pixels.gaussian_blur(x, p["blur"], taps)
        if self.solarise:
            x = torch.where(p["solarise"][..., None, None, None], pixels.solarize(x, 0.5), x)
        if self.cutout:
            side = max(1, round(min(self.strength, 1.0) * self.cutout * min(x.shape[-2:])))
            fill = x.mean((-3, -2, -1), keepdim=True)
            x = pixels.erase(x, p["hole top"], p["hole left"], side, side, fill)
        return x
