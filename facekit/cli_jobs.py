"""Which photos a command restores, where to, and what it does with bad ones."""

from collections import Counter

import cv2
import typer
from rich.console import Console
from rich.progress import track

from facekit import cli_skin
from facekit.data.photos import (
    PHOTO_SUFFIXES,
    READ_SUFFIXES,
    list_photos,
    write_photo,
)
from facekit.errors import (
    FacekitError,
    HoleError,
    ModelError,
    PhotoError,
    WeightsError,
)

_console = Console(stderr=True, highlight=False)
_LOSSY_SUFFIXES = (".jpg", ".jpeg")


def plan_jobs(photos, output, beside=()):
    """Pair every photo with its output file.

    Args:
        photos: paths of photos and of folders of photos.
        output: path of a file or folder.
        beside: paths of what else is read; it and the output may lie in a folder of
            photos, and are none of them.

    Returns:
        List of (source, target) paths.
    """
    into_folder = (
        len(photos) > 1 or photos[0].is_dir() or output.is_dir() or not output.suffix
    )
    if not into_folder:
        _check_suffix(output)
        return [(photos[0], output)]
    if output.is_file():
        raise PhotoError(
            f"{output}: expected a folder for several photos, found a file."
        )
    jobs = []
    for path in photos:
        if path.is_dir():
            inside = [
                other.resolve()
                for other in (output, *beside)
                if path.resolve() in other.resolve().parents
            ]
            found = [
                photo
                for photo in list_photos(path)
                if not any(photo.resolve().is_relative_to(other) for other in inside)
            ]
            if not found:
                raise PhotoError(f"{path}: expected photos, found none.")
            jobs += [(x, _target(output / x.relative_to(path))) for x in found]
        else:
            jobs.append((path, _target(output / path.name)))
    check_distinct(target for _, target in jobs)
    return jobs


def _target(path):
    """The file to write for a photo of that name; GIFs are read only."""
    return path.with_name(f"{path.name}.png") if path.suffix.lower() == ".gif" else path


def check_distinct(targets):
    """Raise ``PhotoError`` if a file would be written twice."""
    twice = [target for target, count in Counter(targets).items() if count > 1]
    if twice:
        raise PhotoError(f"Several photos would be written to {min(twice)}.")


def hole_for(source, hole, photos):
    """Return the hole file of a photo: ``hole`` itself, or its namesake inside.

    What lies in a subfolder of the photos has its hole in that of the holes.
    """
    if not hole.is_dir():
        return hole
    folder = next((path for path in photos if path in source.parents), source.parent)
    place = hole / source.relative_to(folder)
    namesakes = [
        path
        for path in sorted(place.parent.glob("*"))
        if path.stem.lower() == place.stem.lower()
        and path.suffix.lower() in READ_SUFFIXES
    ]
    if namesakes:
        # The same capitals before others, PNG before the rest.
        return min(
            namesakes,
            key=lambda path: (path.stem != place.stem, path.suffix.lower() != ".png"),
        )
    raise HoleError(
        f"{place.with_suffix('.png')}: expected a hole for {source}, found none."
    )


def run_jobs(jobs, restore, overwrite, kept, inputs=()):
    """Restore photo after photo; a bad one is reported and the rest go on.

    Args:
        jobs: list of (source, target, ...) paths.
        restore: function from a source to what its targets hold: pictures and, as
            dicts, maps.
        overwrite: whether to replace files that exist.
        kept: which pixels keep their bytes, in words.
        inputs: paths besides the sources that are not to be replaced.
    """
    bar = track(jobs, "Restoring", console=_console, disable=len(jobs) == 1)
    if any(
        path.suffix.lower() in _LOSSY_SUFFIXES for _, *paths in jobs for path in paths
    ):
        _console.print(
            f"JPEG changes every pixel a little; write PNG to keep {kept} byte for "
            "byte.",
            soft_wrap=True,
        )
    sources = {path.resolve() for path in (*(job[0] for job in jobs), *inputs)}
    failed = 0
    for source, *targets in bar:
        try:
            for target in targets:
                _check_target(source, sources, target, overwrite)
            # All that can fail comes first, so that no photo leaves half of its files.
            for target, content in zip(targets, restore(source), strict=True):
                target.parent.mkdir(parents=True, exist_ok=True)
                _write(target, content)
        except (ModelError, WeightsError):
            raise
        except (FacekitError, OSError) as error:
            failed += 1
            print_error(error)
        except MemoryError:
            failed += 1
            print_error(f"{source}: out of memory.")
        except cv2.error as error:
            failed += 1
            print_error(f"{source}: cannot be restored: {error}")
    if len(jobs) > 1:
        _console.print(f"{len(jobs) - failed} restored, {failed} failed.")
    if failed:
        raise typer.Exit(1)


def _write(target, content):
    if isinstance(content, dict):
        from facekit.restore.skin_pictures import save_maps

        save_maps(target, content)
    else:
        write_photo(target, content)


def _check_target(source, sources, target, overwrite):
    _check_suffix(target, (*PHOTO_SUFFIXES, cli_skin.MAPS_SUFFIX))
    if not target.exists():
        return
    if source.exists() and target.samefile(source):
        raise PhotoError(f"{target}: the output must not be the photo itself.")
    if target.resolve() in sources:
        raise PhotoError(f"{target}: the output must not be another of the inputs.")
    if target.is_dir():
        raise PhotoError(f"{target}: expected a file name, found a folder.")
    if not overwrite:
        raise PhotoError(f"{target}: exists already; add --overwrite to replace it.")


def _check_suffix(target, suffixes=PHOTO_SUFFIXES):
    if target.suffix.lower() not in suffixes:
        raise PhotoError(
            f"{target}: cannot write '{target.suffix}' files, expected one of "
            f"{', '.join(PHOTO_SUFFIXES)}."
        )


def print_error(error):
    """Write an error's message to stderr."""
    _console.print(f"Error: {error}", style="red", markup=False, soft_wrap=True)
