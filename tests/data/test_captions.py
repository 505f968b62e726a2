"""Photographs with captions: files of the same form as Flickr8k's and COCO's, made here."""

import json

import numpy as np
import pytest
from PIL import Image

from sslbench.data.dataset import load_dataset
from sslbench.data.paired.captions import hashed, mentioned
from sslbench.errors import DataError
from sslbench.registry import SOURCES
from sslbench.tasks import find_task

SUBJECTS = ("a dog runs", "a girl plays", "two men talk", "grey water")
COLOURS = ((200, 30, 30), (30, 200, 30), (30, 30, 200), (120, 120, 120))


def photograph(file, colour, size=(60, 40)):
    file.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size, colour).save(file)


@pytest.fixture
def flickr(tmp_path, monkeypatch):
    """2,040 tiny photographs, 2,000 of them in the official dev and test lists, and the two odd ones of the real set:
    captions without an image, and an image in no list.
    """
    monkeypatch.setenv("SSLBENCH_CACHE", str(tmp_path))
    folder = tmp_path / "flickr8k"
    names = [f"{i:05d}_ab.jpg" for i in range(2040)]
    tokens = []
    for i, name in enumerate(names):
        photograph(folder / "Flicker8k_Dataset" / name, COLOURS[i % 4], (6, 4))
        tokens += [f"{name}#{k}\t{f'Photo number {i}' if k == 0 else SUBJECTS[i % 4].capitalize()} ." for k in range(5)]
    photograph(folder / "Flicker8k_Dataset" / "odd.jpg", COLOURS[0])
    tokens += ["2258.jpg.1#0\tno image", *(f"odd.jpg#{k}\tin no list" for k in range(5))]
    (folder / "Flickr8k.token.txt").write_text("\n".join(tokens) + "\n")
    for part, rows in {"train": names[:40], "dev": names[40:1040], "test": names[1040:]}.items():
        (folder / f"Flickr_8k.{part}Images.txt").write_text("\n".join(rows) + "\n")
    return folder


@pytest.fixture
def coco(tmp_path, monkeypatch):
    """90 photographs with captions and outlines; image 0 has no object, image 1 too few captions."""
    monkeypatch.setenv("SSLBENCH_CACHE", str(tmp_path))
    folder = tmp_path / "coco"
    images = [{"id": 1000 - i, "file_name": f"{i:012d}.jpg"} for i in range(90)]
    captions, objects = [], []
    for i, image in enumerate(images):
        photograph(folder / "val2017" / image["file_name"], COLOURS[i % 3])
        for k in range(3 if i == 1 else 6):
            captions.append({"id": 10_000 - 10 * i + k, "image_id": image["id"], "caption": f"word{i % 3} again {k}"})
        if i:
            objects.append({"image_id": image["id"], "area": 50.0, "category_id": 1 + i % 3})
            objects.append({"image_id": image["id"], "area": 2.5, "category_id": 1 + (i // 3) % 2})
    kinds = [{"id": c + 1, "supercategory": s} for c, s in enumerate(("person", "animal", "food"))]
    (folder / "annotations").mkdir()
    for name, table in {
        "captions": {"annotations": captions},
        "instances": {"images": images, "annotations": objects, "categories": kinds},
    }.items():
        (folder / "annotations" / f"{name}_val2017.json").write_text(json.dumps(table))
    return folder


def test_flickr8k_pins_text_target_and_test_rows(flickr):
    data = load_dataset(find_task("flickr8k"))
    image, text = (s.values for s in data.streams)
    assert data.rows == 2040 and image.shape[1:] == (3, 32, 32) and text.shape[1] == 256
    assert data.targets["who"].tolist() == [(i % 4 + 1) % 4 for i in range(2040)]
    assert data.splits[0].test.tolist() == list(range(40, 2040))
    assert (text[7] == hashed(["Photo number 7 ."], 256)[0]).numpy().all(), "the target's captions are not in the text"
    middle = image[:4, :, 16, 16].int().numpy()
    assert np.abs(middle - np.array(COLOURS)).max() < 12
    (flickr / "Flicker8k_Dataset" / "00000_ab.jpg").write_bytes(b"no JPEG")
    with pytest.raises(DataError, match=r"00000_ab\.jpg cannot be read"):
        SOURCES.get("captions")(find_task("flickr8k").source)


def test_coco_takes_five_captions_the_largest_object_and_rows_in_order_of_id(coco):
    data = load_dataset(find_task("coco-captions"))
    order = np.arange(89, 1, -1)  # ids fall with i
    assert data.rows == 88 and data.targets["largest"].tolist() == [{0: 2, 1: 0, 2: 1}[i % 3] for i in order]
    assert data.targets["person"].tolist() == [int(i % 3 == 0 or (i // 3) % 2 == 0) for i in order]
    assert (data.streams[1].values[0] == hashed(["word2 again 0"], 256)[0]).numpy().all()


@pytest.mark.parametrize(
    ("captions", "want"),
    [
        (["A dog.", "the man, the dog", "x", "y"], 1),
        (["A man and his dog", "a man", "a person, two girls", "kids"], 2),
        (["a man", "People", "doghouse", "boyish"], 3),
        (["a man", "dog", "child", "hotdogs"], 0),
    ],
)
def test_two_captions_must_mention_a_class(captions, want):
    assert mentioned(captions) == want


@pytest.mark.parametrize(("name", "missing"), [("flickr8k", "Flicker8k_Dataset"), ("coco-captions", "val2017")])
def test_files_that_are_not_there_are_named(name, missing, tmp_path, monkeypatch):
    monkeypatch.setenv("SSLBENCH_CACHE", str(tmp_path))
    with pytest.raises(DataError, match=f"not complete in .*there is no {missing}.*download it from them"):
        SOURCES.get("captions")(find_task(name).source)
