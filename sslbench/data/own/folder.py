"""A user's own folder of images, one subfolder per class."""

import numpy as np
import pandas as pd
import torch
from PIL import Image

from sslbench.data.own.options import existing
from sslbench.data.streams import Raw, Stream
from sslbench.data.tables import labels_of
from sslbench.errors import DataError
from sslbench.registry import SOURCES
from sslbench.tasks import Source

IMAGES = {".png", ".jpg", ".jpeg", ".bmp", ".webp"}


@SOURCES.register("folder")
def folder_source(source: Source) -> Raw:
    """A folder with one subfolder of images per class.

    Option size: every image is resized to size x size pixels, RGB.
    """
    root, size = existing(source.name, "folder"), int(source.options.get("size", 32))
    files = sorted(f for f in root.glob("*/*") if f.suffix.lower() in IMAGES)
    if not files:
        raise DataError(f"{root} holds no images; expected {root}/<class>/<image>.png (or {', '.join(sorted(IMAGES))})")
    pixels = []
    for file in files:
        try:
            with Image.open(file) as image:
                pixels.append(np.asarray(image.convert("RGB").resize((size, size), Image.Resampling.BILINEAR)))
        except Exception as error:
            raise DataError(f"{file} could not be read as an image: {error}") from None
    images = torch.tensor(np.stack(pixels)).permute(0, 3, 1, 2).contiguous()
    return Raw(
        (Stream("image", images),), {"class": labels_of(pd.Series([f.parent.name for f in files], name="class"))}
    )
