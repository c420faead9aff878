import numpy as np

from facekit import ops
from facekit.spectra import MAX_HAEMOGLOBIN, MAX_MELANIN
from facekit.spectra.skin_units import pigment_fraction, pigment_units


def test_numerics():
    units = np.array((-2, -1, -0.2, 0, 1, 2))
    fractions = MAX_MELANIN * np.array((0, 0, 0.064, 0.125, 1, 1))
    np.testing.assert_allclose(pigment_fraction(units, MAX_MELANIN), fractions)
    np.testing.assert_allclose(
        pigment_units(fractions, MAX_MELANIN), units.clip(-1, 1), atol=1e-15
    )


def test_tensors_have_the_same_units():
    units = np.linspace(-0.9, 1, 9, dtype="float32")
    fractions = pigment_fraction(units, MAX_HAEMOGLOBIN)
    of_ops = np.asarray(ops.pigment_fraction(units, MAX_HAEMOGLOBIN))
    np.testing.assert_allclose(of_ops, fractions, rtol=1e-6)
    of_ops = np.asarray(ops.pigment_units(fractions, MAX_HAEMOGLOBIN))
    np.testing.assert_allclose(of_ops, units, atol=1e-6)
