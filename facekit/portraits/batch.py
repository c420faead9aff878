"""Render many portraits into a folder, on all cores."""

import json
import os
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from pathlib import Path

import cv2

from facekit.errors import DataError
from facekit.portraits.files import remove_partial, write_portrait
from facekit.portraits.render import VARIANTS, check_arguments, render_portrait


def render_folder(folder, count, size=256, seed=0, variants=VARIANTS, workers=None):
    """Render portraits into a folder, one subfolder each; go on where it stopped.

    Args:
        folder: path; ``portraits.json`` in it keeps the settings.
        count: number of portraits, 1 or more.
        size: side in pixels. Defaults to 256.
        seed: of the first portrait; the next has the next. Defaults to 0.
        variants: names out of ``VARIANTS``. Defaults to all.
        workers: processes. Defaults to one a core.

    Yields:
        Path of each finished portrait, those of an earlier run first.

    Raises:
        ValueError: an argument is out of range.
        DataError: the folder was rendered with other settings.
    """
    check_arguments(seed, size, variants, {})
    if count < 1:
        raise ValueError(f"`count` must be 1 or more. Received: {count}")
    folder = Path(folder)
    _keep_settings(folder, {"size": size, "variants": list(variants)})
    targets = [folder / f"{number:06d}" for number in range(seed, seed + count)]
    finished = [path for path in targets if (path / "truth.npz").is_file()]
    yield from finished
    todo = [path for path in targets if path not in set(finished)]
    for path in todo:
        remove_partial(path)
    workers = min(workers or os.cpu_count() or 1, len(todo))
    if workers <= 1:
        for path in todo:
            yield _render_one(path, size, variants)
        return
    # Not forked: the parent may hold threads of TensorFlow or OpenCV.
    context = get_context("spawn")
    with ProcessPoolExecutor(workers, context, initializer=_one_thread) as pool:
        jobs = [pool.submit(_render_one, path, size, variants) for path in todo]
        try:
            for job in as_completed(jobs):
                yield job.result()
        finally:
            for job in jobs:
                job.cancel()


def _one_thread():
    cv2.setNumThreads(1)


def _render_one(path, size, variants):
    write_portrait(render_portrait(int(path.name), size, variants), path)
    return path


def _keep_settings(folder, settings):
    """Write the settings, or compare them with those of an earlier run."""
    path = folder / "portraits.json"
    if folder.is_file():
        raise DataError(f"{folder}: expected a folder, found a file.")
    if path.is_file():
        earlier = json.loads(path.read_text())
        if earlier != settings:
            raise DataError(
                f"{folder}: was rendered with {earlier}, not with {settings}; choose "
                "another folder."
            )
        return
    folder.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    partial.write_text(json.dumps(settings))
    partial.rename(path)
