"""Where training keeps makeup that it has drawn."""

import hashlib
import zlib

from facekit.data import ExamplePool

_EDITION = 7  # of what the examples draw; a cache of another is not used


def pooled(examples, cache, versions):
    """Draw a few versions of each damaged crop once and keep them in the cache.

    Args:
        examples: ``MakeupExamples`` or another ``DamagedExamples``.
        cache: ``Path``, folder of the cache.
        versions: int, damaged pictures of each crop.

    Returns:
        ``ExamplePool``; runs with equal crops, family and number of versions share it.
    """
    name = f"{type(examples).__name__}_{examples.family}_{versions}"
    digest = hashlib.sha256(f"{name}{_EDITION}{examples.crops.shape}".encode())
    # Either may change while the other stays: the photographs, the faces found there.
    for array in (examples.crops, examples.landmarks):
        digest.update(str(zlib.crc32(array)).encode())
    folder = cache / f"pool_{name}_{digest.hexdigest()[:16]}"
    return ExamplePool(examples, folder, versions)
