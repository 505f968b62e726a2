"""The measurements, by name. Each yields ratios of the same work done our way and another way."""

import gc
import time
from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
import torch

from sslbench.bench.data import image_task, learnable, made_up, table_task, training
from sslbench.bench.lightly_loop import loop_of_lightly
from sslbench.bench.timing import Ratio, clock, compare
from sslbench.config import STANDARD, Run, RunOptions, protocol_named
from sslbench.draws import Draw
from sslbench.probes.logistic import logistic_path
from sslbench.probes.ridge import RidgeProbe
from sslbench.registry import METHODS
from sslbench.runner.device import measured_rate
from sslbench.runner.plan import MethodPack, make_plan
from sslbench.runner.worker import run_pack, settle
from sslbench.tasks import EncoderSpec
from sslbench.training.loader import Batches
from sslbench.training.represent import represent
from sslbench.training.step import TrainStep
from sslbench.views.photo import PhotoView

CONV = EncoderSpec(name="conv", rep_dim=128, options={"width": 32})
RESNET = EncoderSpec(name="resnet18", rep_dim=512)


def _stepper(program: TrainStep, train: torch.Tensor, batch: int) -> Callable[[int], None]:
    """A function that does some steps of a program, epoch after epoch."""
    batches, values = Batches(train, batch, Draw([0] * len(train), train.device)), program.encodings[0].stream.values
    done = [0]

    def run(steps: int) -> None:
        for _ in range(steps):
            rows = batches.rows(done[0])
            program.step(rows, [values[rows]])
            done[0] += 1

    return run


def augmentation(rounds: int, device: str) -> Iterator[Ratio]:
    """SimCLR's augmentation at 32 pixels (crop, mirror, jitter with hue, grayscale), against torchvision per image."""
    import torchvision.transforms as v1
    import torchvision.transforms.v2 as v2
    from PIL import Image

    x = torch.rand(1, 256, 3, 32, 32, device=device)
    bytes_ = (x[0].cpu() * 255).byte()
    pictures = [Image.fromarray(np.ascontiguousarray(p.permute(1, 2, 0).numpy())) for p in bytes_]
    view, count = PhotoView(), [0]

    def ours():
        for _ in range(8):
            count[0] += 1
            view(x, Draw([0], device).at(count[0]), x)

    for name, t, items in (("PIL images", v1, pictures), ("v2, tensors", v2, list(bytes_))):
        jitter = t.RandomApply([t.ColorJitter(0.4, 0.4, 0.2, 0.1)], 0.8)
        parts = [t.RandomResizedCrop(32, (0.08, 1.0)), t.RandomHorizontalFlip(), jitter, t.RandomGrayscale(0.2)]
        chain = v1.Compose([*parts, v1.ToTensor()]) if t is v1 else v2.Compose([*parts, v2.ToDtype(torch.float, True)])
        yield compare(
            "augmentation, 32 px",
            f"torchvision {name}, one by one",
            ours,
            lambda chain=chain, items=items: [chain(i) for i in items],
            (8 * 256, 256),
            "image",
            rounds,
            device,
            wanted=15.0,
        )


def step(rounds: int, device: str) -> Iterator[Ratio]:
    """A whole training step, data to optimiser, against lightly's loop with the same encoder, head and batch."""
    sizes = [("conv", CONV, 128, 4, 1.5), ("resnet18", RESNET, 32 if device == "cpu" else 512, 1, 1.0)]
    for encoder, spec, batch, steps, wanted in sizes:
        dataset = made_up(image_task(spec, batch), max(1024, 2 * batch))
        for method in ("vicreg", "simclr"):
            theirs, _ = loop_of_lightly(
                encoder, spec.rep_dim, STANDARD.projector_dim, batch, method, dataset.streams[0].values, device
            )
            for precision in ("float32", "bfloat16"):
                named = protocol_named("standard" if precision == "float32" else "standard-bf16")
                ours = _stepper(*training(method, dataset, (0,), device, named), batch)
                yield compare(
                    f"{method} step, {encoder}, batch {batch}, {precision}",
                    "lightly's loop, float32",
                    lambda ours=ours, steps=steps: ours(steps),
                    lambda theirs=theirs, steps=steps: theirs(steps),
                    (steps, steps),
                    "step",
                    rounds,
                    device,
                    wanted=wanted if precision == "float32" else 2.0,
                )


