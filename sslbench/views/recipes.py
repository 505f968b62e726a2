"""Standard recipes of views by name: what their papers set, on top of `photo`."""

from dataclasses import dataclass, replace

from torch import Tensor

from sslbench.draws import Draw
from sslbench.registry import VIEWS
from sslbench.views.photo import PhotoView

SMALL = 64  # pixels below which SimCLR's recipe is the one for CIFAR


@VIEWS.register("simclr")
@dataclass(frozen=True)
class SimCLRViews(PhotoView):
    """SimCLR's views: resized crop, mirror, strong colour jitter, grayscale, blur of half the images.

    Below 64 pixels colour jitter is half as strong and nothing is blurred, as the paper has it for CIFAR-10.
    Source: Chen et al. 2020, arXiv:2002.05709, appendix A and B.9. Deviation: those of `photo`.
    """

    brightness: float = 0.8
    contrast: float = 0.8
    saturation: float = 0.8
    hue: float = 0.2
    blur: float = 0.5

    def __call__(self, batch: Tensor, draw: Draw, pool: Tensor) -> Tensor:
        return self._photo(batch)(batch, draw, pool)

    def _photo(self, batch: Tensor) -> PhotoView:
        """The view for images of this size."""
        photo = PhotoView(**{name: getattr(self, name) for name in vars(PhotoView())})
        if min(batch.shape[-2:]) >= SMALL:
            return photo
        jitter = {name: getattr(self, name) / 2 for name in ("brightness", "contrast", "saturation", "hue")}
        return replace(photo, blur=0.0, **jitter)


@VIEWS.register("vicreg")
@dataclass(frozen=True)
class VICRegViews(PhotoView):
    """VICReg's views: resized crop, mirror, colour jitter, grayscale, blur of half the images, solarise of a tenth.

    Source: Bardes et al. 2022, arXiv:2105.04906, appendix C.1. Deviation: those of `photo`; a version of the authors'
    code solarises with odds .5.
    """

    blur: float = 0.5
    solarise: float = 0.1


@VIEWS.register("weak")
@dataclass(frozen=True)
class WeakViews(PhotoView):
    """Mirror and a crop of at least three quarters of the area; colours stay.

    Source: Sohn et al. 2020 (FixMatch), arXiv:2001.07685, section 2.3: mirror, shifts up to an eighth. Deviation: the
    shift is a crop, brought back to full size.
    """

    smallest: float = 0.75
    jitter: float = 0.0
    grayscale: float = 0.0


@dataclass(frozen=True)
class _LocalCrop(PhotoView):
    """A crop whose area is uniform in [smallest, largest], at full strength."""

    largest: float = 0.14

    def _area(self, u: Tensor) -> Tensor:
        return 1 - min(self.strength, 1.0) * (1 - self.largest + (self.largest - self.smallest) * u)


@VIEWS.register("multi-crop")
@dataclass(frozen=True)
class MultiCrop(SimCLRViews):
    """Two large crops; every further view of a method that takes more than two is a small crop.

    Source: Caron et al. 2020 (SwAV), arXiv:2006.09882, section 3.2: areas .14 to 1 and .05 to .14. Deviation: small
    crops come back to the size of the image, as all views pass one encoder together; those of `simclr`.
    """

    smallest: float = 0.14
    local: float = 0.05

    def further(self, batch: Tensor, draw: Draw, pool: Tensor) -> Tensor:
        small = replace(self._photo(batch), smallest=self.local)
        return _LocalCrop(**vars(small), largest=self.smallest)(batch, draw, pool)
