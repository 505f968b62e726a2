"""Folders of images of every form; the cache behind them; and what goes wrong with either."""

import errno

import numpy as np
import pytest
from PIL import Image

from sslbench.data.images import cache, decode
from sslbench.data.images.folder import folder_facts
from sslbench.data.images.listing import list_images
from sslbench.errors import DataError, StorageError
from sslbench.registry import SOURCES
from sslbench.tasks import Source


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("SSLBENCH_CACHE", str(tmp_path / "cache"))


def read(root, **options):
    return SOURCES.get("folder")(Source(kind="folder", name=str(root), options=options))


def save(file, shape=(20, 14, 3), seed=0, **more):
    file.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(seed).integers(0, 255, size=shape).astype(np.uint8)
    Image.fromarray(pixels).save(file, **more)
    return pixels


def pets(root, per_class=3, **more):
    for k, label in enumerate(("cat", "dog")):
        for i in range(per_class):
            save(root / label / f"{i}.png", seed=10 * k + i, **more)
    return root


def test_classes_are_subfolders_and_sizes_are_brought_together(tmp_path):
    raw = read(pets(tmp_path / "p"), size=16)
    assert tuple(raw.streams[0].values.shape) == (6, 3, 16, 16) and raw.folds is None
    assert raw.targets["class"].tolist() == [0, 0, 0, 1, 1, 1]


def test_images_as_they_are_keep_every_byte_and_their_colour_or_none(tmp_path):
    want = save(tmp_path / "g" / "a" / "0.png", (9, 12))
    save(tmp_path / "g" / "b" / "0.png", (9, 12), seed=1)
    got = read(tmp_path / "g", size=0).streams[0].values
    assert tuple(got.shape) == (2, 1, 9, 12) and np.array_equal(got[0, 0].numpy(), want)
    coloured = save(tmp_path / "g" / "b" / "1.png", (9, 12, 3), seed=2)  # found only after gray ones
    got = read(tmp_path / "g", size=0).streams[0].values
    assert np.array_equal(got[2].numpy(), coloured.transpose(2, 0, 1)) and np.array_equal(got[0, 2].numpy(), want)
    assert read(tmp_path / "g", size=8, channels="gray").streams[0].values.shape[1] == 1


def test_sixteen_bits_are_scaled_and_turned_photographs_are_upright(tmp_path):
    deep = np.linspace(0, 65535, 80).reshape(8, 10).astype(np.uint16)
    (tmp_path / "x").mkdir()
    Image.fromarray(deep).save(tmp_path / "x" / "a.png")
    save(tmp_path / "x" / "b.png", (8, 10))
    assert np.array_equal(read(tmp_path / "x", size=0).streams[0].values[0, 0].numpy(), deep >> 8)
    turned = Image.Exif()
    turned[0x0112] = 3  # upside down
    image = save(tmp_path / "y" / "a.png", (8, 10), exif=turned)
    save(tmp_path / "y" / "b.png", (8, 10))
    assert np.array_equal(read(tmp_path / "y", size=0).streams[0].values[0, 0].numpy(), image[::-1, ::-1])


@pytest.mark.parametrize("test", ["test", "val"])
def test_train_and_test_folders_fix_the_test_rows(tmp_path, test):
    pets(tmp_path / "p" / "train"), pets(tmp_path / "p" / test, 2)
    raw = read(tmp_path / "p", size=8)
    names = list_images(tmp_path / "p").files
    assert [n.startswith(test) for n in names] == [i in raw.folds[0] for i in range(10)]
    assert raw.targets["class"].tolist() == [int("dog" in n) for n in names]
    assert folder_facts(tmp_path / "p") == (("class",), "fixed")


def test_a_table_of_labels_gives_several_targets(tmp_path):
    for i in range(4):
        save(tmp_path / "p" / f"{i}.png", seed=i)
    (tmp_path / "p" / "labels.csv").write_text(
        "file;What Is It;Light\n2.png;cat;day\n0.png;dog;day\n1.png;cat;night\n3.png;dog;night"
    )
    raw = read(tmp_path / "p", size=8, labels="labels.csv")
    assert {k: v.tolist() for k, v in raw.targets.items()} == {"what-is-it": [1, 0, 0, 1], "light": [0, 1, 0, 1]}
    assert folder_facts(tmp_path / "p", "labels.csv") == (("what-is-it", "light"), "stratified")
    save(tmp_path / "p" / "new.png")
    with pytest.raises(DataError, match=r"1 files have no row in .*labels.csv: new.png"):
        read(tmp_path / "p", labels="labels.csv")


