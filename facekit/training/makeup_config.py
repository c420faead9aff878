"""The settings of a training run of the makeup-removing network."""

import dataclasses

from facekit.data.alignment import FRAMINGS
from facekit.losses.restoration import PIXEL_TERMS
from facekit.training.checks import check_choices, check_numbers

NETWORKS = {"compact": {"width": 0.375}, "paper": {"width": 1.0}}
RECIPES = {
    "bareface": {
        "loss": "mse",
        "head": "direct",
        "normalization": "instance",
        "size": 224,
        "batch_size": 32,
        "learning_rate": 0.01,
        "schedule": "constant",
        "clip": None,
        "bare": 0.0,
        "ema": 0.0,
    },
    "facekit": {
        "loss": "restoration",
        "head": "blend",
        "normalization": "none",
        "size": 256,
        "batch_size": 16,
        "learning_rate": 3e-4,
        "schedule": "cosine",
        "clip": 1.0,
        "bare": 0.05,
        "ema": 0.999,
    },
}
_CHOICES = {
    "network": NETWORKS,
    "loss": ("mse", "restoration"),
    "pixel": PIXEL_TERMS,
    "head": ("blend", "direct"),
    "normalization": ("none", "instance", "group"),
    "schedule": ("constant", "cosine"),
    "framing": FRAMINGS,
}


@dataclasses.dataclass(frozen=True)
class MakeupConfig:
    """Everything a training run depends on; written to ``config.json`` of the run.

    What is None takes the recipe's value. The paper's recipe at its own size is
    ``recipe="bareface", network="paper", steps=52_000`` (330 epochs of 5,000 pairs).

    Args:
        data: folders of photographs with bare faces.
        out: folder of the run.
        recipe: "facekit", or "bareface", the paper's: mean squared error on the
            picture itself, AdamW at a constant 0.01, batches of 32, 224 pixels.
        network: "compact" (3/8 of the channels) or "paper".
        loss: "mse" or "restoration", see ``facekit.losses.RestorationLoss``.
        head: "blend" or "direct", see ``facekit.models.Res34UNet``.
        symmetric: bool, see ``facekit.models.Res34UNet``; None for that of a blend
            head.
        normalization: "none", "instance" or "group".
        size: int, pixels of the aligned crop's side, a multiple of 32.
        framing: "face" or "head", how much the crop shows, see
            ``facekit.data.alignment_transform``.
        steps: int, optimizer steps in all.
        batch_size: int.
        learning_rate: peak of AdamW's rate.
        schedule: "constant" or "cosine" with a short warm-up.
        clip: largest norm of the gradient; None for the recipe's.
        bare: share of examples without makeup, which must come back as they are.
        pool: int, how many makeups each face is given, drawn once and kept in the
            cache; 0 draws new ones all the time.
        init: folder of a run, or file of weights, to start from.
        features: "vgg16", a weights file, see ``facekit.models.feature_network``, or
            "none" to leave the perceptual term out.
        region_weight: of made-up pixels, over 1, in the restoration loss.
        pixel: its pixel term, "log" or "charbonnier".
        floor: of the logarithm, see ``facekit.losses.RestorationLoss``.
        pixel_weight: of its pixel term.
        ssim_weight: of its structural term.
        perceptual_weight: of its perceptual term.
        residual_weight: of the mean size of the residual, so that the blend map, which
            keeps pores, does what it can.
        ema: float in [0, 1), weight of the past in the averaged weights.
        precision: Keras dtype policy, such as "float32" or "mixed_bfloat16".
        seed: int.
        validate: folder of photographs to measure at each checkpoint, or None.
        cache: folder for crops and makeups, or None for ``<out>/cache``.
        log_every: int, steps.
        save_every: int, steps between checkpoints.
    """

    data: tuple
    out: str
    recipe: str = "facekit"
    network: str = "compact"
    loss: str | None = None
    head: str | None = None
    symmetric: bool | None = None
    normalization: str | None = None
    size: int | None = None
    framing: str = "face"
    steps: int = 20_000
    batch_size: int | None = None
    learning_rate: float | None = None
    schedule: str | None = None
    clip: float | None = None
    bare: float | None = None
    pool: int = 8
    init: str | None = None
    features: str = "none"
    region_weight: float = 4.0
    pixel: str = "log"
    floor: float = 3.0
    pixel_weight: float = 1.0
    ssim_weight: float = 5.0
    perceptual_weight: float = 1.0
    residual_weight: float = 1.0
    ema: float | None = None
    precision: str = "float32"
    seed: int = 0
    validate: str | None = None
    cache: str | None = None
    log_every: int = 50
    save_every: int = 500

    def __post_init__(self):
        check_choices(self, {"recipe": RECIPES})
        for name, value in RECIPES[self.recipe].items():
            if getattr(self, name) is None:
                object.__setattr__(self, name, value)
        if self.symmetric is None:
            object.__setattr__(self, "symmetric", self.head == "blend")
        check_choices(self, _CHOICES)
        check_numbers(self)
        if isinstance(self.data, str):
            raise ValueError(
                f"`data` must be a list of folders. Received: {self.data!r}"
            )
        if self.size < 32 or self.size % 32:
            raise ValueError(f"`size` must be a multiple of 32. Received: {self.size}")
        if self.symmetric and self.head != "blend":
            raise ValueError(
                f'`symmetric` takes `head="blend"`. Received: head={self.head!r}'
            )
        if self.clip is not None and not self.clip > 0:
            raise ValueError(f"`clip` must be above 0. Received: {self.clip}")
        if not self.floor > 0:
            raise ValueError(f"`floor` must be above 0. Received: {self.floor}")
        if self.pool < 0:
            raise ValueError(f"`pool` must be 0 or more. Received: {self.pool}")
        if not 0 <= self.bare <= 1:
            raise ValueError(f"`bare` must be in [0, 1]. Received: {self.bare}")
