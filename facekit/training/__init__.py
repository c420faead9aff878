"""Training on TensorFlow or JAX, resumable at any step."""

from facekit.training.inpaint import InpaintConfig, InpaintTrainer, train_inpaint

__all__ = ["InpaintConfig", "InpaintTrainer", "train_inpaint"]
