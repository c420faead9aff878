"""The settings of a training run of the parsing network."""

import dataclasses

from facekit.models.face_parsing_unet import COMPACT_FILTERS
from facekit.training.checks import check_choices, check_folders, check_numbers
from facekit.training.optimizers import SCHEDULES

PARSING_NETWORKS = {"compact": COMPACT_FILTERS}
_MULTIPLE = 32


@dataclasses.dataclass(frozen=True)
class ParsingConfig:
    """Everything a training run depends on; written to ``config.json`` of the run.

    Args:
        portraits: folders of rendered portraits, as ``facekit render`` writes them.
        out: folder of the run.
        data: folders of photographs with faces; parts of their aligned squares become
            backdrops. May be empty.
        self_training: whether to learn from those squares as well, by what the network
            in ``init`` says of them without holes.
        network: "compact".
        size: int, pixels of the aligned crop's side.
        steps: int, optimizer steps in all.
        batch_size: int.
        learning_rate: peak of AdamW's rate.
        schedule: "constant" or "cosine" with a short warm-up.
        init: folder of a run, or file of weights, to start from.
        ema: float in [0, 1), weight of the past in the averaged weights.
        precision: Keras dtype policy, such as "float32" or "mixed_bfloat16".
        seed: int.
        cache: folder for aligned crops, or None for ``<out>/cache``.
        log_every: int, steps.
        save_every: int, steps between checkpoints.
    """

    portraits: tuple
    out: str
    data: tuple = ()
    self_training: bool = False
    network: str = "compact"
    size: int = 128
    steps: int = 4000
    batch_size: int = 24
    learning_rate: float = 3e-3
    schedule: str = "cosine"
    init: str | None = None
    ema: float = 0.99
    precision: str = "float32"
    seed: int = 0
    cache: str | None = None
    log_every: int = 50
    save_every: int = 500

    def __post_init__(self):
        check_choices(self, {"network": PARSING_NETWORKS, "schedule": SCHEDULES})
        check_numbers(self)
        check_folders(self)
        if not self.portraits:
            raise ValueError("Expected rendered portraits. Received: none")
        if self.self_training and not (self.data and self.init):
            raise ValueError(
                "`self_training` needs `data` and a network in `init`. Received: "
                f"{self.data!r}, {self.init!r}"
            )
        if self.size % _MULTIPLE or self.size < _MULTIPLE:
            raise ValueError(
                f"`size` must be a multiple of {_MULTIPLE}. Received: {self.size}"
            )
