"""Portraits of people who do not exist, drawn with the truth about every pixel."""

from facekit.portraits.labels import LABELS
from facekit.portraits.portrait import Portrait
from facekit.portraits.render import VARIANTS, render_portrait

__all__ = ["LABELS", "VARIANTS", "Portrait", "render_portrait"]