def stacking(rounds: int, device: str) -> Iterator[Ratio]:
    """Runs of a small encoder side by side, against the same runs one after another."""
    runs = 8 if device == "cpu" else 64
    for width, wanted in ((64, 2.0), (256, 1.2)):
        dataset = made_up(table_task(width), 2000, columns=30)
        together = _stepper(*training("scarf", dataset, tuple(range(runs)), device), 128)
        alone = _stepper(*training("scarf", dataset, (0,), device), 128)
        steps = 8
        yield compare(
            f"{runs} MLP runs of width {width}, stacked",
            "one after another",
            lambda together=together, steps=steps: together(steps),
            lambda alone=alone, steps=steps: alone(steps),
            (runs * steps, steps),
            "run and step",
            rounds,
            device,
            wanted=wanted if device == "cpu" else 40.0,
        )
    if device == "cpu":
        dataset = made_up(image_task(CONV, 32), 512)
        together = _stepper(*training("simclr", dataset, (0, 1, 2, 3), device), 32)
        alone = _stepper(*training("simclr", dataset, (0,), device), 32)
        yield compare(
            "4 convolution runs, one after another",
            "stacked as channel groups",
            lambda: alone(4),
            lambda: together(1),
            (4, 4),
            "run and step",
            rounds,
            device,
            note="why convolutions do not stack on a CPU",
        )


