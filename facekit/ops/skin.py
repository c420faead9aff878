"""Reflectance of skin on ``keras.ops``, in full and as a small matrix product."""

from functools import cache

import numpy as np
from keras import ops
from numpy.polynomial.chebyshev import chebpts1, chebvander

from facekit.spectra import MAX_HAEMOGLOBIN, MAX_MELANIN
from facekit.spectra import skin as physics

NUM_MELANIN_TERMS = 8
NUM_BLOOD_TERMS = 6
# Near this volume fraction blood's absorption at its peak equals that of the tissue;
# the reflectance is smooth in the root of what lies above minus this.
_BLOOD_SHIFT = 0.001
_ROOTS = (_BLOOD_SHIFT**0.5, (MAX_HAEMOGLOBIN + _BLOOD_SHIFT) ** 0.5)


def skin_reflectance(melanin, haemoglobin, surface=physics.SURFACE):
    """Reflectance of skin, band by band; ``facekit.spectra.skin_reflectance``.

    Args:
        melanin: (..., 1), volume fraction of melanosomes; clipped to [0, 1].
        haemoglobin: (..., 1), volume fraction of blood; clipped to [0, 1].
        surface: share of the light that the surface reflects. Defaults to .04.

    Returns:
        (..., 33), in [0, 1].
    """
    melanin = ops.clip(melanin, 0.0, 1.0)
    blood = ops.clip(haemoglobin, 0.0, 1.0)
    in_melanin, in_blood, in_tissue, scattering = (
        np.asarray(values, "float32")
        for values in (
            physics.melanin_absorption(),
            physics.blood_absorption(),
            physics.baseline_absorption(),
            physics.scattering(),
        )
    )
    share = physics.EPIDERMIS_BLOOD_SHARE * blood
    rest = ops.maximum(1.0 - melanin - share, 0.0)
    epidermis = melanin * in_melanin + share * in_blood + rest * in_tissue
    absorption = blood * in_blood + (1.0 - blood) * in_tissue
    root = ops.sqrt(absorption * (absorption + 2.0 * scattering))
    beta = ops.sqrt(absorption / (absorption + 2.0 * scattering))
    # Written with decaying exponentials only, so that nothing overflows.
    decay = ops.exp(-2.0 * physics.DERMIS_THICKNESS * root)
    dermis = (1.0 - beta**2) * (1.0 - decay)
    dermis /= (1.0 + beta) ** 2 - (1.0 - beta) ** 2 * decay
    body = ops.exp(-2.0 * physics.EPIDERMIS_THICKNESS * epidermis) * dermis
    return surface + (1.0 - surface) * body


def skin_channels(melanin, haemoglobin, weights, surface=physics.SURFACE):
    """Sums of skin's reflectance over the bands, as a product of two polynomials.

    Equals ``skin_reflectance(...) @ weights`` to 1/1000 for light and camera weights,
    at a tenth of the work: the reflectance is a Chebyshev series in melanin and in a
    root of blood, whose coefficients are summed over the bands once a picture.

    Args:
        melanin: (batch, height, width, 1), clipped to [0, ``MAX_MELANIN``].
        haemoglobin: (batch, height, width, 1), clipped to [0, ``MAX_HAEMOGLOBIN``].
        weights: (batch, 33, channels).
        surface: share of the light that the surface reflects. Defaults to .04.

    Returns:
        (batch, height, width, channels).
    """
    table = ops.convert_to_tensor(_coefficients(float(surface)))
    channels = weights.shape[-1]
    product = ops.einsum("mhb,nbc->nmch", table, weights)
    product = ops.reshape(product, (-1, NUM_MELANIN_TERMS * channels, NUM_BLOOD_TERMS))
    shape = ops.shape(melanin)
    # Planes, not pixels, lie together in memory: twice as fast.
    planes = (shape[0], shape[1] * shape[2])
    melanin = ops.clip(ops.reshape(melanin, planes), 0.0, MAX_MELANIN)
    blood = ops.clip(ops.reshape(haemoglobin, planes), 0.0, MAX_HAEMOGLOBIN)
    low, high = _ROOTS
    in_melanin = _terms(melanin * (2.0 / MAX_MELANIN) - 1.0, NUM_MELANIN_TERMS)
    blood = (ops.sqrt(blood + _BLOOD_SHIFT) - low) * (2.0 / (high - low)) - 1.0
    in_blood = ops.stack(_terms(blood, NUM_BLOOD_TERMS), axis=1)
    factors = ops.split(ops.matmul(product, in_blood), NUM_MELANIN_TERMS, axis=1)
    total = sum(
        term[:, None] * factor for term, factor in zip(in_melanin, factors, strict=True)
    )
    return ops.reshape(ops.transpose(total, (0, 2, 1)), (*shape[:3], channels))


def _terms(x, count):
    """Chebyshev polynomials of the first kind."""
    terms = [ops.ones_like(x), x]
    while len(terms) < count:
        terms.append(2.0 * x * terms[-1] - terms[-2])
    return terms


@cache
def _coefficients(surface):
    """Series of the reflectance, float32 (melanin terms, blood terms, 33)."""
    in_melanin, in_blood = chebpts1(NUM_MELANIN_TERMS), chebpts1(NUM_BLOOD_TERMS)
    low, high = _ROOTS
    melanin = (in_melanin + 1) / 2 * MAX_MELANIN
    blood = ((in_blood + 1) / 2 * (high - low) + low) ** 2 - _BLOOD_SHIFT
    values = physics.skin_reflectance(melanin[:, None], blood, surface)
    from_melanin = np.linalg.inv(chebvander(in_melanin, NUM_MELANIN_TERMS - 1))
    from_blood = np.linalg.inv(chebvander(in_blood, NUM_BLOOD_TERMS - 1))
    series = np.einsum("mi,hj,ijb->mhb", from_melanin, from_blood, values)
    return series.astype("float32")
