"""Portraits of people who do not exist, drawn with the truth about every pixel."""

from facekit.portraits.batch import render_folder
from facekit.portraits.capture import portrait_capture
from facekit.portraits.embedded import embedded_folders, load_embedded
from facekit.portraits.files import read_portrait, write_portrait
from facekit.portraits.labels import LABELS
from facekit.portraits.person import Person
from facekit.portraits.portrait import Portrait
from facekit.portraits.render import VARIANTS, render_portrait

__all__ = [
    "LABELS",
    "VARIANTS",
    "Person",
    "Portrait",
    "embedded_folders",
    "load_embedded",
    "portrait_capture",
    "read_portrait",
    "render_folder",
    "render_portrait",
    "write_portrait",
]