def test_without_labels_the_targets_are_what_images_show(tmp_path):
    for i in range(8):
        (tmp_path / "p").mkdir(exist_ok=True)
        Image.fromarray(np.full((8, 8), 20 * i, np.uint8)).save(tmp_path / "p" / f"{i}.png")
    raw = read(tmp_path / "p", size=0)
    assert raw.targets["brightness"].tolist() == [0, 0, 1, 1, 2, 2, 3, 3]
    assert folder_facts(tmp_path / "p")[0] == tuple(raw.targets) == ("brightness", "contrast", "detail")


def test_unreadable_images_are_counted_and_named_then_failed_or_left_out(tmp_path, capfd):
    root = pets(tmp_path / "p")
    whole = (root / "cat" / "2.png").read_bytes()
    (root / "cat" / "2.png").write_bytes(whole[: len(whole) // 2])  # half a copy
    (root / "dog" / "0.png").write_text("no image")
    with pytest.raises(DataError, match=r"2 of 6 images could not be read: .*2\.png.*; .*0\.png .*unreadable = .skip"):
        read(root)
    assert not list((tmp_path / "cache").rglob("*.bin")), "nothing is kept of what failed"
    raw = read(root, unreadable="skip")
    assert raw.rows == 4 and raw.targets["class"].tolist() == [0, 0, 1, 1]
    assert "2 of 6 images could not be read" in capfd.readouterr().err
    for i in (1, 2):
        (root / "dog" / f"{i}.png").write_text("no image")
    with pytest.raises(DataError, match="no image of class dog of 'class' could be read"):
        read(root, unreadable="skip")


@pytest.mark.parametrize(
    "change, options, words",
    [
        (lambda r: save(r / "cat" / "9.png", (5, 7, 3)), {"size": 0}, r"different sizes .*0\.png 14x20 and 9\.png 7x5"),
        (lambda r: (r / "bird").mkdir(), {}, "class folder .*bird holds no image"),
        (lambda r: save(r / "9.png"), {}, r"some images lie in a class folder \(.*/.*\) and some in none \(9\.png\)"),
        (lambda r: None, {"sise": 8}, "no option sise; it has size, fit"),
        (lambda r: None, {"size": 1000}, "8 to 512 pixels"),
        (lambda r: None, {"fit": "zoom"}, "fit is one of stretch, crop; got 'zoom'"),
        (lambda r: None, {"streams": "thirds"}, "halves, quarters or lab; got 'thirds'"),
    ],
)
def test_what_is_wrong_is_named(tmp_path, change, options, words):
    change(pets(tmp_path / "p"))
    with pytest.raises(DataError, match=words):
        read(tmp_path / "p", **options)


def test_the_second_time_comes_from_the_cache_until_a_file_changes(tmp_path, monkeypatch):
    root, first = pets(tmp_path / "p"), read(pets(tmp_path / "p")).streams[0].values
    with monkeypatch.context() as m:
        m.setattr(decode, "_pixels", lambda *a: pytest.fail("decoded again"))
        assert np.array_equal(read(root).streams[0].values, first)
    save(root / "cat" / "0.png", (30, 30, 3), seed=7)
    assert not np.array_equal(read(root).streams[0].values, first)


def test_a_damaged_cache_is_found_and_made_again(tmp_path, capfd):
    root = pets(tmp_path / "p")
    want = read(root).streams[0].values.clone()
    (file,) = (tmp_path / "cache").rglob("*.bin")
    (facts,) = (tmp_path / "cache").rglob("*.json")
    good = file.read_bytes()
    for damage in (
        lambda: file.write_bytes(good[:-1]),
        lambda: file.write_bytes(bytes([good[0] ^ 1]) + good[1:]),
        lambda: facts.write_text("{"),
        lambda: file.unlink(),
    ):
        damage()
        assert np.array_equal(read(root).streams[0].values, want)
        assert "is damaged; it is made again" in capfd.readouterr().err


def test_a_full_disk_is_said_and_leaves_nothing(tmp_path, monkeypatch):
    root = pets(tmp_path / "p")

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("sslbench.data.images.folder.decode", full)
    with pytest.raises(StorageError, match=r"the disk is full\. Make room there .* SSLBENCH_CACHE"):
        read(root)
    assert not [f for f in (tmp_path / "cache").rglob("*") if f.is_file() and f.suffix != ".lock"]


def test_one_process_makes_an_entry_while_others_wait(tmp_path, capfd):
    entry = tmp_path / "cache" / "images" / "x"
    from threading import Thread

    order = []

    def other():
        with cache.one_at_a_time(entry, "photos"):
            order.append("other")

    with cache.one_at_a_time(entry, "photos"):
        thread = Thread(target=other)
        thread.start()
        thread.join(0.8)
        order.append("first")
    thread.join()
    assert order == ["first", "other"] and "waiting for another process" in capfd.readouterr().err
