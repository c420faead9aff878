import numpy as np
import pytest

from facekit.evaluation.colour import linear_to_lab
from facekit.portraits import LABELS, load_embedded
from facekit.portraits.pigments import SkinColours


@pytest.fixture(scope="module")
def people():
    return load_embedded(20)


def typology_angle(portrait, place):
    """Of the skin around a place, degrees; NaN where there is none."""
    x, y = np.rint(place).astype(int)
    window = np.s_[y - 3 : y + 4, x - 3 : x + 4]
    maps = {name: part[window] for name, part in portrait.buffers["bare"].items()}
    skin = (maps["labels"] == LABELS.index("skin")) & (maps["strands"] < 0.05)
    if skin.sum() < 10:
        return np.nan
    colours = SkinColours()(maps["melanin"][skin], maps["haemoglobin"][skin])
    lightness, _, yellow = linear_to_lab(colours.mean(0))
    return np.degrees(np.arctan2(lightness - 50, yellow))


def test_forehead_nose_and_chin_are_darker_than_the_jaw(people):
    """As measured: about a class of the typology angle, more or less of each person."""
    apart = []
    for portrait in people:
        places = {name: np.array(x) for name, x in portrait.landmarks.items()}
        brows = (places["left_brow_inner"] + places["right_brow_inner"]) / 2
        darker = (
            2 * brows - places["nose_bridge"],
            places["nose_tip"],
            (places["chin"] + places["lip_bottom"]) / 2,
        )
        jaws = (
            0.7 * places[f"{side}_jaw"] + 0.3 * places[f"{side}_mouth_corner"]
            for side in ("left", "right")
        )
        jaw = np.fmax.reduce([typology_angle(portrait, place) for place in jaws])
        apart.append([jaw - typology_angle(portrait, place) for place in darker])
    mean, spread = np.nanmean(apart, 0), np.nanstd(apart, 0)
    assert (mean > 7).all() and (mean < 17).all(), mean
    assert (spread > 2).all(), spread
