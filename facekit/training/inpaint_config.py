"""The settings of a training run of the inpainting network."""

import dataclasses

from facekit.models.partial_conv_unet import (
    COMPACT_COMPONENTS,
    COMPACT_FILTERS,
    COMPACT_KERNEL_SIZES,
    PAPER_FILTERS,
)
from facekit.training.checks import check_choices, check_numbers

NETWORKS = {
    "compact": {
        "filters": COMPACT_FILTERS,
        "kernel_sizes": COMPACT_KERNEL_SIZES,
        "num_frequencies": 3,
        "num_components": COMPACT_COMPONENTS,
    },
    "paper": {"filters": PAPER_FILTERS},
    "ladder": {"filters": (16, 32, 48, 64, 96, 96), "num_frequencies": 3},
}
LOSSES = ("V0", "V1", "V2", "V3", "V4")


@dataclasses.dataclass(frozen=True)
class InpaintConfig:
    """Everything a training run depends on; written to ``config.json`` of the run.

    The paper's recipe is ``network="paper", size=512, loss="V3", batch_size=16``
    followed by a run with ``phase=2, init=<first run>, batch_size=6``.

    Args:
        data: folders of photographs with faces.
        out: folder of the run.
        loss: "V0" to "V4".
        network: "compact", "paper" or "ladder" (0.6 M parameters, for comparing
            losses).
        inner: int, leave out this many of the network's outermost levels, to learn at
            a small size first; a run with fewer left out grows from it by ``init``.
        size: int, pixels of the aligned crop's side.
        steps: int, optimizer steps in all.
        batch_size: int.
        learning_rate: peak of Adam's rate; None for the paper's: 2e-4 in phase 1,
            5e-5 in phase 2.
        schedule: "constant" (the paper's) or "cosine" with a short warm-up.
        phase: 1, or 2: the encoder's normalisation is frozen.
        init: folder of a run, or file of weights, to start from.
        features: "vgg16", or a weights file; see ``facekit.models.feature_network``.
        hole_ratio: (low, high) share of missing pixels.
        unaligned: share of examples that show no aligned face, so that the tool can
            fill holes elsewhere in a photograph.
        adversarial_weight: of V4's generator loss.
        matching_weight: of V4's feature matching loss.
        style_weight: of V3's and V4's style term. The paper's 120 is meant for VGG16.
        discriminator_filters: int, V4's first layer.
        ema: float in [0, 1), weight of the past in the averaged weights.
        precision: Keras dtype policy, such as "float32" or "mixed_bfloat16".
        seed: int.
        validate: folder of photographs to measure at each checkpoint, or None.
        cache: folder for aligned crops, or None for ``<out>/cache``.
        log_every: int, steps.
        save_every: int, steps between checkpoints.
    """

    data: tuple
    out: str
    loss: str = "V3"
    network: str = "compact"
    inner: int = 0
    size: int = 256
    steps: int = 100_000
    batch_size: int = 16
    learning_rate: float | None = None
    schedule: str = "constant"
    phase: int = 1
    init: str | None = None
    features: str = "vgg16"
    hole_ratio: tuple = (0.01, 0.6)
    unaligned: float = 0.0
    adversarial_weight: float = 0.02
    matching_weight: float = 0.1
    style_weight: float = 120.0
    discriminator_filters: int = 32
    ema: float = 0.999
    precision: str = "float32"
    seed: int = 0
    validate: str | None = None
    cache: str | None = None
    log_every: int = 50
    save_every: int = 1000

    def __post_init__(self):
        choices = {
            "loss": LOSSES,
            "network": NETWORKS,
            "schedule": ("constant", "cosine"),
            "phase": (1, 2),
        }
        check_choices(self, choices)
        check_numbers(self)
        if isinstance(self.data, str):
            raise ValueError(
                f"`data` must be a list of folders. Received: {self.data!r}"
            )
        ratio = self.hole_ratio
        if len(ratio) != 2 or not 0 < ratio[0] <= ratio[1] < 1:
            raise ValueError(
                f"`hole_ratio` must be two shares within (0, 1). Received: {ratio}"
            )
        if not 0 <= self.unaligned <= 1:
            raise ValueError(
                f"`unaligned` must be in [0, 1]. Received: {self.unaligned}"
            )
        levels = len(NETWORKS[self.network]["filters"]) - self.inner
        if not 2 <= levels <= len(NETWORKS[self.network]["filters"]):
            raise ValueError(
                f"`inner` must leave two levels or more of the {self.network} network. "
                f"Received: {self.inner}"
            )
        multiple = 2**levels
        if self.size % multiple:
            raise ValueError(
                f"`size` must be a multiple of {multiple} for the {self.network} "
                f"network. Received: {self.size}"
            )
