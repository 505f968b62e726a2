"""One image as several aligned streams: its halves, its quarters, or its lightness and its colour."""

import numpy as np
import torch

from sslbench.data.streams import Stream
from sslbench.errors import DataError

CHUNK = 1024  # images converted at a time


def streams_of(images: np.ndarray, way: str, name: str = "image") -> tuple[Stream, ...]:
    """The streams of uint8 images (n, channels, height, width); way: "", "halves", "quarters" or "lab".

    Raises DataError for another way, for an odd side, and for gray images that are to be parted by colour.
    """
    height, width = images.shape[2:]
    if way == "":
        return (Stream(name, torch.from_numpy(images)),)
    if way == "halves" and width % 2 == 0:
        half = width // 2
        return _cut(left=images[..., :half], right=images[..., half:])
    if way == "quarters" and width % 2 == height % 2 == 0:
        h, w = height // 2, width // 2
        parts = {"top-left": (0, 0), "top-right": (0, w), "bottom-left": (h, 0), "bottom-right": (h, w)}
        return _cut(**{n: images[:, :, top : top + h, left : left + w] for n, (top, left) in parts.items()})
    if way == "lab" and images.shape[1] == 3:
        lab = lab_of(images)
        return _cut(lightness=lab[:, :1], colour=lab[:, 1:])
    if way not in ("halves", "quarters", "lab"):
        raise DataError(f"option streams is halves, quarters or lab; got {way!r}")
    need = "colour images" if way == "lab" else "sides of an even number of pixels"
    raise DataError(f"streams = {way!r} needs {need}; these are {images.shape[1]}x{height}x{width}")


def _cut(**parts: np.ndarray) -> tuple[Stream, ...]:
    return tuple(Stream(n.replace("_", "-"), torch.from_numpy(np.ascontiguousarray(x))) for n, x in parts.items())


# sRGB (IEC 61966-2-1) -> XYZ, rows divided by the white point D65, so that white is 1, 1, 1
TO_XYZ = np.array([[0.412453, 0.357580, 0.180423], [0.212671, 0.715160, 0.072169], [0.019334, 0.119193, 0.950227]])
WHITE = np.array([0.95047, 1.0, 1.08883])
ONE = 1 << 15  # 1.0 of a linear colour as an integer


def lab_of(images: np.ndarray) -> np.ndarray:
    """CIE L*a*b* of RGB bytes (n, 3, height, width), as bytes: L* 255 / 100, a* + 128, b* + 128.

    In integers and look-up tables, so that every machine makes the same bytes; within 1 of the exact value.
    """
    level = np.arange(256) / 255
    linear = np.round(ONE * np.where(level > 0.04045, ((level + 0.055) / 1.055) ** 2.4, level / 12.92)).astype(np.int32)
    matrix = np.round(ONE * TO_XYZ / WHITE[:, None]).astype(np.int32)
    t = np.arange(ONE + 8) / ONE
    curve = np.where(t > 0.008856, np.cbrt(t), 7.787 * t + 16 / 116)
    curve = np.round(curve * ONE).astype(np.int32)
    out = np.empty_like(images, subok=False)
    for i in range(0, len(images), CHUNK):
        red, green, blue = linear[images[i : i + CHUNK]].transpose(1, 0, 2, 3)  # (n, height, width) each
        mixed = ((m[0] * red + m[1] * green + m[2] * blue + ONE // 2) // ONE for m in matrix)
        x, y, z = (curve[m] for m in mixed)
        lightness = (116 * y - 16 * ONE) * 51 // 20  # x 255 / 100
        for c, value in enumerate((lightness, 500 * (x - y) + 128 * ONE, 200 * (y - z) + 128 * ONE)):
            out[i : i + CHUNK, c] = ((value + ONE // 2) // ONE).clip(0, 255)
    return out
