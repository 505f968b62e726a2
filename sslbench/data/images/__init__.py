"""Images: any folder of them, and the standard sets of torchvision; decoded once into a memory-mapped cache."""

from sslbench.data.images import folder, vision_sets

__all__ = ["folder", "vision_sets"]
