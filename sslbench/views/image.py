"""Views of images: every sample has its own parameters, and the whole batch is one tensor operation."""

from dataclasses import dataclass

import torch
from torch import Tensor

from sslbench.draws import Draw
from sslbench.registry import VIEWS
from sslbench.views.base import View


@VIEWS.register("image")
@dataclass(frozen=True)
class ImageView(View):
    """Resized crop with flip, blur, intensity, noise and cutout. Each option is the corruption at strength 1.

    crop: side of the smallest crop, as a share of the image (1 = no crop); flip: probability of a mirror image (0 where
    it changes the label); blur: largest sd in pixels; intensity: half-range of contrast and brightness; noise: sd;
    cutout: side of the blanked square as a share of the image.
    """

    crop: float = 0.75
    flip: float = 0.0
    intensity: float = 0.4
    noise: float = 0.1
    blur: float = 0.0
    cutout: float = 0.25

    kind = "image"

    def __call__(self, batch: Tensor, draw: Draw, pool: Tensor) -> Tensor:
        s = self.strength
        view = resized_crop(
            batch,
            draw.of("crop"),
            smallest=max(1 - s * (1 - self.crop), 0.05),
            flip=min(s, 1) * self.flip,
            blur=s * self.blur,
        )
        if self.intensity:
            view = intensity(view, draw.of("intensity"), s * self.intensity)
        if self.noise:
            view = view.add_(draw.of("noise").normal(view.shape), alpha=s * self.noise)
        if self.cutout:
            view = cutout(view, draw.of("cutout"), min(s * self.cutout, 1.0))
        return view


def _interpolation(size: int, start: Tensor, length: Tensor, mirror: Tensor | None, blur: Tensor | None) -> Tensor:
    """Matrices (..., size, size) that sample `size` points of [start, start + length) along one axis.

    They sample bilinearly; start and length are in pixels.

    Source: pixel centres as in align_corners=False; points beyond the border take the border's value.
    """
    centre = (torch.arange(size, device=start.device) + 0.5) / size  # (size,)
    if mirror is not None:
        centre = torch.where(mirror[..., None], 1 - centre, centre)
    point = (start[..., None] + length[..., None] * centre - 0.5).clamp(0, size - 1)  # (..., size)
    pixel = torch.arange(size, device=start.device)
    distance = (point[..., None] - pixel).abs()  # (..., size out, size in)
    if blur is None:
        return (1 - distance).clamp_min(0)
    # clamped: beyond, results are denormal numbers, which are slow and count for nothing
    weight = (-0.5 * (distance / blur[..., None, None]).square()).clamp_min_(-60).exp_()
    return weight / weight.sum(-1, keepdim=True)


def resized_crop(images: Tensor, draw: Draw, smallest: float, flip: float = 0.0, blur: float = 0.0) -> Tensor:
    """A random crop of every image, brought back to full size; two matrix products for the whole batch.

    Side length uniform in [smallest, 1], one aspect ratio, position uniform; mirrored with probability `flip`; if
    `blur` > 0 the bilinear kernel becomes a Gaussian with sd uniform in [0.3, 0.3 + blur] pixels. (runs, batch, c, h,
    w) -> same.
    """
    runs, batch, _, height, width = images.shape
    u = draw.uniform((runs, batch, 5))
    side = smallest + (1 - smallest) * u[..., 0]
    mirror = u[..., 3] < flip if flip else None
    sd = 0.3 + blur * u[..., 4] if blur else None
    rows = _interpolation(height, (1 - side) * u[..., 1] * height, side * height, None, sd)  # (runs, batch, h, h)
    cols = _interpolation(width, (1 - side) * u[..., 2] * width, side * width, mirror, sd)
    return rows[:, :, None] @ images @ cols.mT[:, :, None]


def intensity(images: Tensor, draw: Draw, half_range: float) -> Tensor:
    """Contrast about the image's mean and brightness, each uniform within +-half_range.

    (runs, batch, c, h, w) -> same.
    """
    u = draw.uniform((*images.shape[:2], 2))[..., None, None, None] * 2 - 1  # (runs, batch, 2, 1, 1, 1)
    mean = images.mean((-3, -2, -1), keepdim=True)
    contrast, brightness = half_range * u[:, :, 0], 0.5 * half_range * u[:, :, 1]
    # mean + (images - mean) (1 + contrast) + brightness, in two passes
    return (images * (1 + contrast)).add_(brightness - contrast * mean)


def cutout(images: Tensor, draw: Draw, share: float) -> Tensor:
    """A square of side share x image, at a random place, set to the image's mean. (runs, batch, c, h, w) -> same."""
    runs, batch, _, height, width = images.shape
    u = draw.uniform((runs, batch, 2))

    def inside(size: int, at: Tensor) -> Tensor:
        length = max(1, round(share * size))
        start = (at * (size - length + 1)).floor()[..., None]
        pixel = torch.arange(size, device=images.device)
        return (pixel >= start) & (pixel < start + length)  # (runs, batch, size)

    hole = inside(height, u[..., 0])[..., :, None] & inside(width, u[..., 1])[..., None, :]
    return torch.where(hole[:, :, None], images.mean((-3, -2, -1), keepdim=True), images)
