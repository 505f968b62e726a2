"""What a dataset is made of: streams of images or of table columns, and how a stream becomes an encoder's input.

Views work on a stream's own values (pixels in [0, 1], source columns with gaps); encoding comes after, fitted on train
rows.
"""

from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor

PIXELS = 1 << 21  # values of images whose moments are taken at a time


@dataclass(frozen=True)
class Columns:
    """The columns of a table: sizes[j] is 0 for a number, else its count of categories (values 0 .. size-1)."""

    names: tuple[str, ...]
    sizes: tuple[int, ...]

    @classmethod
    def numbers(cls, names) -> "Columns":
        return cls(tuple(map(str, names)), (0,) * len(names))


@dataclass(frozen=True)
class Stream:
    """One input of every item.

    values: uint8 images (n, channels, height, width), or float columns (n, columns) with nan for gaps.
    """

    name: str
    values: Tensor
    columns: Columns | None = None
    series: int = 1  # interleaved series that plain columns are, for who draws them
    paged: bool = False  # too large for the device: rows are read ahead, never all at once

    @property
    def kind(self) -> str:
        return "columns" if self.columns else "image"


@dataclass(frozen=True)
class Raw:
    """What a source gives: row i of every stream is item i."""

    streams: tuple[Stream, ...]
    targets: dict[str, np.ndarray]
    groups: np.ndarray | None = None  # rows of one group never straddle a split
    folds: tuple[np.ndarray, ...] | None = None  # official test rows
    truth: dict[str, dict[str, float]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()  # sentences for a reader of the card, such as columns left out

    @property
    def rows(self) -> int:
        return len(self.streams[0].values)


def gather(values: Tensor, index: Tensor) -> Tensor:
    """Rows of a stream on the device of the index, though a stream too large for it may lie on the host."""
    if values.device == index.device:
        return values[index]
    return values[index.to(values.device)].to(index.device, non_blocking=True)


def patches(shape: tuple[int, ...], device=None) -> Tensor:
    """Which square patch each flat pixel of an image belongs to, (channels x height x width,): what masks blank whole.

    The side divides the image and is at most an eighth of its shorter side, or 2 pixels if that is less.
    """
    channels, height, width = shape
    most = max(2, min(height, width) // 8)
    side = next(p for p in range(most, 0, -1) if height % p == 0 and width % p == 0)
    row = torch.arange(height, device=device) // side
    column = torch.arange(width, device=device) // side
    return (row[:, None] * (width // side) + column).flatten().repeat(channels)


class ImageEncoding:
    """Pixels in [0, 1] -> channels with mean 0 and sd 1 on each run's train rows."""

    def __init__(self, stream: Stream, train: Tensor):
        """train: (runs, rows) indices."""
        channels = stream.values.shape[1]
        total, squares = (torch.zeros(len(train), channels, dtype=torch.long, device=train.device) for _ in range(2))
        for rows in train.split(max(1, PIXELS // (len(train) * stream.values[0].numel())), 1):
            pixels = gather(stream.values, rows).long()  # integers: exact in any order; (runs, chunk, c, h, w)
            total += pixels.sum((1, 3, 4))
            squares += pixels.square().sum((1, 3, 4))
        count = train.shape[1] * stream.values[0, 0].numel()
        mean = total.double() / count
        sd = ((squares.double() / count - mean.square()).clamp_min(0) * count / (count - 1)).sqrt()
        self.mean, self.sd = ((v / 255).float()[:, None, :, None, None] for v in (mean, sd.clamp_min(0.255)))
        self.stream = stream
        self.shape = tuple(stream.values.shape[1:])
        self.tokens = patches(self.shape, train.device)

    def open(self, values: Tensor) -> Tensor:
        """Stored bytes -> pixels in [0, 1]."""
        return values.float() / 255

    def take(self, index: Tensor) -> Tensor:
        """Pixels of rows (runs, batch) -> (runs, batch, c, h, w) in [0, 1]."""
        return self.open(gather(self.stream.values, index))

    def encode(self, pixels: Tensor) -> Tensor:
        """(runs, batch, c, h, w) -> the same shape, normalised."""
        return (pixels - self.mean) / self.sd


class ColumnEncoding:
    """Source columns -> numbers standardised on each run's train rows, and categories one-hot.

    Numbers are clipped at 5 sd, their gaps are at the mean; a gap of a category is a row of zeros. A column with gaps
    has one more column, which marks them.
    """

    def __init__(self, stream: Stream, train: Tensor):
        """train: (runs, rows) indices."""
        self.stream = stream
        gaps = stream.values.isnan().any(0).tolist()
        source, code, kind = [], [], []  # of every encoded column; kind 0 number, 1 category, 2 gap
        for j, size in enumerate(stream.columns.sizes):
            for c in range(max(size, 1)):
                source.append(j), code.append(c), kind.append(int(size > 0))
            if gaps[j]:
                source.append(j), code.append(0), kind.append(2)
        device = train.device
        self._source = torch.tensor(source, device=device)
        self._code = torch.tensor(code, dtype=torch.float32, device=device)
        self._kind = torch.tensor(kind, device=device)
        self._numbers = not any(kind)  # each source column is a number and encoded as one
        values = gather(stream.values, train)  # (runs, rows, columns)
        mean = values.nanmean(1, keepdim=True).nan_to_num(0.0)  # a column that is all gaps in train
        sd = (values - mean).square().nanmean(1, keepdim=True).sqrt().nan_to_num(0.0)
        self.mean = mean
        self.sd = torch.where(sd > 1e-6, sd, torch.ones_like(sd))
        self.shape = (len(source),)
        self.tokens = self._source  # which source column each encoded one belongs to

    def take(self, index: Tensor) -> Tensor:
        """Source columns of rows (runs, batch) -> (runs, batch, columns), gaps are nan."""
        return gather(self.stream.values, index)

    def open(self, values: Tensor) -> Tensor:
        """Stored columns are what views work on."""
        return values

    def encode(self, values: Tensor) -> Tensor:
        """(runs, batch, columns) -> (runs, batch, encoded columns)."""
        number = ((values - self.mean) / self.sd).clamp(-5, 5).nan_to_num(0.0)
        if self._numbers:
            return number
        spread = values[..., self._source]
        category = (spread == self._code).float()
        gap = spread.isnan().float()
        return torch.where(self._kind == 0, number[..., self._source], torch.where(self._kind == 1, category, gap))


def encoding_of(stream: Stream, train: Tensor) -> ImageEncoding | ColumnEncoding:
    """The encoding of a stream, fitted on each run's train rows (runs, rows)."""
    return (ColumnEncoding if stream.columns else ImageEncoding)(stream, train)
