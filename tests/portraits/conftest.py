from functools import cache

import pytest

from facekit.portraits import VARIANTS, render_portrait

SIZE = 96


@cache
def _render(seed):
    return render_portrait(seed, SIZE, VARIANTS)


@pytest.fixture
def rendered():
    """Renders the portrait of a seed with all variants, once for all tests."""
    return _render
