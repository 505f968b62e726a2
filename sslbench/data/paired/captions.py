"""Photographs with captions: one caption of each is the text, targets come from what that caption does not show."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch

from sslbench.data.paired.pictures import squares
from sslbench.data.paired.place import folder_of
from sslbench.data.streams import Columns, Raw, Stream
from sslbench.errors import DataError
from sslbench.registry import SOURCES
from sslbench.tasks import Source

PER_IMAGE = 5  # captions of a photograph that are read; one with fewer is left out
VIEW = 0  # which of them is the text stream
WORDS = {  # what a caption mentions, by class; the first class that MENTIONS captions agree on
    1: ("dog", "dogs", "puppy", "puppies"),
    2: ("boy", "boys", "girl", "girls", "child", "children", "kid", "kids", "baby", "toddler"),
    3: ("man", "men", "woman", "women", "person", "people", "guy", "lady", "couple", "crowd"),
}
MENTIONS = 2


class Captioned(NamedTuple):
    """Photographs with their captions; row i of each is one photograph."""

    files: list[Path]
    captions: list[list[str]]
    targets: dict[str, np.ndarray]
    folds: tuple[np.ndarray, ...] | None


@SOURCES.register("captions")
def captions_source(source: Source) -> Raw:
    """Photographs and one caption each of flickr8k or coco, which must lie in a folder of the user's cache.

    Options: folder (by default the name), side of a photograph in pixels (32), columns of the text (256).
    """
    known = {"flickr8k": flickr8k, "coco": coco}
    if source.name not in known:
        raise DataError(f"source captions has no {source.name!r}; it has {', '.join(known)}")
    found = known[source.name](folder_of(source.options.get("folder"), source.name))
    images = squares(found.files, int(source.options.get("side", 32)))
    words = hashed([captions[VIEW] for captions in found.captions], int(source.options.get("columns", 256)))
    text = Stream("text", torch.tensor(words), Columns.numbers([f"hash{j}" for j in range(words.shape[1])]))
    return Raw((Stream("photograph", torch.tensor(images)), text), found.targets, folds=found.folds)


def hashed(texts: Sequence[str], columns: int) -> np.ndarray:
    """Words and pairs of words of each text, hashed: (n, columns) of float32 with length 1. Nothing is fitted."""
    from sklearn.feature_extraction.text import HashingVectorizer

    return HashingVectorizer(n_features=columns, ngram_range=(1, 2)).transform(texts).toarray().astype(np.float32)


def flickr8k(folder: Path) -> Captioned:
    """Flickr8k as its authors distribute it, through torchvision's reader of that form of captions.

    Target `who`: what two of the four other captions mention first of dog, child, adult; else none. The fixed test set
    is the official dev and test images, 2,000; train and val come from the 6,000 official train images.
    """
    from torchvision.datasets import Flickr30k

    images, tokens = folder / "Flicker8k_Dataset", folder / "Flickr8k.token.txt"
    parts = [folder / f"Flickr_8k.{part}Images.txt" for part in ("train", "dev", "test")]
    _there(folder, "flickr8k", [images, tokens, *parts])
    try:
        captions = Flickr30k(str(images), str(tokens)).annotations
    except ValueError as error:
        raise DataError(f"{tokens}: a line is not 'image#number<tab>caption': {error}; download it again") from None
    listed = [_lines(part) for part in parts]
    names = [name for part in listed for name in part]
    kept = [name for name in names if len(captions.get(name, ())) == PER_IMAGE and (images / name).is_file()]
    if not kept:
        raise DataError(f"flickr8k: no image of {parts[0].name} lies in {images} with {PER_IMAGE} captions in {tokens}")
    tested = {name for part in listed[1:] for name in part}
    texts = [captions[name] for name in kept]
    who = np.array([mentioned(c[:VIEW] + c[VIEW + 1 :]) for c in texts])
    test = np.flatnonzero([name in tested for name in kept])
    return Captioned([images / name for name in kept], texts, {"who": _closed(who)}, (test,))


def mentioned(captions: Sequence[str]) -> int:
    """The first class of WORDS that at least MENTIONS of the captions mention; 0 if there is none."""
    words = [set(caption.lower().replace(".", " ").replace(",", " ").split()) for caption in captions]
    hits = (c for c, known in WORDS.items() if sum(not w.isdisjoint(known) for w in words) >= MENTIONS)
    return next(hits, 0)


def coco(folder: Path) -> Captioned:
    """The 5,000 images of COCO val2017 with their captions and objects; those without objects are left out.

    The files are plain JSON and read as such: torchvision's reader needs pycocotools, which it does not install.
    Targets: `largest`, the supercategory of the object of the largest area; `person`, whether one is in the image.
    """
    images = folder / "val2017"
    texts, objects = (folder / "annotations" / f"{kind}_val2017.json" for kind in ("captions", "instances"))
    _there(folder, "coco", [images, texts, objects])
    captions: dict[int, list[str]] = {}
    for entry in sorted(_json(texts)["annotations"], key=lambda entry: entry["id"]):
        captions.setdefault(entry["image_id"], []).append(entry["caption"])
    table = _json(objects)
    kinds = {c["id"]: c["supercategory"] for c in table["categories"]}
    seen: dict[int, list[tuple[float, str]]] = {}
    for entry in table["annotations"]:
        seen.setdefault(entry["image_id"], []).append((entry["area"], kinds[entry["category_id"]]))
    files = {image["id"]: images / image["file_name"] for image in table["images"]}
    kept = [i for i in sorted(files) if i in seen and len(captions.get(i, ())) >= PER_IMAGE and files[i].is_file()]
    if not kept:
        raise DataError(f"coco: no image of {objects.name} lies in {images} with {PER_IMAGE} captions in {texts}")
    largest = np.array([max(seen[i])[1] for i in kept])
    person = np.array([any(kind == "person" for _, kind in seen[i]) for i in kept])
    targets = {"largest": _closed(largest), "person": _closed(person)}
    return Captioned([files[i] for i in kept], [captions[i][:PER_IMAGE] for i in kept], targets, None)


def _closed(labels: np.ndarray) -> np.ndarray:
    """Classes 0 .. classes-1, in sorted order."""
    return np.unique(labels, return_inverse=True)[1]


def _there(folder: Path, name: str, needed: list[Path]) -> None:
    """Raises DataError that names the first file that is missing and where it is expected."""
    for path in needed:
        if not path.exists():
            raise DataError(
                f"{name} is not complete in {folder}: there is no {path.relative_to(folder)}. Its owners ask that you "
                "download it from them; unpack it there, or set SSLBENCH_CACHE to where it lies"
            )


def _lines(file: Path) -> list[str]:
    return file.read_text(encoding="utf-8").split()


def _json(file: Path) -> dict:
    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except ValueError as error:
        raise DataError(f"{file} is not valid JSON: {error}; download it again") from None
