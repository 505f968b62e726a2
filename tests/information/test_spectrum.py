"""Effective rank and collapse, where the answer is known."""

import pytest
import torch

from sslbench.information.spectrum import collapse_of, effective_rank, embedding_collapse_of

DRAW = torch.Generator().manual_seed(0)


def test_effective_rank_counts_equal_directions():
    basis = torch.linalg.qr(torch.randn(200, 10, generator=DRAW, dtype=torch.double))[0]
    z = basis - basis.mean(0)
    assert effective_rank(z[:, :4]).item() == pytest.approx(4, abs=0.1)
    assert effective_rank(torch.stack([z, z])).tolist() == pytest.approx([10, 10], abs=0.2)


@pytest.mark.parametrize(
    "z, says",
    [
        (torch.randn(100, 8, generator=DRAW), ""),
        (5 + 1e-3 * torch.randn(100, 8, generator=DRAW), "nearly one point"),
        (torch.randn(100, 1, generator=DRAW) * torch.ones(8), "effective rank 1.00 of 8"),
        (torch.zeros(100, 8), "nearly one point"),
        (torch.randn(100, 2, generator=DRAW)[:, :1] * torch.ones(2), ""),  # of two numbers a line is no wonder
    ],
)
def test_a_collapse_is_said_in_words(z, says):
    assert says in collapse_of(z) and bool(says) == bool(collapse_of(z))


def test_an_embedding_collapses_in_angle_or_in_scale():
    z = torch.randn(100, 8, generator=DRAW)
    assert embedding_collapse_of(z) == ""
    assert "mean cosine of 0.9" in embedding_collapse_of(z + 5)
    assert "mean sd" in embedding_collapse_of(z * 0.05)
