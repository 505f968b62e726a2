"""Operations on images with parameters of their own per sample, each one batched; torchvision's function is the oracle.

Images are (runs, batch, 3, height, width) in [0, 1], parameters (runs, batch). Every function agrees with
torchvision's of the same name on each image alone (tests/views/test_pixels.py states the tolerance).
"""

import torch
from torch import Tensor
from torch.nn.functional import grid_sample, pad

GRAY = (0.2989, 0.587, 0.114)  # ITU-R 601, as torchvision has it
MATRIX_SIDE = 96  # pixels up to which two matrix products are faster than sampling


def _each(parameter: Tensor) -> Tensor:
    """(runs, batch) -> (runs, batch, 1, 1, 1)."""
    return parameter[..., None, None, None]


def _points(size: int, start: Tensor, length: Tensor, mirror: Tensor | None) -> Tensor:
    """Where `size` output pixels lie in the input, (runs, batch, size), clamped to the box [start, start + length)."""
    centre = (torch.arange(size, device=start.device) + 0.5) / size
    if mirror is not None:
        centre = torch.where(mirror[..., None], 1 - centre, centre)
    inside = (length[..., None] * centre - 0.5).clamp_min(0)
    return start[..., None] + torch.minimum(inside, length[..., None] - 1)


def resized_crop(
    images: Tensor, top: Tensor, left: Tensor, height: Tensor, width: Tensor, mirror: Tensor | None = None
) -> Tensor:
    """Boxes in whole pixels, brought back to full size bilinearly; where `mirror`, flipped left to right."""
    runs, batch, channels, tall, wide = images.shape
    rows, columns = _points(tall, top, height, None), _points(wide, left, width, mirror)
    if max(tall, wide) <= MATRIX_SIDE:
        over = lambda at, size: (1 - (at[..., None] - torch.arange(size, device=at.device)).abs()).clamp_min(0)  # noqa: E731
        return over(rows, tall)[:, :, None] @ images @ over(columns, wide).mT[:, :, None]
    y = (rows * 2 + 1) / tall - 1  # pixel centres in [-1, 1]
    x = (columns * 2 + 1) / wide - 1
    grid = torch.stack([x[..., None, :].expand(-1, -1, tall, -1), y[..., None].expand(-1, -1, -1, wide)], -1)
    flat = grid_sample(images.flatten(0, 1), grid.flatten(0, 1), padding_mode="border", align_corners=False)
    return flat.view(runs, batch, channels, tall, wide)


def gray(images: Tensor) -> Tensor:
    """Luma, (runs, batch, 1, height, width)."""
    red, green, blue = images.unbind(2)
    return (red * GRAY[0]).add_(green, alpha=GRAY[1]).add_(blue, alpha=GRAY[2]).unsqueeze(2)


def adjust_brightness(images: Tensor, factor: Tensor) -> Tensor:
    """Pixels times the factor."""
    return (images * _each(factor)).clamp_(0, 1)


def adjust_contrast(images: Tensor, factor: Tensor) -> Tensor:
    """Away from the mean luma of the image (factor > 1) or towards it."""
    f = _each(factor)
    return (images * f).add_((1 - f) * gray(images).mean((-2, -1), keepdim=True)).clamp_(0, 1)


def adjust_saturation(images: Tensor, factor: Tensor) -> Tensor:
    """Away from the luma of each pixel (factor > 1) or towards it."""
    f = _each(factor)
    return (images * f).add_((1 - f) * gray(images)).clamp_(0, 1)


def adjust_hue(images: Tensor, shift: Tensor) -> Tensor:
    """Turn the hue by `shift` of the colour circle, in [-0.5, 0.5]; value and saturation stay."""
    red, green, blue = images.unbind(2)
    value = torch.maximum(torch.maximum(red, green), blue)
    chroma = value - torch.minimum(torch.minimum(red, green), blue)
    scale = torch.where(chroma == 0, torch.ones_like(chroma), chroma).reciprocal_()
    # sixths of the circle from red, by the channel that is largest
    hue = torch.where(
        value == red,
        (green - blue) * scale,
        torch.where(value == green, (blue - red) * scale + 2, (red - green) * scale + 4),
    )
    hue = hue.add_((6 * shift)[..., None, None]).remainder_(6)
    # each channel is the value less the chroma times a trapezoid over the circle (Smith 1978, in closed form)
    out = torch.empty_like(images)
    for channel, (sign, centre, height) in enumerate(((-1, 3, 2), (1, 2, -1), (1, 4, -1))):
        trapezoid = (hue - centre).abs_().mul_(sign).add_(height).clamp_(0, 1).mul_(chroma)
        torch.sub(value, trapezoid, out=out[:, :, channel])
    return out


def gaussian_blur(images: Tensor, sd: Tensor, taps: int) -> Tensor:
    """Gaussian of `sd` pixels over an odd number of taps, borders mirrored."""
    half = taps // 2
    offset = torch.arange(-half, half + 1, device=images.device)
    weight = torch.exp(-0.5 * (offset / sd[..., None]).square())
    weight = weight / weight.sum(-1, keepdim=True)  # (runs, batch, taps)
    for axis in (-1, -2):
        size = images.shape[axis]
        border = (half, half, 0, 0) if axis == -1 else (0, 0, half, half)
        wider = pad(images.flatten(0, 1), border, mode="reflect").view(*images.shape[:3], *_grown(images, axis, half))
        out = wider.narrow(axis, 0, size) * _each(weight[..., 0])
        for k in range(1, taps):
            out.addcmul_(wider.narrow(axis, k, size), _each(weight[..., k]))
        images = out
    return images


def _grown(images: Tensor, axis: int, half: int) -> tuple[int, int]:
    tall, wide = images.shape[-2:]
    return (tall, wide + 2 * half) if axis == -1 else (tall + 2 * half, wide)


def solarize(images: Tensor, threshold: float) -> Tensor:
    """Pixels from the threshold on are inverted."""
    return torch.where(images >= threshold, 1 - images, images)


def erase(images: Tensor, top: Tensor, left: Tensor, height: int, width: int, fill: Tensor) -> Tensor:
    """A box of one size, at a place of its own per sample, set to `fill` (broadcast)."""

    def inside(size: int, start: Tensor, length: int) -> Tensor:
        pixel = torch.arange(size, device=images.device)
        return (pixel >= start[..., None]) & (pixel < start[..., None] + length)

    tall, wide = images.shape[-2:]
    hole = inside(tall, top, height)[..., :, None] & inside(wide, left, width)[..., None, :]
    return torch.where(hole[:, :, None], fill, images)
