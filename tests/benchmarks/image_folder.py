"""How long a folder of images takes the first time and from the cache, and how much memory, each in a fresh process.

    python tests/benchmarks/image_folder.py FOLDER [size]

An epoch here is what comes before any network: load the task (decode, or map and verify the cache), its digest and its
splits, fit the normalisation, and bring every train row to the encoder once in batches of 128. Targets for 50,000
images of 32 pixels: 60 s the first time, 5 s later, peak memory at most 3 times the pixels (above the empty process).
"""

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import torch

from sslbench.data.dataset import load_dataset
from sslbench.data.images.folder import folder_facts
from sslbench.data.streams import encoding_of
from sslbench.draws import Draw
from sslbench.registry import SOURCES
from sslbench.tasks import Source, Splits, Target, find_task
from sslbench.training.loader import Batches, loader_of


def peak() -> int:
    """Most bytes of memory that this process has held, mapped files among them."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def epoch(folder: str, size: int) -> dict:
    """Seconds and bytes of one epoch in this process."""
    SOURCES.names()  # imports are not what is measured
    empty, began, cpu = peak(), time.perf_counter(), time.process_time()
    names, kind = folder_facts(Path(folder))
    task = find_task("cifar10").model_copy(
        update={
            "source": Source(kind="folder", name=folder, options={"size": size}),
            "targets": tuple(Target(name=n, title=n) for n in names),
            "splits": Splits(kind=kind),
        }
    )
    dataset = load_dataset(task)
    loaded = time.perf_counter() - began
    train = torch.tensor(dataset.split(0).train)[None]
    encoding = encoding_of(dataset.streams[0], train)
    batches = Batches(train, 128, Draw([0]))
    loader = loader_of([encoding], batches, 0, batches.per_epoch)
    for step in range(batches.per_epoch):
        encoding.encode(encoding.open(loader.step(step)[1][0]))
    loader.close()
    pixels = dataset.streams[0].values.nbytes
    return {
        "rows": dataset.rows,
        "loaded_s": round(loaded, 2),
        "epoch_s": round(time.perf_counter() - began, 2),
        "core_s": round(time.process_time() - cpu, 2),  # of all threads: what a busy machine does not lengthen much
        "data_mb": round(pixels / 1e6),
        "peak_over_data": round((peak() - empty) / pixels, 2),
    }


def main(folder: str, size: str = "32") -> None:
    """Two processes, the first with an empty cache."""
    with tempfile.TemporaryDirectory() as cache:
        for when in ("first", "later"):
            done = subprocess.run(
                [sys.executable, __file__, "--one", folder, size],
                env=os.environ | {"SSLBENCH_CACHE": cache},
                stdout=subprocess.PIPE,
                check=True,
            )
            print(when, done.stdout.decode().strip(), flush=True)


if __name__ == "__main__":
    if sys.argv[1] == "--one":
        print(json.dumps(epoch(sys.argv[2], int(sys.argv[3]))))
    else:
        main(*sys.argv[1:])
