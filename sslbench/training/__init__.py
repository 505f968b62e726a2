"""Training: networks, step, loop, loader, optimiser, search, placement, checkpoint, represent.

The only room that knows gradients and devices.
"""
