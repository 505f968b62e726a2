"""How far ours and theirs differ, relative to their size."""

import torch


def _theirs(case, run, tensors):
    one = {k: v[run] for k, v in tensors.items()}
    if case.partner == "lightly":
        return case.theirs(*one.values())
    return torch.tensor(float(case.theirs(*(v.detach().numpy() for v in one.values()))), dtype=torch.double)


def _tensors(case):
    return {k: torch.tensor(v) for k, v in case.inputs.items()}


def compare(case) -> float:
    """Largest relative difference of a value over the runs."""
    tensors = _tensors(case)
    ours = case.ours(**tensors)
    worst = 0.0
    for run in range(len(ours)):
        want = _theirs(case, run, tensors).item()
        worst = max(worst, abs(ours[run].item() - want) / max(abs(want), 1e-3))
    return worst


def compare_gradients(case) -> float:
    """Largest difference of a gradient, relative to its largest entry."""
    worst = 0.0
    tensors = {k: v.requires_grad_(v.is_floating_point() and k not in case.fixed) for k, v in _tensors(case).items()}
    free = [k for k, v in tensors.items() if v.requires_grad]
    mine = torch.autograd.grad(case.ours(**tensors).sum(), [tensors[k] for k in free])
    total = sum(_theirs(case, run, tensors).sum() for run in range(len(next(iter(tensors.values())))))
    theirs = torch.autograd.grad(total, [tensors[k] for k in free])
    for a, b in zip(mine, theirs, strict=True):
        worst = max(worst, float((a - b).abs().max() / b.abs().max()))
    return worst
