"""Raster images: a copy that carries samples only, and a copy with an area of the samples overwritten."""

from .copying import clean_copy, wiped_copy

__all__ = ["clean_copy", "wiped_copy"]
