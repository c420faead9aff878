"""Rendering skin through the spectra, fast and band by band."""

import numpy as np
import tensorflow as tf

from benchmarks.timing import interleaved_seconds, median_ratio, milliseconds, row
from facekit.layers import SpectralRender
from facekit.spectra import MAX_HAEMOGLOBIN, MAX_MELANIN, camera, illuminant

SIDE = 1000


def spectral_rows():
    """Return the row of a picture of one megapixel, linear light.

    The transfer curve of the display, which takes as long in both, is left out; what
    the two differ by is measured with it.
    """
    scene = _scene()
    renders = {"fast": SpectralRender(encoded=False)}
    renders["33 bands"] = SpectralRender(encoded=False, exact=True)
    seconds = interleaved_seconds(
        {name: _forward(render, scene) for name, render in renders.items()}
    )
    pictures = [SpectralRender(exact=exact)(scene).numpy() for exact in (False, True)]
    difference = 255 * np.abs(pictures[0] - pictures[1]).max()
    medians = ", ".join(f"{name} {milliseconds(s)}" for name, s in seconds.items())
    return [
        row(
            "spectral render 1 MP / 33-band sum",
            median_ratio(seconds["fast"], seconds["33 bands"]),
            0.2,
            f"{SIDE} x {SIDE}, largest difference {difference:.2f} of 255; {medians}",
        )
    ]


def _scene():
    rng = np.random.default_rng(0)
    shape = (1, SIDE, SIDE, 1)
    maps = [
        MAX_MELANIN * rng.random(shape) ** 3,
        MAX_HAEMOGLOBIN * rng.random(shape),
        rng.uniform(0.2, 1, shape),
        rng.uniform(0, 0.1, shape),
    ]
    seen = illuminant("D65")[None], camera((1.0, -1.0))[None]
    return [tf.constant(x, tf.float32) for x in (*maps, *seen)]


def _forward(render, scene):
    compiled = tf.function(lambda scene: render(scene))

    def run():
        # Waits for the result without copying it.
        compiled(scene)[0, 0, 0, 0].numpy()

    return run
