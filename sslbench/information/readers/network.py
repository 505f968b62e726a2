"""The network model: a two-layer perceptron, all folds and sizes trained side by side."""

import math

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from sslbench.draws import Draw

WIDTH, STEPS, BATCH, RATE, DECAY, SNAPSHOTS = 32, 60, 256, 1e-2, 1e-2, (20, 60)


def network_logits(
    x: Tensor,
    train: Tensor,
    sizes: Tensor,
    labels: Tensor,
    test: Tensor,
    classes: int,
    seed: int,
    own: Tensor | None = None,
) -> list[Tensor]:
    """Logits of each fit's test rows, (fits, test rows, classes), at every snapshot.

    No early stopping, no inner split. x: (rows, dim); train, test: (fits, longest) row indices, of which the first
    sizes[m] of train count; labels: (fits, rows); own: (fits, rows, more), further columns, each fit's own.
    """
    fits, dim = len(train), x.shape[1] + (0 if own is None else own.shape[-1])
    draw = Draw([seed], x.device)
    normal = lambda name, i, o, gain: draw.of(name).normal((1, fits, i, o))[0] * (gain / math.sqrt(i))  # noqa: E731
    zeros = lambda o: torch.zeros(fits, 1, o, device=x.device)  # noqa: E731
    parameters = [
        normal("1", dim, WIDTH, 1.0),
        zeros(WIDTH),
        normal("2", WIDTH, WIDTH, math.sqrt(2)),
        zeros(WIDTH),
        normal("3", WIDTH, classes, 0.5),
        zeros(classes),
    ]
    for p in parameters:
        p.requires_grad_()
    optimiser = torch.optim.AdamW(parameters, lr=RATE, weight_decay=DECAY)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, STEPS)
    fit = torch.arange(fits, device=x.device)[:, None]

    def forward(rows: Tensor) -> Tensor:
        h = torch.relu(torch.baddbmm(parameters[1], rows, parameters[0]))
        h = torch.relu(torch.baddbmm(parameters[3], h, parameters[2]))
        return torch.baddbmm(parameters[5], h, parameters[4])

    def inputs(rows: Tensor) -> Tensor:
        return x[rows] if own is None else torch.cat([own[fit, rows], x[rows]], -1)

    snapshots = []
    for step in range(1, STEPS + 1):
        rows = train.gather(1, draw.of("rows").at(step).integers((1, fits, BATCH), high=sizes[:, None])[0])
        loss = cross_entropy(forward(inputs(rows)).mT, labels[fit, rows], reduction="sum") / BATCH
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
        if step in SNAPSHOTS:
            with torch.no_grad():
                snapshots.append(forward(inputs(test)))
    return snapshots
