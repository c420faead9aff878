"""Arrays that are used again: memory is slow where it is touched for the first time.

Batches are large. Taken fresh from the system, which clears them page by page, and
copied where they do not lie as TensorFlow wants, they cost as much as drawing them.
"""

import math
import sys
from collections import defaultdict, deque

import numpy as np

# Bytes; TensorFlow and JAX take over arrays that lie at multiples of it.
_ALIGNMENT = 64
_MOST_KEPT = 2**28  # bytes; where there are more, all are let go


def spare_array(shape, dtype="float32"):
    """Return an array to be overwritten, one that nothing refers to if there is any.

    Up to 256 MB are kept for as long as the process lives.

    Args:
        shape: tuple of int.
        dtype: of the array. Defaults to "float32".

    Returns:
        Array of any content, aligned to 64 bytes. It is the caller's for as long as
        the array, or a view of it, is referred to.
    """
    size = math.prod(shape) * np.dtype(dtype).itemsize
    owner = _unused(size)
    if owner is None:
        owner = np.empty(size + _ALIGNMENT, "uint8")
        _keep(owner, size)
    start = -owner.ctypes.data % _ALIGNMENT
    return owner[start : start + size].view(dtype).reshape(shape)


def _unused(size):
    """Kept memory of a size to which nothing refers, or None."""
    owners = _owners[size]
    for _ in range(len(owners)):
        try:
            owner = owners.popleft()  # now no other thread can find it
        except IndexError:
            break
        references = sys.getrefcount(owner)
        owners.append(owner)
        if references == _NO_OTHERS:
            return owner
    return None


def _keep(owner, size):
    kept = sum(size * len(owners) for size, owners in list(_owners.items()))
    if kept + size > _MOST_KEPT:
        _owners.clear()
    if size <= _MOST_KEPT:
        _owners[size].append(owner)


def _own_references():
    """References counted where, as in ``_unused``, there is but the variable."""
    owner = deque([np.empty(1)]).popleft()
    return sys.getrefcount(owner)


_owners = defaultdict(deque)
_NO_OTHERS = _own_references()
