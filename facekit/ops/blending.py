"""Soft-light blending: small maps that change a picture of any size."""


def soft_light(image, blend, residual, strength=1.0):
    """Change a picture by a blend map and a residual.

    With ``m`` for blend, ``r`` for residual and ``s`` for strength::

        image + s ((2 m - 1) image (1 - image) + r)

    For ``s = 1`` this is ``(1 - 2 m) image^2 + 2 m image + r``, soft light with a map
    of its own for every channel: 0.5 leaves a pixel as it is, 0 squares it, 1 mirrors
    that. The curve rises everywhere, so what is finer than the maps, such as pores,
    stays when small maps are enlarged to a large picture. The residual adds what no
    curve can, such as skin where an opaque film was.

    Args:
        image: (batch, height, width, channels), [0, 1].
        blend: as ``image``, [0, 1], 0.5 = unchanged.
        residual: as ``image``, [-1, 1], 0 = unchanged.
        strength: float; 0 gives the image bit by bit. Defaults to 1.

    Returns:
        Tensor of the shape of ``image``, not clipped.

    Reference: the soft-light curve of Pegtop (Jens Gruschel, 2006).
    """
    return image + strength * ((2.0 * blend - 1.0) * image * (1.0 - image) + residual)
