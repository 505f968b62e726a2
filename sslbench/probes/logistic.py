"""Softmax regression at many strengths and for many fits in one solve: the engine of the linear probe."""

from dataclasses import dataclass

import torch
from torch import Tensor

MEMORY = 8  # pairs of steps and gradient changes that L-BFGS remembers
SUFFICIENT = 1e-4  # share of the predicted decrease that a step must reach (Armijo)
DAMP = 0.05  # share of the mean eigenvalue added to the metric: a direction of little variance need not be solved first
HALVINGS = 6  # of a step, before it is taken as it is
TOLERANCE = 1e-4  # largest entry of the gradient of the mean loss, scikit-learn's default


@dataclass(frozen=True)
class LogisticPath:
    """Fitted regressions: `coefficient` (fits, dim, strengths, classes), `intercept` (fits, strengths, classes).

    `converged` (fits, strengths) says where the gradient met the tolerance; `evaluations` counts losses computed.
    """

    coefficient: Tensor
    intercept: Tensor
    converged: Tensor
    evaluations: int

    def logits(self, x: Tensor, strength: int | None = None) -> Tensor:
        """Logits of rows at every strength, or at one.

        (fits, rows, dim) -> (fits, rows, strengths, classes), or of one strength (fits, rows, classes).
        """
        pick = slice(None) if strength is None else slice(strength, strength + 1)
        coefficient, intercept = self.coefficient[:, :, pick], self.intercept[:, pick]
        fits, dim, strengths, classes = coefficient.shape
        flat = torch.baddbmm(intercept.reshape(fits, 1, -1), x, coefficient.reshape(fits, dim, -1))
        out = flat.view(fits, x.shape[1], strengths, classes)
        return out if strength is None else out[:, :, 0]


def _dot(a: Tensor, b: Tensor) -> Tensor:
    """Inner products over variables and classes: (fits, variables, strengths, classes) -> (fits, 1, strengths, 1)."""
    return (a * b).sum((1, 3), keepdim=True)


class _Problem:
    """Mean cross-entropy + ridge/2 |coefficient|^2 of every (fit, strength), in the eigenbasis of the fit's features.

    The last variable is the intercept, which carries no ridge.
    """

    def __init__(self, x: Tensor, y: Tensor, ridges: Tensor, weight: Tensor | None):
        fits, rows, _ = x.shape
        share = torch.full((fits, rows), 1 / rows).to(x) if weight is None else weight / weight.sum(1, keepdim=True)
        values, self.vectors = torch.linalg.eigh((x * share[..., None]).mT @ x)
        one = torch.ones(fits, rows, 1).to(x)
        self.design = torch.cat([x @ self.vectors, one], -1)  # (fits, rows, variables)
        self.values = torch.cat([values.clamp_min(0), one[:, 0]], -1)[:, :, None, None]
        self.share, self.y = share[..., None], y
        self.ridge = ridges.to(x)[None, None, :, None] * torch.ones_like(self.values)
        self.ridge[:, -1] = 0.0
        self.target = self.design.mT @ (y * self.share)  # (fits, variables, classes): the linear part of the loss

    def of_strengths(self, index: Tensor) -> "_Problem":
        """The same problems, only at some strengths."""
        other = object.__new__(_Problem)
        other.__dict__ |= self.__dict__ | {"ridge": self.ridge[:, :, index]}
        return other

    def met(self, slope: Tensor, tolerance: float) -> Tensor:
        """(fits, strengths): whether every entry of the gradient is small enough, in the axes of the features."""
        fits, variables, strengths, classes = slope.shape
        own = (self.vectors @ slope[:, :-1].reshape(fits, variables - 1, -1)).view(fits, -1, strengths, classes)
        return (own.abs().amax((1, 3)) <= tolerance) & (slope[:, -1].abs().amax(-1) <= tolerance)

    def metric(self) -> Tensor:
        """Inverse of a bound on the curvature: the softmax Hessian is at most half the Gram matrix (Boehning 1992)."""
        return 1 / (self.values / 2 + self.ridge + DAMP * self.values.mean(1, keepdim=True))

    def loss_and_slope(self, w: Tensor) -> tuple[Tensor, Tensor]:
        """Losses (fits, 1, strengths, 1) and gradients (fits, variables, strengths, classes)."""
        fits, variables, strengths, classes = w.shape
        logits = (self.design @ w.reshape(fits, variables, -1)).view(fits, -1, strengths, classes)
        peak = logits.amax(-1, keepdim=True)
        p = (logits - peak).exp_()
        total = p.sum(-1, keepdim=True)
        log_sum = ((total.log() + peak)[..., 0] * self.share).sum(1)[:, None, :, None]
        p.mul_(self.share[..., None] / total)
        penalty = self.ridge * w
        slope = (self.design.mT @ p.view(fits, -1, strengths * classes)).view_as(w)
        slope = slope - self.target[:, :, None] + penalty
        loss = log_sum - _dot(w, self.target[:, :, None].expand_as(w)) + _dot(w, penalty) / 2
        return loss, slope


