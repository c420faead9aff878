"""Training on TensorFlow or JAX, resumable at any step."""

from facekit.training.appearance import load_appearance, train_appearance
from facekit.training.inpaint import InpaintTrainer, train_inpaint
from facekit.training.inpaint_config import InpaintConfig
from facekit.training.makeup import MakeupTrainer, train_makeup
from facekit.training.makeup_config import MakeupConfig
from facekit.training.parsing import ParsingTrainer, train_parsing
from facekit.training.parsing_config import ParsingConfig
from facekit.training.skin import SkinTrainer, train_skin
from facekit.training.skin_config import SkinConfig

__all__ = [
    "InpaintConfig",
    "InpaintTrainer",
    "MakeupConfig",
    "MakeupTrainer",
    "ParsingConfig",
    "ParsingTrainer",
    "SkinConfig",
    "SkinTrainer",
    "load_appearance",
    "train_appearance",
    "train_inpaint",
    "train_makeup",
    "train_parsing",
    "train_skin",
]
