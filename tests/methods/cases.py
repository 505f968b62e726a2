"""Every method's loss beside an independent computation: what goes in, ours, theirs. The parity tests run them, and
`python tests/methods/table.py` writes what was measured into docs/methods.md.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import formulas as f
import numpy as np
import torch
from torch import Tensor

from sslbench.methods import bottleneck, factorised, keeping
from sslbench.registry import METHODS

RUNS, ROWS, DIM = 2, 24, 6


def arrays(**shapes: int) -> dict[str, np.ndarray]:
    """Named arrays (runs, rows, width), normal, the second half of them near the first: like positive pairs."""
    rng = np.random.default_rng(0)
    base = rng.normal(size=(RUNS, ROWS, max(shapes.values())))
    return {k: (base + 0.3 * rng.normal(size=base.shape))[..., :w] for k, w in shapes.items()}


VIEWS = arrays(a=DIM, b=DIM)


@dataclass(frozen=True)
class Case:
    """One comparison. ours: tensors by name -> (runs,); theirs: arrays of one run by name -> a number."""

    method: str
    ours: Callable[..., Tensor]
    theirs: Callable[..., float]
    inputs: dict[str, np.ndarray] = field(default_factory=lambda: VIEWS)
    partner: str = "NumPy, float64"
    what: str = "loss"
    rtol: float = 1e-9
    fixed: tuple[str, ...] = ()  # inputs that get no gradient


def method(name, **settings):
    return METHODS.get(name)(**settings)


def loss(name, **settings):
    return lambda **z: method(name, **settings).loss(*z.values())


def two_views(name, formula, **settings):
    what = ", ".join(f"{k} {v}" for k, v in settings.items())
    return Case(name, loss(name, **settings), lambda a, b: formula(a, b), what=f"loss ({what})" if what else "loss")


def _unit(**z):
    return {k: f.unit(v) for k, v in z.items()}


def _covariances():
    z = arrays(a=DIM, b=DIM)
    r = [np.stack([np.cov(x.T) for x in z[k]]) for k in z]
    return z | {"r1": r[0], "r2": r[1]}


CODES = arrays(m1=DIM, s1=DIM, m2=DIM, s2=DIM) | {k: np.exp(arrays(s1=DIM, s2=DIM)[k] / 4) for k in ("s1", "s2")}
MASK = (np.random.default_rng(1).random((RUNS, ROWS, DIM)) < 0.4).astype(float)
LABELS = np.random.default_rng(2).integers(0, DIM, size=(RUNS, ROWS))
NOISE = np.random.default_rng(3).normal(size=(RUNS, ROWS, DIM))
SCORES = {"a": np.tanh(VIEWS["a"]), "b": np.tanh(VIEWS["b"])}
SQUARE = np.random.default_rng(4).normal(size=(RUNS, ROWS, ROWS))
CLASSIFIED = {"logits": VIEWS["a"], "labels": LABELS}


THREE, FOUR = arrays(a=DIM, b=DIM, c=DIM), arrays(a=DIM, b=DIM, c=DIM, d=DIM)


def _unit_queue():
    z = arrays(query=DIM, key=DIM, queue=DIM)
    return z | {"queue": f.unit(z["queue"][:, ::-1].copy())}


def classified(name):
    return Case(name, loss(name), f.classes_cross_entropy, CLASSIFIED, fixed=("labels",), what="cross-entropy")


def reconstructed(name):
    return Case(name, loss(name), lambda a, b: f.mean_square(a, b))


def _subtab(r0, r1, r2, clean, z0, z1, z2):
    return f.subtab([r0, r1, r2], clean, [z0, z1, z2])


def _restoring(a, b):
    """rc's term with the identity as decoder."""

    class Nets:
        streams = 1

        def decode(self, stream, h):
            return h

    class Batch:
        views = (b,)

    return keeping.restoring_error(Nets(), [a], Batch())


