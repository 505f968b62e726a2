"""Every loss once more, in float64 NumPy, row by row where that is plainer; nothing here comes from sslbench."""

import numpy as np
from scipy.special import expit, logsumexp


def unit(z):
    return z / np.linalg.norm(z, axis=-1, keepdims=True)


def cosine(a, b):
    return np.array([u @ v for u, v in zip(unit(a), unit(b), strict=True)])


def cross_entropy_rows(s):
    """Mean over rows of the cross-entropy with the diagonal as the right answer."""
    return np.mean([logsumexp(row) - row[i] for i, row in enumerate(s)])


def off_diagonal(c):
    return c[~np.eye(len(c), dtype=bool)]


def mean_square(a, b):
    return np.mean((a - b) ** 2)


# contrastive


def simclr(a, b, temperature=0.2):
    z = unit(np.concatenate([a, b]))
    s, n = z @ z.T / temperature, len(a)
    total = 0.0
    for i in range(2 * n):
        others = [j for j in range(2 * n) if j != i]
        total += logsumexp(s[i, others]) - s[i, (i + n) % (2 * n)]
    return total / (2 * n)


def moco_v3(q, k, temperature=0.2):
    return 2 * temperature * cross_entropy_rows(unit(q) @ unit(k).T / temperature)


def nnclr(neighbour, prediction, temperature=0.1):
    return cross_entropy_rows(unit(neighbour) @ unit(prediction).T / temperature)


def dcl(a, b, temperature=0.1):
    a, b, n, total = unit(a), unit(b), len(a), 0.0
    for x, y in ((a, b), (b, a)):
        for i in range(n):
            others = [j for j in range(n) if j != i]
            negatives = np.concatenate([x[others] @ x[i], y[others] @ x[i]]) / temperature
            total += logsumexp(negatives) - x[i] @ y[i] / temperature
    return total / (2 * n)


def spectral_contrastive(a, b, mu=1.0):
    clip = lambda z: np.array([r * min(1, np.sqrt(mu) / np.linalg.norm(r)) for r in z])  # noqa: E731
    a, b = clip(a), clip(b)
    s = a @ b.T
    return -2 * np.mean(np.diag(s)) + np.mean(off_diagonal(s) ** 2)


def scarf(a, b):
    return cross_entropy_rows(unit(a) @ unit(b).T)


def clip(a, b):
    s = unit(a) @ unit(b).T / 0.07
    return (cross_entropy_rows(s) + cross_entropy_rows(s.T)) / 2


def siglip(a, b, scale=10.0, bias=-10.0):
    s, total = unit(a) @ unit(b).T * scale + bias, 0.0
    for i in range(len(a)):
        for j in range(len(a)):
            total -= np.log(expit(s[i, j] if i == j else -s[i, j]))
    return total / len(a)


def comm(a, b):
    return simclr(a, b, 0.1)


# self-distillation and clustering


def byol(p, t):
    return np.mean(2 - 2 * cosine(p, t))


def simsiam(p, t):
    return -np.mean(cosine(p, t))


def softmax(s):
    return np.exp(s - logsumexp(s, axis=-1, keepdims=True))


def dino(student, teacher):
    q, log_p = softmax(teacher / 0.04), student / 0.1 - logsumexp(student / 0.1, axis=1, keepdims=True)
    return -np.mean((q * log_p).sum(1))


def sinkhorn(s, eps=0.05):
    q = np.exp(s / eps).T
    q /= q.sum()
    k, b = q.shape
    for _ in range(3):
        q /= q.sum(1, keepdims=True) * k
        q /= q.sum(0, keepdims=True) * b
    return q.T * b


def swav(s1, s2):
    log_p = lambda s: s / 0.1 - logsumexp(s / 0.1, axis=1, keepdims=True)  # noqa: E731
    return -np.mean([(sinkhorn(s1) * log_p(s2)).sum(1).mean(), (sinkhorn(s2) * log_p(s1)).sum(1).mean()])


# information maximisation


def barlow_twins(a, b, weight=5e-3):
    sd = lambda z: np.sqrt(z.var(0) + 1e-5)  # noqa: E731
    c = ((a - a.mean(0)) / sd(a)).T @ ((b - b.mean(0)) / sd(b)) / len(a)
    return ((np.diag(c) - 1) ** 2).sum() + weight * (off_diagonal(c) ** 2).sum()


