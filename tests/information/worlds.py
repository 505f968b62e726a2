"""Small worlds with known I(Y; X1 | X2) in nats, for the tests of the estimators."""

import numpy as np


def entropy(p):
    return -(p * np.log(np.clip(p, 1e-300, 1))).sum(-1)


def _binary(p):
    return entropy(np.stack([p, 1 - p], -1))


def _quadrature():
    z, w = np.polynomial.hermite_e.hermegauss(60)
    return z, w / w.sum()


def world(name, n, d, seed):
    """x1, x2, y, and the exact I(Y; X1 | X2) in nats."""
    rng = np.random.default_rng(seed)
    a, b = rng.normal(size=(n, d)), rng.normal(size=(n, d))
    z, w = _quadrature()
    sigmoid = lambda v: 1 / (1 + np.exp(-v))  # noqa: E731
    if name in ("shared", "private", "coded"):
        s = rng.normal(size=n)
        a[:, 0] = s
        if name == "shared":
            b[:, 0] = s
        if name == "coded":  # view 2 holds s as a product with a random sign: nothing linear reads it
            sign = rng.choice([-1.0, 1.0], size=n)
            b[:, 0], b[:, 1] = s * sign, sign
        y = rng.random(n) < sigmoid(2.5 * s)
        truth = np.log(2) - (w * _binary(sigmoid(2.5 * z))).sum() if name == "private" else 0.0
    elif name == "partly":  # y leans on a shared and on a private factor
        s, p = rng.normal(size=(2, n))
        a[:, 0], a[:, 1], b[:, 0] = s, p, s
        y = rng.random(n) < sigmoid(2 * s + 1.25 * p)
        posterior = sigmoid(2 * z[:, None] + 1.25 * z[None])
        truth = (w * _binary(posterior @ w)).sum() - (w[:, None] * w * _binary(posterior)).sum()
    elif name == "xor":
        s, t = rng.choice([-1.0, 1.0], size=(2, n))
        a[:, 0], b[:, 0] = s, t
        y = (s * t > 0) ^ (rng.random(n) < 0.1)
        truth = np.log(2) - _binary(np.array(0.1))
    rotate = lambda v: v @ np.linalg.qr(rng.normal(size=(d, d)))[0]  # noqa: E731
    return rotate(a), rotate(b), y.astype(int), float(truth)