CASES = [
    two_views("simclr", f.simclr),
    two_views("moco-v3", f.moco_v3),
    two_views("nnclr", f.nnclr),
    two_views("dcl", f.dcl),
    two_views("spectral-contrastive", f.spectral_contrastive),
    two_views("byol", f.byol),
    two_views("simsiam", f.simsiam),
    Case("dino", loss("dino"), f.dino, SCORES),
    # the assignments carry no gradient, so that finite differences would see another function
    Case("swav", loss("swav"), f.swav, SCORES, fixed=("a", "b")),
    two_views("barlow-twins", f.barlow_twins),
    two_views("vicreg", f.vicreg),
    two_views("vicreg", f.vicreg_paper, convention="paper"),
    two_views("vibcreg", f.vibcreg),
    Case("tico", loss("tico"), f.tico, fixed=("a",)),  # no gradient through the moment; lightly's is compared
    two_views("w-mse", f.w_mse),
    two_views("mmcr", f.mmcr),
    Case("corinfomax", loss("corinfomax"), f.corinfomax, _covariances(), fixed=("r1", "r2")),
    two_views("ssl-hsic", f.ssl_hsic),
    Case("sigreg", loss("sigreg"), f.sigreg, rtol=1e-6),
    two_views("vicreg-logdet", f.vicreg_logdet),
    two_views("vicreg-pairdist", f.vicreg_pairdist),
    two_views("byol-logdet", f.byol),
    two_views("byol-pairdist", f.byol),
    Case(
        "byol-logdet",
        lambda a: method("byol-logdet").entropy(a),
        f.byol_logdet_entropy,
        {"a": VIEWS["a"]},
        what="entropy",
    ),
    Case(
        "byol-pairdist",
        lambda a: method("byol-pairdist").entropy(a),
        f.byol_pairdist_entropy,
        {"a": VIEWS["a"]},
        what="entropy",
    ),
    *(
        Case(
            "infomax",
            loss("infomax", entropy=kind),
            lambda a, b, kind=kind: f.infomax(a, b, kind),
            what=f"loss (entropy {kind})",
        )
        for kind in f.ENTROPIES
    ),
    Case("supcon", loss("supcon"), f.supcon, VIEWS | {"labels": LABELS}, fixed=("labels",)),
    two_views("frossl", f.frossl),
    Case("frossl", loss("frossl"), f.frossl, THREE, what="loss of three views"),
    two_views("simdino", f.simdino),
    Case("emp-ssl", loss("emp-ssl"), f.emp_ssl, FOUR),
    Case("moco-v2", loss("moco-v2"), f.moco_v2, _unit_queue(), fixed=("queue",)),
    Case("dino-koleo", loss("dino-koleo"), f.dino, SCORES),
    Case("dino-koleo", lambda a: method("dino-koleo").spread(a), f.koleo, {"a": VIEWS["a"]}, what="KoLeo", rtol=1e-6),
    Case("symile", loss("symile"), f.symile, THREE),
    Case("gram", loss("gram"), f.gram, THREE),
    Case("gram", loss("gram"), f.gram, FOUR, what="loss of four streams"),
    Case("triangle", loss("triangle"), f.triangle, THREE),
    Case("pmrl", loss("pmrl"), f.pmrl, FOUR),
    two_views("mib", f.mib),
    Case("mib", lambda **z: method("mib").disagreement(*z.values()), f.mib_disagreement, CODES, what="disagreement"),
    Case("c-simclr", loss("c-simclr"), f.c_simclr, _unit(**arrays(code=DIM, mean=DIM, other=DIM))),
    classified("vib"),
    Case("vib", lambda **z: bottleneck.normal_kl(*z.values()), f.normal_kl, CODES, what="rate"),
    classified("multiview-ib"),
    Case("rc", lambda a, b: _restoring(a, b), lambda a, b: f.mean_square(f.unit_scale(a), b), what="term"),
    Case("lbe", loss("lbe"), f.lbe, {"h": VIEWS["a"], "noise": NOISE}, what="term", fixed=("noise",)),
    Case(
        "simclr-compress", lambda a, b: method("simclr-compress").term(None, [a, b], None), f.dial_compress, what="term"
    ),
    reconstructed("autoencoder"),
    reconstructed("denoising-ae"),
    Case("vae", loss("vae"), f.vae, arrays(restored=DIM, clean=DIM) | {"mean": CODES["m1"], "sd": CODES["s1"]}),
    Case("mae", loss("mae"), f.masked, VIEWS | {"mask": MASK}, fixed=("mask",)),
    two_views("jepa", f.smooth_l1),
    two_views("cross-jepa", f.smooth_l1),
    two_views("scarf", f.scarf),
    Case(
        "vime",
        loss("vime"),
        f.vime,
        {"logits": VIEWS["a"], "changed": MASK} | arrays(restored=DIM, clean=DIM),
        fixed=("changed",),
    ),
    Case(
        "subtab",
        lambda r0, r1, r2, clean, z0, z1, z2: method("subtab").loss([r0, r1, r2], clean, [z0, z1, z2]),
        _subtab,
        arrays(r0=DIM, r1=DIM, r2=DIM, clean=DIM, z0=4, z1=4, z2=4),
    ),
    reconstructed("binrecon"),
    reconstructed("t-jepa"),
    two_views("clip", f.clip),
    two_views("siglip", f.siglip),
    two_views("cross-self", f.clip),
    two_views("dcca", f.dcca),
    Case("factorcl", lambda s: factorised.contrast(s), f.contrast, {"s": SQUARE}, what="lower bound"),
    Case("factorcl", lambda s: factorised.club(s), f.club, {"s": SQUARE}, what="upper bound"),
    two_views("comm", f.comm),
    classified("supervised"),
    classified("supervised-single"),
]


