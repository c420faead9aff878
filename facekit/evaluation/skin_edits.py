"""How near edited portraits come to the same people with more melanin."""

import numpy as np

from facekit.errors import NoFaceError
from facekit.metrics import colour_difference
from facekit.portraits import labels, render_portrait
from facekit.restore import SkinAnalyser
from facekit.spectra import MAX_MELANIN
from facekit.spectra.skin_units import pigment_fraction, pigment_units

STEP = 0.3  # what is added, network units
_SIZE = 256
_HAIRS = 0.05  # share of a pixel from which on hairs count
_CHANGES = {"skin": labels.SKIN, "lips": labels.LIPS}
_STAYS = {"eyes": labels.EYES, "hair": labels.HAIR, "background": labels.BACKGROUND}


def edit_figures(model, seeds):
    """Edit portraits, and compare with renderings of the people so changed.

    Everybody is drawn twice, with 0.3 more melanin in the network's units (no more than
    the model of skin reaches) and without, and the tool adds what was added on average.

    Args:
        model: ``SavedModel`` of a skin network.
        seeds: integers, those of the portraits.

    Returns:
        Dict: ``people``, how many of them have a face that is found; mean CIEDE2000 by
        part of the picture: ``copy`` and ``edited`` from the changed people (skin,
        lips), and ``changed`` from the portraits (eyes, hair, background).
    """
    tool = SkinAnalyser(model)
    rows = []
    for seed in seeds:
        found = _compared(tool, int(seed))
        if found:
            rows.append(found)
    figures = {"people": len(rows)}
    for name in ("copy", "edited", "changed") if rows else ():
        parts = {part for row in rows for part in row[name]}
        figures[name] = {
            part: float(np.mean([row[name][part] for row in rows if part in row[name]]))
            for part in (*_CHANGES, *_STAYS)
            if part in parts
        }
    return figures


def _compared(tool, seed):
    """The figures of one person; None if no face is found, or no skin is bare."""
    before = render_portrait(seed, _SIZE)
    units = pigment_units(before.person.melanin, MAX_MELANIN) + STEP
    after = render_portrait(
        seed, _SIZE, melanin=float(pigment_fraction(units, MAX_MELANIN))
    )
    truths = [portrait.buffers["bare"] for portrait in (before, after)]
    hairless = np.maximum(*(truth["strands"] for truth in truths)) < _HAIRS
    label = truths[0]["labels"]
    skin = (label == labels.SKIN) & hairless
    if not skin.any():
        return None
    step = np.diff([pigment_units(x["melanin"], MAX_MELANIN) for x in truths], axis=0)
    photo, truth = (portrait.pictures["bare"] for portrait in (before, after))
    try:
        edited = tool(photo, melanin=float(step[0][skin].mean())).image
    except NoFaceError:
        return None
    changes = {part: (label == k) & hairless for part, k in _CHANGES.items()}
    return {
        "copy": _differences(photo, truth, changes),
        "edited": _differences(edited, truth, changes),
        "changed": _differences(
            edited, photo, {part: label == k for part, k in _STAYS.items()}
        ),
    }


def _differences(one, other, parts):
    """Mean CIEDE2000 of two pictures, by the parts that are seen."""
    one, other = (picture[None] / np.float32(255) for picture in (one, other))
    return {
        part: float(colour_difference(other, one, area[None, ..., None])[0])
        for part, area in parts.items()
        if area.any()
    }
