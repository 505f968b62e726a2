"""Every batched operation against torchvision's on each image alone, float32. Tolerance 1e-5, hue and crops above 96
pixels 1e-4.
"""

import pytest
import torch
import torchvision.transforms.v2.functional as F

from sslbench.draws import Draw
from sslbench.views import pixels
from sslbench.views.photo import PhotoView

G = torch.Generator().manual_seed(0)


def images(side, batch=6):
    x = torch.rand(2, batch, 3, side, side, generator=G)
    x[0, 0] = x[0, 0, :1]  # a gray one: hue has no direction there
    x[0, 1, :, :2] = 0
    return x


def uniform(low, high, batch=6):
    return low + (high - low) * torch.rand(2, batch, generator=G)


def each(function, x, *parameters):
    """torchvision's function on every image alone."""
    return torch.stack(
        [
            torch.stack([function(x[r, i], *(p[r, i].item() for p in parameters)) for i in range(x.shape[1])])
            for r in range(len(x))
        ]
    )


@pytest.mark.parametrize("side", [32, 97, 224])
@pytest.mark.parametrize("mirrored", [False, True])
def test_resized_crop(side, mirrored):
    x = images(side, 4)
    height, width = (torch.randint(side // 3, side + 1, (2, 4), generator=G).float() for _ in range(2))
    top, left = ((uniform(0, 1, 4) * (side - size + 1)).floor() for size in (height, width))
    mirror = torch.rand(2, 4, generator=G) < 0.5 if mirrored else None

    def one(image, t, l, h, w, m):
        out = F.resized_crop(image, int(t), int(l), int(h), int(w), [side, side], antialias=True)
        return F.horizontal_flip(out) if m else out

    want = each(one, x, top, left, height, width, torch.zeros(2, 4) if mirror is None else mirror.float())
    assert torch.allclose(
        pixels.resized_crop(x, top, left, height, width, mirror), want, atol=1e-5 if side <= 96 else 1e-4
    )


@pytest.mark.parametrize("name, low, high", [("brightness", 0, 2), ("contrast", 0, 2), ("saturation", 0, 2)])
def test_colour_jitter(name, low, high):
    x, factor = images(32), uniform(low, high)
    ours = getattr(pixels, f"adjust_{name}")(x, factor)
    assert torch.allclose(ours, each(getattr(F, f"adjust_{name}"), x, factor), atol=1e-5)


def test_hue():
    x, shift = images(32), uniform(-0.5, 0.5)
    assert torch.allclose(pixels.adjust_hue(x, shift), each(F.adjust_hue, x, shift), atol=1e-4)


def test_grayscale_and_solarize():
    x = images(32)
    assert torch.allclose(pixels.gray(x).expand_as(x), each(lambda i: F.rgb_to_grayscale(i, 3), x), atol=1e-5)
    assert torch.allclose(pixels.solarize(x, 0.5), each(lambda i: F.solarize(i, 0.5), x), atol=1e-6)


@pytest.mark.parametrize("side, taps", [(32, 3), (64, 7), (224, 23)])
def test_gaussian_blur(side, taps):
    x, sd = images(side, 3), uniform(0.1, 2.0, 3)
    want = each(lambda i, s: F.gaussian_blur(i, [taps, taps], [s, s]), x, sd)
    assert torch.allclose(pixels.gaussian_blur(x, sd, taps), want, atol=1e-5)


def test_erase():
    x = images(32)
    top, left = uniform(0, 20).floor(), uniform(0, 20).floor()
    want = each(lambda i, t, l: F.erase(i, int(t), int(l), 9, 7, torch.tensor(0.3)), x, top, left)
    assert torch.equal(pixels.erase(x, top, left, 9, 7, torch.tensor(0.3)), want)


def test_a_photo_view_is_the_functions_one_after_another_with_drawn_parameters():
    x, draw = images(32), Draw([1, 2])
    view = PhotoView(blur=0.5, solarise=0.5, cutout=0.3)
    p = view._parameters(x, draw)

    def one(image, *drawn):
        d = dict(zip(p, drawn, strict=True))
        box = [int(d[k]) for k in ("top", "left", "height", "width")]
        image = F.resized_crop(image, *box, [32, 32], antialias=True)
        image = F.horizontal_flip(image) if d["mirror"] else image
        image = F.adjust_contrast(F.adjust_brightness(image, d["brightness"]), d["contrast"])
        image = F.adjust_hue(F.adjust_saturation(image, d["saturation"]), d["hue"])
        image = F.rgb_to_grayscale(image, 3) if d["grayscale"] else image
        image = F.gaussian_blur(image, [3, 3], [d["blur"], d["blur"]])
        image = F.solarize(image, 0.5) if d["solarise"] else image
        return F.erase(image, int(d["hole top"]), int(d["hole left"]), 10, 10, image.mean())

    want = each(one, x, *(v.float() for v in p.values()))
    assert torch.allclose(view(x, draw, x), want, atol=1e-3)
    assert len({float(v) for v in p["height"].flatten()}) > 3  # parameters are each sample's own


def test_chunks_and_single_images_change_nothing():
    x = torch.rand(1, 300, 3, 16, 16, generator=G)
    view = PhotoView(blur=0.5)
    whole = view._view(x, view._parameters(x, Draw([3])))
    assert torch.allclose(view(x, Draw([3]), x), whole, atol=1e-6)


def test_gray_images_are_cropped_and_left_without_colour():
    x = torch.rand(1, 8, 1, 16, 16, generator=G)
    out = PhotoView()(x, Draw([3]), x)
    assert out.shape == x.shape and not torch.equal(out, x)
    assert torch.equal(PhotoView(strength=0.0, mirror=0.0, grayscale=0.0)(x, Draw([3]), x), x)
