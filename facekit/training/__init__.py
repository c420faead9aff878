"""Training on TensorFlow or JAX, resumable at any step."""

from facekit.training.inpaint import InpaintTrainer, train_inpaint
from facekit.training.inpaint_config import InpaintConfig

__all__ = ["InpaintConfig", "InpaintTrainer", "train_inpaint"]
