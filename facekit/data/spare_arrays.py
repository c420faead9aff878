"""Arrays that are used again: memory is slow where it is touched for the first time.

Batches are large. Taken fresh from the system, which clears them page by page, and
copied where they do not lie as TensorFlow wants, they cost as much as drawing them.
"""

import math
import sys
import threading
from collections import defaultdict, deque

import numpy as np

_ALIGNMENT = (
    64  # bytes; TensorFlow and JAX take over arrays that lie at multiples of it
)
_KEPT = 12  # arrays of each number of bytes
# The queue's reference, the loop's and that of the argument that counts them.
_UNUSED = 3

_owners = defaultdict(lambda: deque(maxlen=_KEPT))
_lock = threading.Lock()


def spare_array(shape, dtype="float32"):
    """Return an array to be overwritten, one that nothing refers to if there is any.

    Args:
        shape: tuple of int.
        dtype: of the array. Defaults to "float32".

    Returns:
        Array of any content, aligned to 64 bytes. It is the caller's for as long as
        the array, or a view of it, is referred to.
    """
    size = math.prod(shape) * np.dtype(dtype).itemsize
    with _lock:
        owners = _owners[size]
        for owner in owners:
            if sys.getrefcount(owner) == _UNUSED:
                break
        else:
            owner = np.empty(size + _ALIGNMENT, "uint8")
            owners.append(owner)
        start = -owner.ctypes.data % _ALIGNMENT
        return owner[start : start + size].view(dtype).reshape(shape)
