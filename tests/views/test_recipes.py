"""Recipes by name against `photo` with their papers' numbers, and what is particular to each."""

import torch

from sslbench.draws import Draw
from sslbench.registry import VIEWS
from sslbench.views.photo import PhotoView

SMALL, LARGE = (torch.rand(2, 8, 3, side, side, generator=torch.Generator().manual_seed(0)) for side in (32, 64))
STRONG = {"brightness": 0.8, "contrast": 0.8, "saturation": 0.8, "hue": 0.2}


def made(view, batch):
    return view(batch, Draw([0, 1]), batch)


def test_simclr_is_the_one_for_cifar_below_64_pixels_and_the_one_for_imagenet_above():
    view = VIEWS.get("simclr").build(1.0, {})
    assert torch.equal(made(view, LARGE), made(PhotoView(blur=0.5, **STRONG), LARGE))
    assert torch.equal(made(view, SMALL), made(PhotoView(**{k: v / 2 for k, v in STRONG.items()}), SMALL))


def test_vicreg_and_weak_are_photo_with_other_odds():
    assert torch.equal(made(VIEWS.get("vicreg")(), LARGE), made(PhotoView(blur=0.5, solarise=0.1), LARGE))
    ramp = torch.linspace(0, 1, 32).expand(2, 8, 3, 32, 32)
    weak = made(VIEWS.get("weak")(), ramp)
    assert torch.equal(weak[:, :, 0], weak[:, :, 1]), "colours stay"
    spread = weak.amax((2, 3, 4)) - weak.amin((2, 3, 4))  # of a ramp: the share of the width that is left
    assert 0.6 < spread.min() < spread.max() <= 1


def test_further_views_of_multi_crop_are_small_and_its_first_two_are_large():
    ramp = torch.linspace(0, 1, 128).expand(2, 64, 1, 128, 128)
    view = VIEWS.get("multi-crop").build(1.0, {"smallest": 0.14})
    share = lambda x: (x.amax((2, 3, 4)) - x.amin((2, 3, 4))).square()  # noqa: E731  about the area of a crop
    small = share(view.further(ramp, Draw([0, 1]), ramp))
    large = torch.cat([share(x) for x in view.pair(ramp, Draw([0, 1]), ramp)])
    assert small.min() > 0.05 * 0.7 and small.max() < 0.14 * 4 / 3 + 0.01
    assert large.min() > 0.14 * 0.7 and large.max() > 0.6
    plain = VIEWS.get("simclr").build(1.0, {})
    assert torch.equal(plain.further(SMALL, Draw([0, 1]), SMALL), made(plain, SMALL))


def test_strength_0_changes_nothing_but_what_has_odds_of_its_own():
    for name in ("simclr", "multi-crop", "weak"):
        view = VIEWS.get(name).build(0.0, {"mirror": 0.0, "grayscale": 0.0})
        assert torch.allclose(made(view, SMALL), SMALL, atol=1e-5), name
        assert torch.allclose(view.further(SMALL, Draw([0, 1]), SMALL), SMALL, atol=1e-5), name
