"""Restore whole photographs with exported SavedModels."""

from facekit.restore.hole import read_hole
from facekit.restore.inpaint import Inpainter
from facekit.restore.loading import load
from facekit.restore.makeup import MakeupRemover
from facekit.restore.saved_model import SavedModel, find_saved_model
from facekit.restore.skin import SkinAnalyser
from facekit.restore.tool import Result, Tool

__all__ = [
    "Inpainter",
    "MakeupRemover",
    "Result",
    "SavedModel",
    "SkinAnalyser",
    "Tool",
    "find_saved_model",
    "load",
    "read_hole",
]