def _direction(slope: Tensor, metric: Tensor, memory: list[tuple[Tensor, Tensor, Tensor]]) -> Tensor:
    """The L-BFGS direction, two-loop recursion with `metric` as the first inverse Hessian.

    Source: Nocedal & Wright 2006, Alg. 7.4.
    """
    q, alphas = slope, []
    for s, y, rho in reversed(memory):
        alpha = rho * _dot(s, q)
        q = q - alpha * y
        alphas.append(alpha)
    r = metric * q
    if memory:
        s, y, rho = memory[-1]
        gain = torch.where(rho > 0, 1 / (rho * _dot(y, metric * y)).clamp_min(1e-20), torch.ones_like(rho))
        r = r * gain
    for (s, y, rho), alpha in zip(memory, reversed(alphas), strict=True):
        r = r + s * (alpha - rho * _dot(y, r))
    return -r


def logistic_path(
    x: Tensor,
    y: Tensor,
    ridges: Tensor,
    weight: Tensor | None = None,
    iterations: int = 100,
    tolerance: float = TOLERANCE,
) -> LogisticPath:
    """Softmax regressions of every fit at every ridge, by L-BFGS.

    Preconditioned in the eigenbasis of each fit's features. Minimises mean cross-entropy + ridge/2 |coefficients|^2, so
    a ridge is 1 / (rows x C) of scikit-learn. What has met the tolerance is left alone; strengths that are done for all
    fits cost nothing any more.

    Args: x: (fits, rows, dim), centred by the caller; y: (fits, rows, classes), one-hot or probabilities; ridges:
    (strengths,); weight: (fits, rows), 0 on padding and on rows of other folds or label fractions.
    """
    whole = _Problem(x, y, ridges, weight)
    fits, strengths, classes = len(x), len(ridges), y.shape[-1]
    # start: no coefficient, and the intercept of the class shares
    start = torch.zeros(fits, x.shape[2] + 1, strengths, classes).to(x)
    start[:, -1] = (y * whole.share).sum(1).clamp_min(1e-4).log()[:, None]
    result, done = start.clone(), torch.zeros(fits, strengths, dtype=torch.bool, device=x.device)
    problem, left, w, memory = whole, torch.arange(strengths, device=x.device), start, []
    loss, slope = problem.loss_and_slope(w)
    evaluations = 1
    for _ in range(iterations):
        met = problem.met(slope, tolerance)
        done[:, left] = met
        finished = met.all(0)
        if finished.any():
            result[:, :, left] = w
            if finished.all():
                break
            keep = (~finished).nonzero()[:, 0]
            left, problem = left[keep], problem.of_strengths(keep)
            w, slope, loss, met = w[:, :, keep], slope[:, :, keep], loss[:, :, keep], met[:, keep]
            memory = [tuple(t[:, :, keep] for t in pair) for pair in memory]
        active = ~met[:, None, :, None]
        direction = _direction(slope, problem.metric(), memory)
        decrease = _dot(slope, direction)
        uphill = decrease >= 0  # rounding: fall back to the preconditioned gradient
        direction = torch.where(uphill, -problem.metric() * slope, direction) * active
        decrease = _dot(slope, direction)
        step = torch.ones_like(decrease)
        for _ in range(HALVINGS):
            trial_loss, trial_slope = problem.loss_and_slope(w + step * direction)
            evaluations += 1
            slack = loss.abs() * 1e-6  # what float32 can resolve
            poor = trial_loss > loss + SUFFICIENT * step * decrease + slack
            if not poor.any():
                break
            step = torch.where(poor, step / 2, step)
        moved, changed = step * direction, trial_slope - slope
        curvature = _dot(moved, changed)
        rho = torch.where(curvature > 1e-12, 1 / curvature.clamp_min(1e-12), torch.zeros_like(curvature))
        memory = [*memory[-(MEMORY - 1) :], (moved, changed, rho)]
        w, loss, slope = w + moved, trial_loss, trial_slope
    else:
        done[:, left] = problem.met(slope, tolerance)
    result[:, :, left] = w
    coefficient = (whole.vectors @ result[:, :-1].reshape(fits, x.shape[2], -1)).view_as(result[:, :-1])
    return LogisticPath(coefficient, result[:, -1], done, evaluations)
