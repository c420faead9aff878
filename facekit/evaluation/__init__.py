"""Figures that count: tables against the baselines, written into the cards."""

from facekit.evaluation.alignment import evaluate_alignment
from facekit.evaluation.inpaint import Evaluation, evaluate_inpaint
from facekit.evaluation.makeup import evaluate_makeup
from facekit.evaluation.skin import evaluate_skin

__all__ = [
    "Evaluation",
    "evaluate_alignment",
    "evaluate_inpaint",
    "evaluate_makeup",
    "evaluate_skin",
]
