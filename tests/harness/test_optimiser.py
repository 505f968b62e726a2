"""The stacked AdamW against torch's, each run with its own learning rate."""

import torch
from torch import nn

from sslbench.harness.optimiser import StackedOptimiser, run_of
from sslbench.methods.base import Recipe

RATES = (1e-2, 3e-3)


def test_every_run_gets_torchs_steps_at_its_own_rate():
    torch.manual_seed(0)
    stacked = nn.ParameterDict({"w": nn.Parameter(torch.randn(2, 3, 4)), "b": nn.Parameter(torch.randn(2, 1, 4))})
    alone = [[nn.Parameter(p[i].detach().clone()) for p in stacked.values()] for i in range(2)]
    theirs = [torch.optim.AdamW(p, lr=lr, weight_decay=0.1) for p, lr in zip(alone, RATES, strict=True)]
    ours = StackedOptimiser(stacked, Recipe(), 0.1)
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
        (StackedOptimiser(both, Recipe(), 0.1), torch.tensor(RATES), both.nets[1]),
        (StackedOptimiser(alone, Recipe(), 0.1), torch.tensor(RATES[1:]), alone.nets[0]),
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