def hinge(z):
    return np.maximum(0, 1 - np.sqrt(z.var(0, ddof=1) + 1e-4)).mean()


def vicreg(a, b, branch=0.5):
    off = lambda z: (off_diagonal(np.cov(z.T)) ** 2).sum() / z.shape[1]  # noqa: E731
    return 25 * mean_square(a, b) + 25 * branch * (hinge(a) + hinge(b)) + off(a) + off(b)


def vicreg_paper(a, b):
    return vicreg(a, b, 1.0)


def vibcreg(a, b):
    off = lambda z: (off_diagonal(np.corrcoef(z.T)) ** 2).sum() / z.shape[1] ** 2  # noqa: E731
    return 25 * mean_square(a, b) + 25 * (hinge(a) + hinge(b)) + 200 * (off(a) + off(b))


def tico(a, b):
    a, b = unit(a), unit(b)
    c = 0.1 * sum(np.outer(r, r) for r in a) / len(a)
    return 1 - np.mean((a * b).sum(1)) + 8 * np.mean([r @ c @ r for r in a])


def whitened(z, ridge):
    cov = (1 - ridge) * np.cov(z.T) + ridge * np.eye(z.shape[1])
    return np.linalg.inv(np.linalg.cholesky(cov)) @ (z - z.mean(0)).T


def w_mse(a, b, ridge=1e-3):
    return np.mean(2 - 2 * cosine(whitened(a, ridge).T, whitened(b, ridge).T))


def mmcr(a, b):
    return -np.linalg.norm((unit(a) + unit(b)) / 2, "nuc") / len(a)


def corinfomax(a, b, r1, r2):
    d = a.shape[1]
    volume = sum(np.linalg.slogdet(r + 1e-4 * np.eye(d))[1] for r in (r1, r2))
    return 100 * mean_square(a, b) - volume / d


def ssl_hsic(a, b):
    z = unit(np.concatenate([a, b]))
    m, n = len(z), len(a)
    k = np.array([[1 / np.sqrt(1 + ((x - y) ** 2).sum()) for y in z] for x in z])
    h = np.eye(m) - 1 / m
    same = np.mean([k[i, i + n] for i in range(n)])
    return 3 * np.sqrt(np.trace(k @ h @ k @ h) / (m - 1) ** 2) - (same - k.mean())


def epps_pulley(x):
    t = np.linspace(-3, 3, 33)
    error = np.abs(np.exp(1j * np.outer(t, x)).mean(1) - np.exp(-(t**2) / 2)) ** 2 * np.exp(-(t**2) / 2)
    return len(x) * np.trapezoid(error, t)


def sigreg(a, b):
    departure = np.mean([epps_pulley(column) for z in (a, b) for column in z.T])
    return 0.05 * departure + 0.95 * np.mean([mean_square(z, (a + b) / 2) for z in (a, b)])


# entropy


def gaussian_entropy(z, ridge=1e-3):
    return 0.5 * np.linalg.slogdet(2 * np.pi * np.e * (np.cov(z.T) + ridge * np.eye(z.shape[1])))[1]


def pairwise(z, sd=1.0, scale=2.0):
    distance = ((z[:, None] - z[None]) ** 2).sum(-1)
    component = z.shape[1] / 2 * np.log(2 * np.pi * np.e * sd**2)
    return component - np.mean([np.log(np.mean(np.exp(-row / (scale * sd**2)))) for row in distance])


def uniformity(z):
    z = unit(z)
    values = [np.exp(-2 * ((x - y) ** 2).sum()) for i, x in enumerate(z) for j, y in enumerate(z) if i != j]
    return -np.log(np.mean(values))


ENTROPIES = {
    "variance": lambda z: -hinge(z) * z.shape[1],
    "diagonal": lambda z: 0.5 * np.log(2 * np.pi * np.e * (z.var(0, ddof=1) + 1e-3)).sum(),
    "logdet": gaussian_entropy,
    "pairwise-upper": lambda z: pairwise(z, 0.2),
    "pairwise-lower": lambda z: pairwise(z, 0.2, 8.0),
    "uniformity": uniformity,
}


