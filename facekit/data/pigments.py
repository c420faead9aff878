"""How haemoglobin and melanin change the colour of skin, as absorbance of linear sRGB.

A pigment of amount a multiplies linear light by ``exp(-a * ABSORBANCE)``. The vectors
are weighted means of the pigments' absorption spectra over the sensitivity of the red,
green and blue channel (peaks near 605, 545 and 455 nm, 80 nm wide), relative to
green. Light that crosses more pigment also takes shorter ways through the skin; that
makes the blue absorbance of blood and melanin differ less from that of green than the
spectra do, which an exponent of 0.8 stands for.

Reference: Jacques, Optical properties of biological tissues: a review, 2013 (melanin,
wavelength to the power of -3.33); Prahl, Optical absorption of hemoglobin, 1999 (at an
oxygen saturation of 75 %).
"""

import cv2
import numpy as np

HAEMOGLOBIN = np.array([0.20, 1.00, 0.76], "float32")
MELANIN = np.array([0.75, 1.00, 1.48], "float32")
# Blood in veins, at 40 %, seen through skin that scatters blue more: bluish.
VENOUS_BLOOD = np.array([0.42, 1.00, 0.60], "float32")


def absorb(light, haemoglobin=None, melanin=None, venous=None):
    """Return linear light after it has crossed more pigment.

    Args:
        light: float32, (height, width, 3), linear sRGB.
        haemoglobin: float32, (height, width), added absorbance in the green channel,
            natural logarithm; negative for less. None for 0. Defaults to None.
        melanin: the same of melanin. Defaults to None.
        venous: the same of venous blood. Defaults to None.

    Returns:
        float32, (height, width, 3).
    """
    given = [
        (np.ascontiguousarray(amount, "float32"), absorbance)
        for amount, absorbance in (
            (haemoglobin, HAEMOGLOBIN),
            (melanin, MELANIN),
            (venous, VENOUS_BLOOD),
        )
        if amount is not None
    ]
    if not given:
        return light.copy()
    amounts, absorbances = zip(*given, strict=True)
    depth = cv2.transform(cv2.merge(amounts), np.stack(absorbances, 1))
    return light * np.exp(-depth)