def probes(rounds: int, device: str) -> Iterator[Ratio]:
    """The logistic path (7 strengths, two representations) and ridge with leave-one-out, against scikit-learn."""
    import warnings

    from sklearn.datasets import load_digits
    from sklearn.linear_model import LogisticRegression, RidgeClassifierCV

    strengths = [10.0**e for e in range(-5, 2)]
    digits = load_digits()
    scans = ((digits.data - digits.data.mean(0)) / digits.data.std()).astype(np.float32)
    data = [(f"n {n}, d {d}", *learnable(n * 3 // 2, d, 10)) for n, d in ((2000, 128), (5000, 256))]
    for name, x, y in [*data, ("digits, n 1198, d 64", scans, digits.target)]:
        n = len(x) * 2 // 3
        both = torch.tensor(x[:n], device=device).expand(2, -1, -1).contiguous()
        onehot = torch.nn.functional.one_hot(torch.tensor(y[:n], device=device), 10).float().expand(2, -1, -1)
        held = torch.tensor(x[n:], device=device).expand(2, -1, -1)
        found: dict[str, list] = {}

        def ours(both=both, onehot=onehot, held=held, found=found):
            path = logistic_path(both, onehot, torch.tensor(strengths))
            found["ours"] = path.logits(held)[0].argmax(-1).T.cpu().numpy()

        def theirs(x=x, y=y, n=n, found=found):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                fits = [LogisticRegression(C=1 / (n * s), max_iter=1000).fit(x[:n], y[:n]) for s in strengths * 2]
            found["theirs"] = [f.predict(x[n:]) for f in fits[: len(strengths)]]

        made = compare(
            f"logistic path, 14 problems, {name}",
            "scikit-learn, float32",
            ours,
            theirs,
            (14, 14),
            "problem",
            rounds,
            device,
            wanted=3.0 if n >= 2000 else None,
        )
        best = {k: max((p == y[n:]).mean() for p in v) for k, v in found.items()}
        yield replace(made, note=f"best accuracy {best['ours']:.4f}, scikit-learn {best['theirs']:.4f}")
    x, y = learnable(5000, 256, 10)
    yield compare(
        "ridge, 7 strengths, leave-one-out, n 5000, d 256",
        "scikit-learn RidgeClassifierCV",
        lambda: RidgeProbe.classes_of(
            (torch.tensor(x, device=device), y), torch.tensor(x, device=device), 10, strengths
        ),
        lambda: RidgeClassifierCV(alphas=[5000 * s for s in strengths]).fit(x, y).predict(x),
        (1, 1),
        "fit",
        rounds,
        device,
    )


def scaling(rounds: int, device: str) -> Iterator[Ratio]:
    """Cost of a pack as runs and rows grow fourfold: per run, and per step; at most linear is a ratio of 1 or more."""

    def pack(runs: int, rows: int) -> Callable[[], object]:
        protocol = replace(STANDARD, step_scale=0.02)
        dataset = made_up(table_task(64), rows, columns=30)
        return lambda: represent(
            METHODS.get("scarf").build(), dataset, tuple(Run(0, i) for i in range(runs)), protocol, torch.device(device)
        )

    yield compare(
        "4 times the runs: cost per run", "at one run", pack(4, 1000), pack(1, 1000), (4, 1), "run", rounds, device, 1.0
    )
    fewer, more = pack(2, 4000), pack(2, 16000)
    yield compare(
        "4 times the rows: cost per row, same steps", "at 4000 rows", more, fewer, (4, 1), "pack", rounds, device, 1.0
    )


def overhead(rounds: int, device: str) -> Iterator[Ratio]:
    """The share of a pack's wall time that is its phases (load, pretrain, encode, probe); the rest is the harness."""
    settle()
    for method, task in (("vicreg", "wine"), ("simclr", "digits")):
        plan = make_plan(RunOptions(methods=(method,), tasks=(task,), device="auto"), [], device=device)
        pack = next(p for p in plan.packs if isinstance(p, MethodPack))
        pack = replace(pack, scratch="")
        run_pack(replace(pack, protocol=replace(pack.protocol, step_scale=0.02)), device)
        found = []
        for _ in range(rounds):
            began = time.perf_counter()
            records = run_pack(pack, device)
            wall = time.perf_counter() - began
            found.append((sum(sum(r.seconds.values()) for r in records) / wall, wall))
        shares = sorted(share for share, _ in found)
        wall = sorted(wall for _, wall in found)[rounds // 2]
        yield Ratio(
            f"share of a pack that is work, {method} on {task}",
            "its wall time",
            round(shares[rounds // 2], 4),
            round(shares[0], 4),
            round(shares[-1], 4),
            round(wall * 1e3, 1),
            round(wall * 1e3, 1),
            "pack",
            0.98,
        )
    gc.unfreeze()


def ceiling(rounds: int, device: str) -> Iterator[Ratio]:
    """Utilisation of a GPU: model FLOP/s of a ResNet-18 step at batch 512 over the chip's measured rate."""
    if device != "cuda":
        return
    batch = 512
    dataset = made_up(image_task(RESNET, batch), 8 * batch)
    for precision in ("float32", "bfloat16"):
        named = protocol_named("standard" if precision == "float32" else "standard-bf16")
        program, train = training("simclr", dataset, (0,), device, named)
        run = _stepper(program, train, batch)
        rows = train[:, :batch]
        flops = program.flops_per_item(rows, [program.encodings[0].stream.values[rows]]) * batch
        run(8)
        seconds = sorted(clock(lambda run=run: run(10), device) / 10 for _ in range(rounds))
        peak = measured_rate(torch.device(device), precision)
        shares = [round(flops / s / peak, 3) for s in seconds]
        middle = seconds[len(seconds) // 2]
        yield Ratio(
            f"utilisation, resnet18, batch {batch}, {precision}",
            f"{peak / 1e12:.0f} TFLOP/s measured",
            shares[len(shares) // 2],
            shares[-1],
            shares[0],
            round(middle * 1e3, 3),
            round(flops / peak * 1e3, 3),
            "step",
            0.30,
            program.graph_error and f"not captured: {program.graph_error}",
        )


CASES = {f.__name__: f for f in (augmentation, step, stacking, probes, scaling, overhead, ceiling)}


def run_cases(names: list[str], rounds: int, device: str, tell: Callable[[str], None]) -> list[Ratio]:
    """The ratios of the named measurements."""
    torch.set_num_threads(1)
    out = []
    for name in names:
        began = time.perf_counter()
        out += list(CASES[name](rounds, device))
        tell(f"{name}: {time.perf_counter() - began:.0f} s")
    return out
