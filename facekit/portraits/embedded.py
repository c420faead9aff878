"""The portraits that come with facekit."""

from pathlib import Path

from facekit.errors import DataError
from facekit.portraits.files import read_portrait


def embedded_folders():
    """Folders of the embedded portraits, sorted.

    Returns:
        List of paths: ``data/portraits`` of a clone, or what the wheel carries.

    Raises:
        DataError: neither is there.
    """
    package = Path(__file__).parent
    for folder in (package / "embedded", package.parent.parent / "data" / "portraits"):
        found = sorted(path.parent for path in folder.glob("*/truth.npz"))
        if found:
            return found
    raise DataError(f"{package / 'embedded'}: expected portraits, found none.")


def load_embedded(count=None):
    """Load the embedded portraits: 256 pixels, all variants but "white_light".

    Args:
        count: how many, evenly chosen. Defaults to all.

    Returns:
        List of ``Portrait``; ``read_portrait`` tells how exact the maps are.

    Raises:
        ValueError: ``count`` is not from 1 to the number of portraits.
        DataError: the portraits are missing.
    """
    folders = embedded_folders()
    if count is not None:
        if not 1 <= count <= len(folders):
            raise ValueError(
                f"`count` must be from 1 to {len(folders)}. Received: {count}"
            )
        folders = [folders[k * len(folders) // count] for k in range(count)]
    return [read_portrait(folder) for folder in folders]
