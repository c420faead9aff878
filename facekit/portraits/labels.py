"""Numbers of the semantic labels."""

LABELS = (
    *("background", "skin", "lips", "eyes", "brows", "hair"),
    *("mask", "cloth", "mouth"),
)
BACKGROUND, SKIN, LIPS, EYES, BROWS, HAIR, MASK, CLOTH, MOUTH = range(9)
