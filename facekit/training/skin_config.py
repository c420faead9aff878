"""The settings of a training run of the skin network."""

import dataclasses

from facekit.losses.skin import APPEARANCES, SPECULAR_TARGETS
from facekit.models.bio_face_net import COMPACT, PAPER_FILTERS
from facekit.training.checks import check_choices, check_folders, check_numbers
from facekit.training.optimizers import SCHEDULES

SKIN_NETWORKS = {"compact": COMPACT, "paper": {"filters": PAPER_FILTERS}}
_MULTIPLE = 16
_MIN_SIZE = 64
_WEIGHTS = tuple(
    f"{name}_weight"
    for name in ("specular", "shading", "camera", "truth", "pattern", "appearance")
)


@dataclasses.dataclass(frozen=True)
class SkinConfig:
    """Everything a training run depends on; written to ``config.json`` of the run.

    The paper's recipe is ``network="paper", batch_size=25, learning_rate=1e-5,
    schedule="constant", specular_weight=8e-3, truth_weight=0`` on photographs alone.

    Args:
        data: folders of photographs with faces; may be empty.
        out: folder of the run.
        portraits: folders of rendered portraits, as ``facekit render`` writes them;
            may be empty if there are photographs.
        network: "compact" or "paper".
        pyramid: whether to add atrous spatial pyramid pooling.
        appearance: "l2", "ms_ssim", "both" or "encoded"; see ``BioFaceLoss``.
        specular_target: "sparse" or "dark_channel".
        specular_weight: of the specular prior; the paper's is 8e-3.
        shading_weight: of the shading's distance from smooth light.
        camera_weight: of the prior of the camera.
        truth_weight: of the portraits' true maps; 0 trains without supervision, on
            photographs alone.
        pattern_weight: of the portraits' patterns of pigments, beside their values.
        appearance_weight: of the appearance; the paper's is 1.
        rendered: share of rendered portraits in a batch, where there are both kinds.
        size: int, pixels of the aligned crop's side.
        steps: int, optimizer steps in all.
        batch_size: int.
        learning_rate: peak of Adam's rate.
        schedule: "constant" or "cosine" with a short warm-up.
        init: folder of a run or of a SavedModel, or file of weights, to start from.
        ema: float in [0, 1), weight of the past in the averaged weights.
        precision: Keras dtype policy, such as "float32" or "mixed_bfloat16".
        seed: int.
        cache: folder for aligned crops and maps, or None for ``<out>/cache``.
        log_every: int, steps.
        save_every: int, steps between checkpoints.
    """

    data: tuple
    out: str
    portraits: tuple = ()
    network: str = "compact"
    pyramid: bool = False
    appearance: str = "l2"
    specular_target: str = "sparse"
    specular_weight: float = 1e-8
    shading_weight: float = 8e-3
    camera_weight: float = 8e-2
    truth_weight: float = 0.1
    pattern_weight: float = 0.1
    appearance_weight: float = 1.0
    rendered: float = 0.5
    size: int = 64
    steps: int = 10_000
    batch_size: int = 24
    learning_rate: float = 1e-3
    schedule: str = "cosine"
    init: str | None = None
    ema: float = 0.999
    precision: str = "float32"
    seed: int = 0
    cache: str | None = None
    log_every: int = 50
    save_every: int = 500

    def __post_init__(self):
        choices = {
            "network": SKIN_NETWORKS,
            "appearance": APPEARANCES,
            "specular_target": SPECULAR_TARGETS,
            "schedule": SCHEDULES,
        }
        check_choices(self, choices)
        check_numbers(self)
        check_folders(self)
        for name in _WEIGHTS:
            if not getattr(self, name) >= 0:
                raise ValueError(
                    f"`{name}` must be at least 0. Received: {getattr(self, name)}"
                )
        if not self.data and not self.portraits:
            raise ValueError("Expected photographs or portraits. Received: neither")
        if not 0 <= self.rendered <= 1:
            raise ValueError(
                f"`rendered` must lie in [0, 1]. Received: {self.rendered}"
            )
        if self.portraits and not self.truth_weight:
            raise ValueError(
                "`truth_weight` must be above 0 with `portraits`, of which nothing "
                "else is known. Received: 0"
            )
        if self.size % _MULTIPLE or self.size < _MIN_SIZE:
            raise ValueError(
                f"`size` must be a multiple of {_MULTIPLE}, at least {_MIN_SIZE}. "
                f"Received: {self.size}"
            )
