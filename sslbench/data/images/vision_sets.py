"""The `torchvision` source: the standard sets of images, with torchvision's downloads and checksums."""

from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np

from sslbench.data.images.cache import kept_array, key_of
from sslbench.data.images.decode import Form, decode
from sslbench.data.images.download import parts_of
from sslbench.data.images.streams_of import streams_of
from sslbench.data.streams import Raw
from sslbench.errors import DataError
from sslbench.registry import SOURCES
from sslbench.tasks import Source

FORMAT = 1  # of what is kept: raised when the same set gives other pixels or labels


@dataclass(frozen=True)
class VisionSet:
    """A class of torchvision, and the arguments of its parts: the last of several is the test set."""

    cls: str
    parts: tuple[dict, ...]
    size: int = 0  # pixels that image files are brought to, the middle square; 0: the set is of one size


BY_TRAIN = ({"train": True}, {"train": False})
TRAIN_TEST = ({"split": "train"}, {"split": "test"})
SMALL = ({"split": "train", "size": "160px"}, {"split": "val", "size": "160px"})
TRAIN_VAL_TEST = ({"split": "train"}, {"split": "val"}, {"split": "test"})
SETS = {
    "mnist": VisionSet("MNIST", BY_TRAIN),
    "fashion-mnist": VisionSet("FashionMNIST", BY_TRAIN),
    "cifar10": VisionSet("CIFAR10", BY_TRAIN),
    "cifar100": VisionSet("CIFAR100", BY_TRAIN),
    "svhn": VisionSet("SVHN", TRAIN_TEST),
    "stl10": VisionSet("STL10", TRAIN_TEST),
    "flowers102": VisionSet("Flowers102", TRAIN_VAL_TEST, 96),
    "dtd": VisionSet("DTD", TRAIN_VAL_TEST, 96),
    "eurosat": VisionSet("EuroSAT", ({},), 64),
    "imagenette": VisionSet("Imagenette", SMALL, 128),
}


@SOURCES.register("torchvision")
def torchvision_source(source: Source) -> Raw:
    """A set of torchvision, downloaded at its first use; its own test set is the fixed one, if it has one.

    Options: size (of sets of image files), streams ("halves", "quarters", "lab"). Raises DataError, StorageError.
    """
    if source.name not in SETS:
        raise DataError(f"source torchvision has no {source.name!r}; it has {', '.join(sorted(SETS))}")
    found = SETS[source.name]
    allowed = ("size", "streams") if found.size else ("streams",)
    if unknown := set(source.options) - set(allowed):
        raise DataError(
            f"{source.name} of torchvision has no option {', '.join(sorted(unknown))}; it has {', '.join(allowed)}"
        )
    size = int(source.options.get("size", found.size))
    key = key_of(FORMAT, source.name, size)
    images, facts = kept_array(key, source.name, lambda out: _write(source.name, found, size, out))
    targets = {name: np.array(labels, dtype=np.int64) for name, labels in facts["targets"].items()}
    folds = (np.arange(facts["train"], len(images)),) if len(found.parts) > 1 else None
    return Raw(streams_of(images, str(source.options.get("streams", ""))), targets, folds=folds)


def _write(name: str, found: VisionSet, size: int, out: BinaryIO) -> dict:
    """Write every part's images one after another; facts: shape, targets, and how many rows come before the test."""
    parts = parts_of(name, found.cls, found.parts)
    files, counts, labels, shape = [], [], [], ()
    for part in parts:
        if found.size:
            here, classes = zip(*_samples(part), strict=True)
            files += here
        else:
            pixels, classes = _pixels(part), np.asarray(part.labels if hasattr(part, "labels") else part.targets)
            shape = pixels.shape[1:]
            for image in pixels:  # one at a time: no second copy of the whole
                out.write(np.ascontiguousarray(image))
        counts.append(len(classes))
        labels += [int(c) for c in classes]
    if found.size:
        shape = decode(files, Form(size, "crop", "rgb"), out, name)["shape"][1:]
    targets = {"class": labels} | ({"superclass": _superclasses(parts)} if name == "cifar100" else {})
    rest = sum(counts[:-1]) if len(counts) > 1 else sum(counts)
    return {"shape": [sum(counts), *map(int, shape)], "targets": targets, "train": rest}


def _pixels(part) -> np.ndarray:
    """The bytes of a set that holds them all, (n, channels, height, width)."""
    data = np.asarray(part.data)
    if data.ndim == 3:
        return data[:, None]
    return data.transpose(0, 3, 1, 2) if data.shape[-1] == 3 else data


def _samples(part) -> list[tuple[Path, int]]:
    """The files of a set that decodes them one by one, with their labels."""
    if hasattr(part, "samples"):
        return [(Path(f), c) for f, c in part.samples]
    if hasattr(part, "_samples"):
        return [(Path(f), c) for f, c in part._samples]
    return list(zip(map(Path, part._image_files), part._labels, strict=True))


def _superclasses(parts: list) -> list[int]:
    """The 20 coarse classes of CIFAR-100, which torchvision leaves in its files."""
    import pickle

    out: list[int] = []
    for part in parts:
        for file, _ in part.train_list if part.train else part.test_list:
            with open(Path(part.root) / part.base_folder / file, "rb") as opened:  # its checksum has been verified
                out += pickle.load(opened, encoding="latin1")["coarse_labels"]
    return out
