"""Image views against torchvision, one image at a time, and against what they promise."""

import pytest
import torch
from torchvision.transforms.functional import InterpolationMode, hflip
from torchvision.transforms.functional import resized_crop as reference_crop

from sslbench.draws import Draw
from sslbench.views.image import ImageView, cutout, intensity, resized_crop

IMAGES = torch.rand(2, 6, 3, 12, 10, generator=torch.Generator().manual_seed(0))


def test_resized_crop_matches_torchvision_inside_the_border():
    """Whole-pixel crops, so that torchvision's integer boxes can say the same."""
    side = 0.5  # 6 x 5 pixels of 12 x 10
    draw = Draw([0, 1]).of("crop")
    got = resized_crop(IMAGES, draw, smallest=side, flip=0.0)
    u = draw.uniform((2, 6, 5))
    for run in range(2):
        for i in range(6):
            length = side + (1 - side) * u[run, i, 0]
            top, left = (1 - length) * u[run, i, 1] * 12, (1 - length) * u[run, i, 2] * 10
            grid_y = (torch.arange(12) + 0.5) / 12 * length * 12 + top - 0.5
            grid_x = (torch.arange(10) + 0.5) / 10 * length * 10 + left - 0.5
            grid = torch.stack(
                torch.meshgrid((grid_y + 0.5) / 12 * 2 - 1, (grid_x + 0.5) / 10 * 2 - 1, indexing="ij"), -1
            ).flip(-1)
            want = torch.nn.functional.grid_sample(
                IMAGES[run, i][None], grid[None], align_corners=False, padding_mode="border"
            )[0]
            assert torch.allclose(got[run, i], want, atol=1e-5)


def test_full_crop_is_the_image_and_flip_mirrors_it():
    draw = Draw([0, 1])
    assert torch.allclose(resized_crop(IMAGES, draw, smallest=1.0), IMAGES, atol=1e-6)
    assert torch.allclose(resized_crop(IMAGES, draw, smallest=1.0, flip=1.0), hflip(IMAGES), atol=1e-5)


def test_a_whole_pixel_crop_matches_torchvision():
    box = torch.zeros(1, 1, 1, 8, 8)
    box[0, 0, 0] = torch.rand(8, 8, generator=torch.Generator().manual_seed(1))

    class TrainingFree:
        def uniform(self, shape):
            return torch.tensor([0.0, 0.5, 1.0, 1.0, 0.0]).expand(1, 1, 5)  # side 0.5, top 2, left 4

    got = resized_crop(box, TrainingFree(), smallest=0.5)[0, 0]
    want = reference_crop(box[0, 0], 2, 4, 4, 4, [8, 8], InterpolationMode.BILINEAR, antialias=False)
    # torchvision cuts first and so clamps at the crop's border; we read across it, as a camera would
    assert torch.allclose(got[:, 1:-1, 1:-1], want[:, 1:-1, 1:-1], atol=1e-5)


def test_blur_keeps_the_mean_of_a_flat_image_and_smooths_noise():
    flat = torch.full((1, 4, 1, 8, 8), 0.3)
    assert torch.allclose(resized_crop(flat, Draw([0]), smallest=1.0, blur=1.0), flat, atol=1e-6)
    noisy = torch.rand(1, 16, 1, 8, 8)
    assert resized_crop(noisy, Draw([0]), smallest=1.0, blur=1.0).var((-2, -1)).mean() < noisy.var((-2, -1)).mean()


def test_intensity_is_affine_per_image():
    got = intensity(IMAGES, Draw([0, 1]), 0.5)
    a, b = IMAGES.flatten(2), got.flatten(2)
    correlation = torch.nn.functional.cosine_similarity(
        a - a.mean(-1, keepdim=True), b - b.mean(-1, keepdim=True), dim=-1
    )
    assert torch.allclose(correlation, torch.ones_like(correlation), atol=1e-5)
    assert (b.std(-1) / a.std(-1)).sub(1).abs().max() <= 0.5 + 1e-5


def test_cutout_blanks_one_square_of_the_right_size():
    images = torch.rand(1, 50, 1, 8, 8)
    changed = (cutout(images, Draw([0]), 0.25) != images).flatten(2).sum(-1)
    assert (changed == 4).all()  # 2 x 2 pixels


@pytest.mark.parametrize("strength", [0.0, 0.5, 1.0])
def test_strength_scales_every_corruption_and_0_is_the_identity(strength):
    view = ImageView(strength=strength, flip=0.5, blur=0.0)
    change = (view(IMAGES, Draw([0, 1]), IMAGES) - IMAGES).abs().mean()
    if strength == 0:
        small = ImageView(strength=0.0, flip=0.5, cutout=0.0)(IMAGES, Draw([0, 1]), IMAGES)
        assert torch.allclose(small, IMAGES, atol=1e-5)
    else:
        assert change > 0.02


def test_views_of_a_run_do_not_depend_on_its_neighbours():
    stacked = ImageView(flip=0.5, blur=0.5)(IMAGES, Draw([3, 8]), IMAGES)
    alone = ImageView(flip=0.5, blur=0.5)(IMAGES[1:], Draw([8]), IMAGES[1:])
    assert torch.equal(stacked[1], alone[0])
