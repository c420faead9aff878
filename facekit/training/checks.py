"""Checks of what the settings of all training runs have in common."""

_COUNTS = ("steps", "batch_size", "log_every", "save_every", "size")
_PRECISIONS = ("float32", "mixed_bfloat16", "mixed_float16")


def check_choices(config, choices):
    """Raise ``ValueError`` if a setting is none of its choices.

    Args:
        config: dataclass of settings.
        choices: dict from the name of a setting to what it may be.
    """
    for name, allowed in choices.items():
        if getattr(config, name) not in allowed:
            raise ValueError(
                f"`{name}` must be one of {tuple(allowed)}. "
                f"Received: {getattr(config, name)!r}"
            )


def check_numbers(config):
    """Raise ``ValueError`` if a number that all runs have is out of its range.

    Args:
        config: dataclass of settings.
    """
    for name in _COUNTS:
        if getattr(config, name) < 1:
            raise ValueError(
                f"`{name}` must be at least 1. Received: {getattr(config, name)!r}"
            )
    if not 0 <= config.ema < 1:
        raise ValueError(f"`ema` must be in [0, 1). Received: {config.ema}")
    if config.learning_rate is not None and not config.learning_rate > 0:
        raise ValueError(
            f"`learning_rate` must be above 0. Received: {config.learning_rate}"
        )
    if config.seed < 0:
        raise ValueError(f"`seed` must be 0 or more. Received: {config.seed}")
    check_choices(config, {"precision": _PRECISIONS})
    for name, value in vars(config).items():
        if name.endswith("_weight") and not value >= 0:
            raise ValueError(f"`{name}` must be 0 or more. Received: {value}")


def check_folders(config):
    """Raise ``ValueError`` if ``data`` or ``portraits`` is a text, not a list.

    Args:
        config: dataclass of settings.
    """
    if isinstance(config.data, str) or isinstance(config.portraits, str):
        raise ValueError(
            "`data` and `portraits` must be lists of folders. Received: "
            f"{config.data!r}, {config.portraits!r}"
        )