def infomax(a, b, entropy="logdet"):
    h = ENTROPIES[entropy]
    return mean_square(a, b) / (2 * 0.2**2) - (h(a) + h(b)) / (2 * a.shape[1])


def vicreg_logdet(a, b):
    return 25 * mean_square(a, b) - 5 * (gaussian_entropy(a) + gaussian_entropy(b)) / 2 / a.shape[1]


def vicreg_pairdist(a, b):
    return 25 * mean_square(a, b) - 5 * (pairwise(a) + pairwise(b)) / 2


def byol_logdet_entropy(z):
    return gaussian_entropy(z, 1e-2) / z.shape[1]


def byol_pairdist_entropy(z):
    return pairwise(z, 3.0)


# compressing and keeping


def normal_kl(m1, s1, m2, s2):
    return np.mean((np.log(s2 / s1) + (s1**2 + (m1 - m2) ** 2) / (2 * s2**2) - 0.5).sum(1))


def mib(a, b):
    s = unit(a) @ unit(b).T / 0.2
    return (cross_entropy_rows(s) + cross_entropy_rows(s.T)) / 2


def mib_disagreement(m1, s1, m2, s2):
    return (normal_kl(m1, s1, m2, s2) + normal_kl(m2, s2, m1, s1)) / 2


def c_simclr(code, mean, other):
    residual = np.mean([1024 * c @ m - 10 * c @ o for c, m, o in zip(code, mean, other, strict=True)])
    return residual + cross_entropy_rows(10 * code @ other.T)


def lbe(h, noise):
    code, total = h + noise * np.sqrt(0.1), 0.0
    for i, c in enumerate(code):
        log_p = np.array([-((c - x) ** 2).sum() / 0.2 for x in h])
        total += log_p[i] - (logsumexp(log_p) - np.log(len(h)))
    return -total / len(h)


def unit_scale(h):
    return h / np.sqrt((h**2).mean() + 1e-8)


def dial_compress(a, b):
    return 0.15 * np.mean(((unit_scale(a) - unit_scale(b)) ** 2).sum(1))


# reconstruction and prediction


def vae(restored, clean, mean, sd):
    return np.mean(((restored - clean) ** 2).sum(1)) / 2 + 0.3 * normal_kl(mean, sd, 0.0, np.ones_like(sd))


def masked(restored, target, mask):
    return np.mean([(r - t) ** 2 for r, t, m in zip(restored.ravel(), target.ravel(), mask.ravel(), strict=True) if m])


def smooth_l1(a, b):
    d = np.abs(a - b)
    return np.where(d < 1, d**2 / 2, d - 0.5).mean()


def vime(logits, changed, restored, clean):
    p = expit(logits)
    return -np.mean(changed * np.log(p) + (1 - changed) * np.log(1 - p)) + 2 * mean_square(restored, clean)


def subtab(restored, clean, z):
    pairs = [(0, 1), (0, 2), (1, 2)]
    agree = [simclr(z[i], z[j], 0.1) + mean_square(unit(z[i]), unit(z[j])) for i, j in pairs]
    return np.mean([mean_square(r, clean) for r in restored]) + np.mean(agree)


# paired


def dcca(a, b, ridge=1e-2):
    d, n = a.shape[1], len(a)
    a, b = a - a.mean(0), b - b.mean(0)
    root = lambda x: np.linalg.inv(np.linalg.cholesky(x.T @ x / (n - 1) + ridge * np.eye(d)))  # noqa: E731
    return -np.linalg.norm(root(a) @ (a.T @ b / (n - 1)) @ root(b).T, "nuc")


def contrast(s):
    return (cross_entropy_rows(s) + cross_entropy_rows(s.T)) / 2


def club(s):
    return np.mean(np.diag(s)) - np.mean(s)


def classes_cross_entropy(logits, labels):
    return np.mean([logsumexp(row) - row[c] for row, c in zip(logits, labels, strict=True)])


# all streams at once


