"""facekit restores portrait photographs with Keras 3 networks.

    import facekit

    tool = facekit.load("inpaint")
    result = tool("portrait.jpg", hole="hole.png")
    result.image  # uint8, the size of the photo

Layers, losses, metrics and networks live in ``facekit.layers``, ``facekit.losses``,
``facekit.metrics`` and ``facekit.models``; ``import facekit`` alone loads none of
TensorFlow, JAX or Keras.
"""

from importlib import import_module

__version__ = "0.1.0"

_LAZY = {
    "load": "facekit.restore",
    "find_faces": "facekit.data",
}
_SUBPACKAGES = (
    "data",
    "evaluation",
    "layers",
    "losses",
    "metrics",
    "models",
    "ops",
    "portraits",
    "restore",
    "spectra",
    "training",
)

__all__ = ["__version__", *_LAZY, *_SUBPACKAGES]


def __getattr__(name):
    if name in _LAZY:
        return getattr(import_module(_LAZY[name]), name)
    if name in _SUBPACKAGES:
        return import_module(f"facekit.{name}")
    raise AttributeError(f"module 'facekit' has no attribute {name!r}")


def __dir__():
    return sorted(__all__)
