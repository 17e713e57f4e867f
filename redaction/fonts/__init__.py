"""Fonts as the walker needs them: codes in a string, how far each moves, where its ink lies, and what to keep."""

from .loading import load_font, texts_of
from .model import Font, Glyph

__all__ = ["Font", "Glyph", "load_font", "texts_of"]
