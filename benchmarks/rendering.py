"""How long portraits take to render, and what a second variant adds."""

from benchmarks.timing import interleaved_seconds, median_ratio, row
from facekit.portraits import VARIANTS, render_portrait

# Long, short and curly hair, and none.
SEEDS = (105, 130, 106, 112)
SIZE = 256


def rendering_rows():
    """Return the row of rendering on one core."""
    seconds = interleaved_seconds(
        {
            "bare": lambda: _render(()),
            "all": lambda: _render(VARIANTS),
        },
        rounds=3,
        warm_up=0,
    )
    bare = min(seconds["bare"]) / len(SEEDS)
    added = [
        (total - first) / len(VARIANTS)
        for total, first in zip(seconds["all"], seconds["bare"], strict=True)
    ]
    return [
        row(
            "rendering one more variant of a portrait / the bare portrait",
            median_ratio(added, seconds["bare"]),
            0.2,
            f"{SIZE} x {SIZE}, mean of {len(SEEDS)} people; "
            f"{60 / bare:.0f} bare portraits a minute",
        )
    ]


def _render(variants):
    for seed in SEEDS:
        render_portrait(seed, SIZE, variants)
