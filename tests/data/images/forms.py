"""Tiny files of the form that each set of torchvision has on disk, and the checksums that go with them."""

import gzip
import hashlib
import pickle
import struct

import numpy as np
import torchvision.datasets as sets
from PIL import Image
from scipy.io import savemat

RNG = np.random.default_rng(0)


def md5(file):
    return hashlib.md5(file.read_bytes()).hexdigest()


def pixels(*shape):
    return RNG.integers(0, 255, shape).astype(np.uint8)


def jpeg(file, side=(40, 30)):
    file.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels(*side, 3)).save(file)


def mnist(root, patch, cls=sets.MNIST):
    raw = root / cls.__name__ / "raw"
    raw.mkdir(parents=True)
    for part, n in (("train", 4), ("t10k", 2)):
        images, labels = pixels(n, 28, 28), (np.arange(n) % 2).astype(np.uint8)
        (raw / f"{part}-images-idx3-ubyte").write_bytes(struct.pack(">4i", 2051, n, 28, 28) + images.tobytes())
        (raw / f"{part}-labels-idx1-ubyte").write_bytes(struct.pack(">2i", 2049, n) + labels.tobytes())
    for file in list(raw.iterdir()):
        file.with_suffix(".gz").write_bytes(gzip.compress(file.read_bytes()))
    patch.setattr(cls, "resources", [(name, md5(raw / name)) for name, _ in cls.resources])


def fashion(root, patch):
    mnist(root, patch, sets.FashionMNIST)


def cifar(root, patch, cls=sets.CIFAR10, files=("data_batch_1", "data_batch_2"), test="test_batch"):
    folder = root / cls.base_folder
    folder.mkdir(parents=True)
    for name in (*files, test):
        entry = {"data": pixels(2, 3072), "labels" if cls is sets.CIFAR10 else "fine_labels": [0, 1]}
        entry |= {"coarse_labels": [1, 0]}
        (folder / name).write_bytes(pickle.dumps(entry))
    meta = folder / cls.meta["filename"]
    meta.write_bytes(pickle.dumps({cls.meta["key"]: ["one", "two"]}))
    patch.setattr(cls, "train_list", [[f, md5(folder / f)] for f in files])
    patch.setattr(cls, "test_list", [[test, md5(folder / test)]])
    patch.setattr(cls, "meta", cls.meta | {"md5": md5(meta)})


def cifar100(root, patch):
    cifar(root, patch, sets.CIFAR100, ("train",), "test")


def svhn(root, patch):
    root.mkdir(parents=True)
    new = {}
    for part in ("train", "test"):
        file = root / f"{part}_32x32.mat"
        savemat(file, {"X": pixels(32, 32, 3, 3), "y": np.array([[10], [1], [1]], np.uint8)})
        new[part] = ["", file.name, md5(file)]
    patch.setattr(sets.SVHN, "split_list", new)


def stl10(root, patch):
    folder = root / "stl10_binary"
    folder.mkdir(parents=True)
    for part, n in (("train", 3), ("test", 2)):
        (folder / f"{part}_X.bin").write_bytes(pixels(n, 3, 96, 96).tobytes())
        (folder / f"{part}_y.bin").write_bytes(bytes([1, 2, 2][:n]))
    for name in ("train_list", "test_list"):
        known = [(f, folder / f) for f, _ in getattr(sets.STL10, name) if not f.startswith("unlabeled")]
        patch.setattr(sets.STL10, name, [[f, md5(file)] for f, file in known])


def flowers102(root, patch):
    folder = root / "flowers-102"
    for i in range(1, 7):
        jpeg(folder / "jpg" / f"image_{i:05d}.jpg")
    savemat(folder / "imagelabels.mat", {"labels": [1, 2, 1, 2, 1, 2]})
    savemat(folder / "setid.mat", {"trnid": [1, 4], "valid": [2, 3], "tstid": [6, 5]})
    known = {k: (f, md5(folder / f) if k != "image" else "") for k, (f, _) in sets.Flowers102._file_dict.items()}
    patch.setattr(sets.Flowers102, "_file_dict", known)


def dtd(root, patch):
    folder = root / "dtd" / "dtd"
    (folder / "labels").mkdir(parents=True)
    for part in ("train", "val", "test"):
        names = [f"{c}/{part}.jpg" for c in ("banded", "dotted")]
        for name in names:
            jpeg(folder / "images" / name)
        (folder / "labels" / f"{part}1.txt").write_text("\n".join(names) + "\n")


def eurosat(root, patch):
    for name in ("Forest/1.jpg", "Forest/2.jpg", "River/1.jpg"):
        jpeg(root / "eurosat" / "2750" / name, (64, 64))


def imagenette(root, patch):
    for part in ("train", "val"):
        for label in ("n01440764", "n02102040"):
            jpeg(root / "imagenette2-160" / part / label / "x.JPEG")
