"""Batch -> two views, on the device.

One file per kind of stream; every generator has a strength, and 0 changes nothing.
"""
