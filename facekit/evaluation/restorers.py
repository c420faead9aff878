"""What fills holes, side by side: baselines, the shipped network, the loss ladder.

A restorer takes uint8 pictures (batch, height, width, 3) whose holes are black and a
bool array of holes (batch, height, width), and returns uint8 pictures.
"""

import cv2
import numpy as np

from facekit.restore import SavedModel, load

_OPENCV_RADIUS = 3


def copy_input(images, holes):
    """The damaged picture as it is."""
    return images


def telea(images, holes):
    """OpenCV's fast marching inpainting (Telea 2004), radius 3."""
    return _opencv(images, holes, cv2.INPAINT_TELEA)


def navier_stokes(images, holes):
    """OpenCV's fluid-dynamics inpainting (Bertalmio et al. 2001), radius 3."""
    return _opencv(images, holes, cv2.INPAINT_NS)


def saved_model(folder):
    """Restorer from an inpainting SavedModel.

    Raises:
        ModelError: if there is none in the folder.
        WeightsError: if its weights are damaged.
    """
    network = SavedModel(folder)
    return _network(lambda image, mask: network(image=image, mask=mask)["restored"])


def photo_tool(folder):
    """Restorer from the photo tool of an inpainting SavedModel.

    Raises:
        ModelError: as ``saved_model``.
        WeightsError: as ``saved_model``.
    """
    tool = load(folder)

    def restore(images, holes):
        pairs = zip(images, holes, strict=True)
        return np.stack([tool(image, hole=hole).image for image, hole in pairs])

    return restore


def ladder_network(file):
    """Restorer from half-precision weights of a loss-ladder network (``.npz``)."""
    from facekit.models import PartialConvUNet
    from facekit.training.inpaint import NETWORKS

    network = PartialConvUNet(**NETWORKS["ladder"])
    with np.load(file) as stored:
        network.set_weights(
            [stored[f"{i}"].astype("float32") for i in range(len(stored.files))]
        )
    return _network(
        lambda image, mask: network({"image": image, "mask": mask}, training=False)[
            "restored"
        ]
    )


def _opencv(images, holes, method):
    return np.stack(
        [
            cv2.inpaint(image, hole.astype(np.uint8), _OPENCV_RADIUS, method)
            for image, hole in zip(images, holes, strict=True)
        ]
    )


def _network(function):
    def restore(images, holes):
        image = images.astype("float32") / 255.0
        mask = np.logical_not(holes)[..., None].astype("float32")
        restored = np.asarray(function(image, mask))
        restored = np.clip(restored * 255.0 + 0.5, 0, 255).astype(np.uint8)
        return np.where(holes[..., None], restored, images)

    return restore
