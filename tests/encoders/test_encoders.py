"""Layers with a leading axis of runs equal as many plain torch networks."""

import pytest
import torch
from torch import nn

from sslbench.draws import Draw
from sslbench.encoders.layers import StackedLinear, StackedNorm
from sslbench.encoders.small import PatchMLP
from sslbench.errors import UsageError
from sslbench.registry import ENCODERS

SHAPES = {"mlp": (12,), "patch-mlp": (1, 8, 4)}  # of the others: (3, 8, 8)
OPTIONS = {"patch-mlp": {"patch": 2}}
REP_DIMS = {"resnet18": 512, "resnet50": 2048, "vit-small": 384, "timm": 512}


def shape_of(name):
    return SHAPES.get(name, (3, 8, 8))


def build(name, seeds, reseed=True):
    if reseed:
        torch.manual_seed(0)  # must not matter
    return ENCODERS.get(name)(Draw(seeds), shape_of(name), REP_DIMS.get(name, 16), **OPTIONS.get(name, {}))


@pytest.mark.parametrize("name", ENCODERS.names())
def test_a_stacked_encoder_equals_solo_ones(name):
    x = torch.randn(2, 6, *shape_of(name))
    stacked = build(name, [3, 5])
    out = stacked(x)
    assert out.shape == (2, 6, stacked.rep_dim)
    for run, seed in enumerate([3, 5]):
        torch.manual_seed(99)
        assert torch.allclose(build(name, [seed])(x[run : run + 1])[0], out[run], atol=1e-4)
    assert not torch.allclose(out[0], build(name, [5])(x[:1])[0], atol=1e-3)


@pytest.mark.parametrize("name", ENCODERS.names())
def test_building_leaves_torchs_global_generator_alone(name):
    torch.manual_seed(1)
    want = torch.rand(3)
    torch.manual_seed(1)
    build(name, [0], reseed=False)
    assert torch.equal(torch.rand(3), want)


def test_stacked_norm_equals_batchnorm_in_training_and_evaluation():
    x = torch.randn(2, 20, 5) * 3 + 1
    ours, theirs = StackedNorm(2, 5), [nn.BatchNorm1d(5) for _ in range(2)]
    for _ in range(3):
        got, want = ours(x), torch.stack([norm(v) for norm, v in zip(theirs, x, strict=True)])
    assert torch.allclose(got, want, atol=1e-5)
    ours.eval(), [norm.eval() for norm in theirs]
    assert torch.allclose(ours(x), torch.stack([norm(v) for norm, v in zip(theirs, x, strict=True)]), atol=1e-5)


def test_stacked_linear_keeps_the_variance():
    out = StackedLinear(Draw([0]), 256, 64)(torch.randn(1, 2000, 256))
    assert out.var().item() == pytest.approx(1, abs=0.1)


def test_patch_mlp_embeds_like_a_strided_convolution():
    encoder = PatchMLP(Draw([0]), (3, 8, 4), 16, patch=2, channels=7).eval()
    x = torch.randn(1, 5, 3, 8, 4)
    kernel = encoder.embed.weight[0].T.reshape(7, 3, 2, 2)
    want = nn.functional.conv2d(x[0], kernel, encoder.embed.bias[0, 0], stride=2)  # (5, 7, 4, 2)
    seen = {}
    encoder.norm.register_forward_hook(lambda m, i, o: seen.update(embedded=i[0]))
    encoder(x)
    assert torch.allclose(seen["embedded"].view(5, 4, 2, 7).permute(0, 3, 1, 2), want, atol=1e-5)


def test_shapes_that_do_not_fit_are_said():
    with pytest.raises(UsageError, match="patch 3 does not divide"):
        PatchMLP(Draw([0]), (1, 8, 8), 16, patch=3)
    with pytest.raises(UsageError, match="use mlp"):
        ENCODERS.get("resnet18")(Draw([0]), (12,), 512)