def symile(a, b, c, temperature=0.07):
    """Negatives as by default: for every anchor, stream j's rows moved up by j places."""
    streams, n, total = [unit(x) for x in (a, b, c)], len(a), 0.0
    for i in range(3):
        j, k = [x for x in range(3) if x != i]
        logits = np.empty((n, n))
        for r in range(n):
            for s in range(n):
                rows = (s, s) if r == s else ((s + j) % n, (s + k) % n)
                logits[r, s] = np.sum(streams[i][r] * streams[j][rows[0]] * streams[k][rows[1]])
        total += cross_entropy_rows(logits / temperature)
    return total / 3


def _anchored(measure, temperature, streams):
    """Mean over anchors and directions of the cross-entropy of minus a measure of (anchor r, the others' rows s)."""
    streams, n, total = [unit(x) for x in streams], len(streams[0]), 0.0
    for i, anchor in enumerate(streams):
        others = [x for j, x in enumerate(streams) if j != i]
        size = np.array([[measure(anchor[r], *(x[s] for x in others)) for s in range(n)] for r in range(n)])
        total += (cross_entropy_rows(-size / temperature) + cross_entropy_rows(-size.T / temperature)) / 2
    return total / len(streams)


def gram(*streams, temperature=0.07):
    volume = lambda *rows: np.sqrt(max(np.linalg.det(np.stack(rows) @ np.stack(rows).T), 0) + 1e-6)  # noqa: E731
    return _anchored(volume, temperature, streams)


def triangle(a, b, c, temperature=0.07):
    def area(x, y, z):
        u, v = y - x, z - x
        return ((u @ u) * (v @ v) - (u @ v) ** 2) / 2

    return _anchored(area, temperature, (a, b, c))


def pmrl(*streams, temperature=0.05, item_temperature=0.1):
    """Singular values and leading vectors by NumPy's decomposition, item by item."""
    total, vectors = 0.0, []
    for rows in zip(*(unit(x) for x in streams), strict=True):
        u, s, _ = np.linalg.svd(np.stack(rows, 1), full_matrices=False)
        total += logsumexp(s / temperature) - s[0] / temperature
        vectors.append(u[:, 0] * np.sign(u[:, 0] @ np.sum(rows, 0)))
    v = np.stack(vectors)
    return total / len(v) + cross_entropy_rows(v @ v.T / item_temperature)


# coding rates and what else is newer


def _rate(z, distortion):
    n, d = z.shape
    return np.linalg.slogdet(np.eye(d) + d / (n * distortion) * z.T @ z)[1] / 2


def emp_ssl(*views, weight=200.0, distortion=0.2):
    views = [unit(v) for v in views]
    mean = np.mean(views, 0)
    agree = np.mean([cosine(v, mean).mean() for v in views])
    return -weight * agree - np.mean([_rate(v, distortion) for v in views])


def simdino(student, teacher, weight=1.0, distortion=0.5):
    n, d = student.shape
    return -weight * cosine(student, teacher).mean() - _rate(unit(student), distortion) * (d + n) / (d * n)


def frossl(*views, weight=1.0):
    columns = [(v - v.mean(0)) / np.linalg.norm(v - v.mean(0), axis=0) for v in views]
    mean, total = np.mean(columns, 0), 0.0
    for c in columns:
        spectrum = np.linalg.eigvalsh(c.T @ c)
        entropy = -np.log(np.sum((spectrum / spectrum.sum()) ** 2))
        total += weight * len(views) * c.shape[1] * mean_square(c, mean) - entropy
    return total


def moco_v2(query, key, queue, temperature=0.2):
    q, k, total = unit(query), unit(key), 0.0
    for a, b in zip(q, k, strict=True):
        scores = np.concatenate([[a @ b], queue @ a]) / temperature
        total += logsumexp(scores) - scores[0]
    return total / len(q)


def koleo(z):
    z = unit(z)
    gaps = np.linalg.norm(z[:, None] - z[None], axis=-1) + 10 * np.eye(len(z))
    return -np.mean(np.log(gaps.min(1)))


def supcon(a, b, labels, temperature=0.1):
    z, y, total = unit(np.concatenate([a, b])), np.concatenate([labels, labels]), 0.0
    s = z @ z.T / temperature
    for i in range(len(z)):
        others = [j for j in range(len(z)) if j != i]
        alike = [j for j in others if y[j] == y[i]]
        total -= np.mean([s[i, p] - logsumexp(s[i, others]) for p in alike])
    return total / len(z)