def lightly_cases() -> list[Case]:
    """Losses that lightly has too. theirs: tensors of one run -> a tensor; gradients are compared as well."""
    from lightly import loss as theirs
    from lightly.loss.lejepa_loss import SIGReg

    wide = arrays(a=16, b=16)

    def plain(name, cls, rtol=1e-5, scale=1.0, shift=0.0, inputs=VIEWS, what="loss", ours=None, **settings):
        made = lambda a, b: scale * cls(a, b) + shift  # noqa: E731
        return Case(name, ours or loss(name, **settings), made, inputs, "lightly", what, rtol)

    def mmcr(a, b):
        u, v = (torch.nn.functional.normalize(z, dim=-1)[:, None] for z in (a, b))
        return theirs.MMCRLoss(0.5)(u, v) / len(a)

    def sigreg(a):
        partner = SIGReg(num_vectors=a.shape[1])
        partner._generate_unit_vectors = lambda *_: torch.eye(a.shape[1], dtype=a.dtype)
        return partner(a)

    def lejepa(a, b):
        partner = theirs.LeJEPALoss(sigreg_num_vectors=a.shape[1])
        partner.sigreg._generate_unit_vectors = lambda *_: torch.eye(a.shape[1], dtype=a.dtype)
        views = torch.stack([a, b])
        # every view global: their centre is then ours; the one "local" view is counted out below
        invariance = ((views.mean(0) - views) ** 2).mean()
        return 0.05 * partner.sigreg(views) + 0.95 * invariance

    def w_mse(a, b):
        torch.manual_seed(0)
        return theirs.WMSELoss(embedding_dim=DIM, w_size=ROWS, eps=0.0)(torch.cat([a, b]))

    from sslbench.methods.distribution import gaussian_departure

    axes = lambda a: torch.eye(a.shape[-1], dtype=a.dtype).expand(len(a), -1, -1)  # noqa: E731
    ones = {"a": VIEWS["a"]}
    # its list form skips equal indices: the second student is compared with the first teacher
    dino = lambda t, s: theirs.DINOLoss(DIM, warmup_teacher_temp=0.04)([t], [s, s])  # noqa: E731
    return [
        plain("simclr", theirs.NTXentLoss(0.2)),
        plain("dcl", theirs.DCLLoss(0.1)),
        plain("dcl", theirs.DCLWLoss(0.1, 0.5), what="loss (weight_width 0.5)", weight_width=0.5),
        plain("byol", theirs.NegativeCosineSimilarity(), scale=2.0, shift=2.0),
        plain("simsiam", theirs.NegativeCosineSimilarity()),
        Case("dino", loss("dino"), lambda a, b: dino(b.detach(), a), SCORES, "lightly", rtol=1e-5, fixed=("b",)),
        Case("swav", loss("swav"), lambda a, b: theirs.SwaVLoss()([a, b], []), SCORES, "lightly", rtol=1e-4),
        plain("barlow-twins", theirs.BarlowTwinsLoss(5e-3), inputs=wide),
        plain("vicreg", theirs.VICRegLoss(), inputs=wide),
        Case("tico", loss("tico"), lambda a, b: theirs.TiCoLoss()(a, b), VIEWS, "lightly", rtol=1e-5),
        Case("mmcr", loss("mmcr", within_weight=0.5), mmcr, VIEWS, "lightly", "loss (within_weight 0.5)", 1e-5),
        Case("w-mse", loss("w-mse", ridge=0.0), w_mse, VIEWS, "lightly", "loss (ridge 0)", 1e-4),
        Case("sigreg", lambda a: gaussian_departure(a, axes(a)), sigreg, ones, "lightly", "statistic", 1e-5),
        Case("sigreg", loss("sigreg"), lejepa, VIEWS, "lightly", "loss", 1e-5),
    ]
