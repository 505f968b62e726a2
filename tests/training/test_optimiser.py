"""The stacked optimisers against torch's and lightly's, each run with its own learning rate."""

import pytest
import torch
from torch import nn

from sslbench.methods.card import OptimizerConfig
from sslbench.training.optimiser import StackedOptimiser, run_of

RATES = (1e-2, 3e-3)


def test_every_run_gets_torchs_steps_at_its_own_rate():
    torch.manual_seed(0)
    stacked = nn.ParameterDict({"w": nn.Parameter(torch.randn(2, 3, 4)), "b": nn.Parameter(torch.randn(2, 1, 4))})
    alone = [[nn.Parameter(p[i].detach().clone()) for p in stacked.values()] for i in range(2)]
    theirs = [torch.optim.AdamW(p, lr=lr, weight_decay=0.1) for p, lr in zip(alone, RATES, strict=True)]
    ours = StackedOptimiser(stacked, OptimizerConfig(), 0.1)
    for _ in range(20):
        x = torch.randn(2, 5, 3)
        for p in stacked.values():
            p.grad = None
        (x @ stacked["w"] + stacked["b"]).square().sum().backward()
        ours.step(torch.tensor(RATES))
        for i, (b, w) in enumerate(alone):
            theirs[i].zero_grad()
            (x[i] @ w + b).square().sum().backward()
            theirs[i].step()
    for i, (b, w) in enumerate(alone):
        assert torch.allclose(stacked["w"][i], w, atol=1e-6) and torch.allclose(stacked["b"][i], b, atol=1e-6)


def test_a_network_per_run_is_stepped_at_its_own_rate():
    torch.manual_seed(0)
    both = nn.ModuleDict({"nets": nn.ModuleList(nn.Linear(3, 2) for _ in range(2))})
    alone = nn.ModuleDict({"nets": nn.ModuleList([nn.Linear(3, 2)])})
    alone.nets[0].load_state_dict(both.nets[1].state_dict())
    pairs = (
        (StackedOptimiser(both, OptimizerConfig(), 0.1), torch.tensor(RATES), both.nets[1]),
        (StackedOptimiser(alone, OptimizerConfig(), 0.1), torch.tensor(RATES[1:]), alone.nets[0]),
    )
    x = torch.randn(4, 3)
    for _ in range(5):
        for optimiser, rates, net in pairs:
            net.zero_grad()
            net(x).square().sum().backward()
            optimiser.step(rates)
    assert all(torch.equal(a, b) for a, b in zip(both.nets[1].parameters(), alone.nets[0].parameters(), strict=True))


def test_names_tell_the_run():
    assert run_of("encoders.0.nets.12.conv1.weight") == 12 and run_of("nets.0.x") == 0
    assert run_of("encoders.0.body.layers.0.weight") is None and run_of("magnets.1.x") is None


def step_both(recipe, decay, partner, rates=RATES, steps=15, **schedule):
    """Largest difference between our stacked optimiser and a partner's on each run alone, after some steps."""
    torch.manual_seed(0)
    stacked = nn.ModuleDict({"head": nn.ParameterDict({"weight": nn.Parameter(torch.randn(2, 3, 4))})})
    stacked["head"]["bias"] = nn.Parameter(torch.randn(2, 1, 4))
    w, b = stacked["head"]["weight"], stacked["head"]["bias"]
    alone = [(nn.Parameter(w[i].detach().clone()), nn.Parameter(b[i].detach().clone())) for i in range(2)]
    theirs = [partner(*p, lr) for p, lr in zip(alone, rates, strict=True)]
    ours = StackedOptimiser(stacked, recipe, decay)
    for _ in range(steps):
        x = torch.randn(2, 5, 3)
        stacked.zero_grad()
        (x @ w + b).square().sum().backward()
        ours.step(torch.tensor(rates), **schedule)
        for i, p in enumerate(alone):
            theirs[i].zero_grad()
            (x[i] @ p[0] + p[1]).square().sum().backward()
            theirs[i].step()
    return max(float((w[i] - p[0]).abs().max() + (b[i] - p[1]).abs().max()) for i, p in enumerate(alone))


