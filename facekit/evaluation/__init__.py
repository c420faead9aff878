"""Figures that count: tables against the baselines, written into the cards."""

from facekit.evaluation.inpaint import Evaluation, evaluate_inpaint

__all__ = ["Evaluation", "evaluate_inpaint"]