def test_sgd_makes_torchs_steps():
    sgd = lambda w, b, lr: torch.optim.SGD([w, b], lr, momentum=0.9, weight_decay=0.1)  # noqa: E731
    assert step_both(OptimizerConfig("sgd"), 0.1, sgd, rates=(3e-3, 1e-3)) < 1e-5


def test_lars_makes_lightlys_steps():
    lars = pytest.importorskip("lightly.utils.lars").LARS

    def partner(w, b, lr):
        groups = [{"params": [w], "weight_decay": 0.1}, {"params": [b], "weight_decay": 0.0}]
        return lars(groups, lr=lr, momentum=0.9, trust_coefficient=1e-3, eps=1e-8)

    assert step_both(OptimizerConfig("lars"), 0.1, partner, rates=(3e-3, 1e-3)) < 1e-5


@pytest.mark.parametrize("kind", ["sgd", "lars", "adamw"])
def test_a_network_per_run_makes_the_same_steps_as_stacked_ones(kind):
    torch.manual_seed(0)
    plain = nn.ModuleDict({"nets": nn.ModuleList(nn.Linear(3, 2) for _ in range(2))})
    stacked = nn.ParameterDict(
        {
            "weight": nn.Parameter(torch.stack([n.weight.detach() for n in plain.nets])),
            "bias": nn.Parameter(torch.stack([n.bias.detach() for n in plain.nets])[:, None]),
        }
    )
    recipe = OptimizerConfig(kind, clip=0.5)
    both = [StackedOptimiser(p, recipe, 0.1) for p in (plain, stacked)]
    x = torch.randn(2, 4, 3)
    for _ in range(5):
        plain.zero_grad(), stacked.zero_grad()
        sum(n(v).square().sum() for n, v in zip(plain.nets, x, strict=True)).backward()
        (x @ stacked["weight"].mT + stacked["bias"]).square().sum().backward()
        for optimiser in both:
            optimiser.step(torch.tensor((1e-2, 3e-3)))
    for i, net in enumerate(plain.nets):
        assert torch.allclose(net.weight, stacked["weight"][i], atol=1e-6)
        assert torch.allclose(net.bias, stacked["bias"][i, 0], atol=1e-6)


def test_a_gradient_is_clipped_per_run():
    p = nn.ParameterDict({"weight": nn.Parameter(torch.zeros(2, 1, 3))})
    p["weight"].grad = torch.tensor([[[3.0, 4.0, 0.0]], [[0.3, 0.4, 0.0]]])
    StackedOptimiser(p, OptimizerConfig("sgd", clip=1.0), 0.0).step(torch.ones(2))
    assert torch.allclose(p["weight"][:, 0], -torch.tensor([[0.6, 0.8, 0.0], [0.3, 0.4, 0.0]]), atol=1e-5)


def test_parts_keep_their_rate_or_are_held():
    def moved(recipe, factor, turn):
        nets = nn.ModuleDict({k: nn.ParameterDict({"weight": nn.Parameter(torch.ones(1, 2))}) for k in ("a", "b")})
        for q in nets.values():
            q["weight"].grad = torch.ones(1, 2)
        StackedOptimiser(nets, recipe, 0.0).step(torch.ones(1), torch.tensor(factor), torch.tensor(turn))
        return [round(1 - q["weight"][0, 0].item(), 6) for q in nets.values()]

    assert moved(OptimizerConfig("sgd", constant=("b",)), 0.25, 0.5) == [0.25, 1.0]
    held = OptimizerConfig("sgd", held=(("a", 0.3),))
    assert moved(held, 1.0, 0.2) == [0.0, 1.0] and moved(held, 1.0, 0.3) == [1.0, 1.0]


def test_a_recipe_names_an_optimiser_there_is():
    with pytest.raises(ValueError, match="'adam' is not one of adamw, sgd, lars"):
        OptimizerConfig("adam")
