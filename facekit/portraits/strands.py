"""Hairs: polylines that are splatted, sorted by depth, composited and lit."""

from dataclasses import dataclass, field, fields
from functools import cached_property

import numpy as np

from facekit.portraits.lighting import DIRECTIONS, NUM_DIRECTIONS, harmonics
from facekit.portraits.noise import unit

_LEAST_WEIGHT = 0.004


@dataclass
class Strands:
    """Hairs of one kind.

    Attributes:
        points: from root to tip, (n, k, 3), relative to the head's centre, dm.
        outward: what "away from the skin" is at each point, (n, k, 3) or (n, 1, 3).
        colour: albedo, linear sRGB, (n, 3).
        shadow: light that gets through the hair around, (n, k) in [0, 1].
        width: dm, (n,).
        taper: relative width at root and tip.
        label: index into ``labels.LABELS``, or None to keep that of the skin.
        gloss: strength of the highlights.
    """

    points: np.ndarray
    outward: np.ndarray
    colour: np.ndarray
    shadow: np.ndarray
    width: np.ndarray
    label: int | None
    taper: tuple = (1.0, 0.6)
    gloss: float = 1.0

    def turned(self, turn):
        """Pose the hairs."""
        return Strands(
            self.points @ turn.T,
            self.outward @ turn.T,
            *(self.colour, self.shadow, self.width),
            *(self.label, self.taper, self.gloss),
        )


@dataclass
class StrandFragments:
    """Pieces of hairs, one pixel each, ordered by pixel and then from the front.

    Attributes:
        size: side of the picture.
        pixel: flat indices, (m,).
        depth, alpha: (m,).
        tangent, outward: unit, (m, 3).
        point: (m, 3).
        colour: (m, 3).
        shadow, gloss: (m,).
        label: uint8 (m,), 255 = that of the skin.
    """

    size: int
    pixel: np.ndarray
    depth: np.ndarray
    alpha: np.ndarray
    tangent: np.ndarray
    outward: np.ndarray
    point: np.ndarray
    colour: np.ndarray
    shadow: np.ndarray
    gloss: np.ndarray
    label: np.ndarray

    def select(self, kept):
        """Keep some of the fragments."""
        names = [field.name for field in fields(self) if field.name != "size"]
        arrays = {name: getattr(self, name)[kept] for name in names}
        return StrandFragments(self.size, **arrays)

    @cached_property
    def shares(self):
        """Part of its pixel that shows each fragment, (m,)."""
        return _shares(self.pixel, self.alpha)

    @cached_property
    def unlit(self):
        """What of a ``StrandLayer`` is the same in every light, by name."""
        shares = self.shares
        return {
            "alpha": np.minimum(self.sum(shares), 1),
            "normal": self.sum(self.outward * shares[:, None]),
            "depth": self.sum(self.depth * shares),
            "labelled": {
                int(label): self.sum(shares * (self.label == label))
                for label in np.unique(self.label)
            },
        }

    def sum(self, values):
        """Add values (m,) or (m, c) up to a picture."""
        count = self.size**2
        if values.ndim == 1:
            total = np.bincount(self.pixel, values, count)
            return total.reshape(self.size, self.size).astype(np.float32)
        parts = [self.sum(values[:, c]) for c in range(values.shape[1])]
        return np.stack(parts, -1)


def splat(sets, view, depth, tolerance=0.02):
    """Break hairs into fragments, and drop those that the head or others hide.

    Args:
        sets: list of posed ``Strands``.
        view: ``View``.
        depth: distance of what is solid, (size, size), dm.
        tolerance: how far below the surface a hair still shows, dm.

    Returns:
        ``StrandFragments``, or None where no hair is seen.
    """
    parts = [_sample(strands, view, depth, tolerance) for strands in sets]
    parts = [part for part in parts if part is not None]
    if not parts:
        return None
    pixel, distance, alpha = (
        np.concatenate([getattr(part, name) for part in parts])
        for name in ("pixel", "depth", "alpha")
    )
    near, far = distance.min(), distance.max() + 1e-6
    rank = pixel.astype(np.int64) << 24
    rank += ((distance - near) / (far - near) * (1 << 24)).astype(np.int64)
    order = np.argsort(rank, kind="stable")
    order = order[_shares(pixel[order], alpha[order]) > _LEAST_WEIGHT]
    # Most samples are hidden, so the rest is told of those alone that are not.
    shown = np.zeros(len(pixel), bool)
    shown[order] = True
    ends = np.cumsum([len(part.pixel) for part in parts])
    told = [
        part.tell(np.flatnonzero(seen))
        for part, seen in zip(parts, np.split(shown, ends[:-1]), strict=True)
    ]
    place = (np.cumsum(shown) - 1)[order]
    return StrandFragments(
        view.size,
        **{key: np.concatenate([part[key] for part in told])[place] for key in told[0]},
    )


def _shares(pixel, alpha):
    """Part of its pixel that shows each fragment; ordered as in the fragments."""
    clear = np.log1p(-np.minimum(alpha.astype(float), 0.999))
    through = np.cumsum(clear) - clear
    first = np.r_[True, pixel[1:] != pixel[:-1]]
    start = np.maximum.accumulate(np.where(first, np.arange(len(first)), 0))
    return (np.exp(through - through[start]) * alpha).astype(np.float32)


@dataclass
class _Samples:
    """Samples of hairs before it is known which of them are seen.

    Attributes:
        strands: ``Strands``.
        pixel, depth, alpha: as in ``StrandFragments``, (m,).
        hair, node: what each sample lies on, and after which of its nodes, (m,).
        part: share of the way to the next node, (m, 1).
    """

    strands: Strands
    pixel: np.ndarray
    depth: np.ndarray
    alpha: np.ndarray
    hair: np.ndarray
    node: np.ndarray
    part: np.ndarray

    def tell(self, chosen):
        """Fields of ``StrandFragments`` of some samples."""
        strands, hair, node = self.strands, self.hair[chosen], self.node[chosen]
        points = strands.points
        here, there = (points[hair, k].astype(np.float32) for k in (node, node + 1))
        part = self.part[chosen]
        outward = np.broadcast_to(strands.outward, points.shape)
        label = 255 if strands.label is None else strands.label
        return {
            "pixel": self.pixel[chosen],
            "depth": self.depth[chosen],
            "alpha": self.alpha[chosen],
            "tangent": unit(there - here).astype(np.float32),
            "outward": outward[hair, node].astype(np.float32),
            "point": here * (1 - part) + there * part,
            "colour": strands.colour[hair].astype(np.float32),
            "shadow": strands.shadow[hair, node].astype(np.float32),
            "gloss": np.full(len(chosen), strands.gloss, np.float32),
            "label": np.full(len(chosen), label, np.uint8),
        }


def _sample(strands, view, depth, tolerance):
    """Sample each hair about once a pixel; keep what lies before the solid."""
    points = strands.points.astype(np.float32)
    place, distance = view.project(points)
    shown = _shown(place, distance, view, depth, tolerance)
    points, place = points[shown], place[shown]
    count, num, _ = points.shape
    if not count:
        return None
    length = np.linalg.norm(np.diff(place, axis=1), axis=2).max(1)
    pieces = int(np.ceil(np.clip(np.percentile(length, 90), 1, 12)))
    along = (np.arange((num - 1) * pieces) + 0.5) / pieces
    # A random phase for each hair, so that samples make no pattern.
    jitter = np.random.default_rng(count).random((count, 1)) - 0.5
    along = np.clip(along + jitter / pieces, 0, num - 1.001).astype(np.float32)
    index = np.repeat(np.arange(count), along.shape[1])
    along = along.ravel()
    node = along.astype(int)
    part = (along - node)[:, None]
    here, there = points[index, node], points[index, node + 1]
    point = here * (1 - part) + there * part
    place, distance = view.project(point)
    pixel, kept, share = _spread(place, point, there - here, view)
    before = distance[kept] < depth.ravel()[pixel] + tolerance
    pixel, kept, share = pixel[before], kept[before], share[before]
    if not len(pixel):
        return None
    index, node, distance = index[kept], node[kept], distance[kept]
    reach = along[kept] / (num - 1)
    taper = strands.taper[0] + (strands.taper[1] - strands.taper[0]) * reach
    wide = strands.width[shown][index] * taper * view.focal / distance
    # Samples are at most a pixel apart on screen; where they crowd, each counts less.
    spacing = np.minimum(length[index] / pieces, 1)
    cover = np.clip(0.8 * wide, 0, 0.8) * share
    alpha = 1 - (1 - cover) ** np.maximum(spacing, 0.15)
    return _Samples(
        strands=strands,
        pixel=pixel,
        depth=distance.astype(np.float32),
        alpha=alpha.astype(np.float32),
        hair=shown[index],
        node=node,
        part=part[kept],
    )


def _spread(place, points, along, view):
    """Share every sample between the two pixels it lies between, across its hair.

    Returns:
        Pixels, index of the sample of each, and its share.
    """
    ahead, _ = view.project(points + 1e-3 * along)
    step = np.abs(ahead - place)
    axis = (step[:, 0] > step[:, 1]).astype(int)
    rows = np.arange(len(place))
    across = place[rows, axis] - 0.5
    low = np.floor(across)
    part = (across - low).astype(np.float32)
    cell = np.floor(place).astype(int)
    pixels, samples, shares = [], [], []
    for shift, share in ((0, 1 - part), (1, part)):
        cell[rows, axis] = low.astype(int) + shift
        inside = ((cell >= 0) & (cell < view.size)).all(1) & (share > 0.04)
        kept = np.flatnonzero(inside)
        pixels.append(cell[kept, 1] * view.size + cell[kept, 0])
        samples.append(kept)
        shares.append(share[kept])
    return (np.concatenate(part) for part in (pixels, samples, shares))


def _shown(place, distance, view, depth, tolerance):
    """Hairs of which a node is in the picture and not well behind something."""
    x, y = np.floor(place).astype(int).transpose(2, 0, 1)
    inside = (x >= 0) & (y >= 0) & (x < view.size) & (y < view.size)
    pixel = np.where(inside, y * view.size + x, 0)
    before = distance < depth.ravel()[pixel] + max(3 * tolerance, 0.06)
    return np.flatnonzero((inside & before).any(1))


@dataclass
class StrandLayer:
    """Hairs as a picture; everything but ``alpha`` is weighted by it already.

    Attributes:
        alpha: (size, size).
        albedo: (size, size, 3).
        matt: albedo times diffuse light, (size, size, 3).
        specular: (size, size, 3).
        normal: (size, size, 3).
        depth: (size, size).
        labelled: dict of label to its share, (size, size).
    """

    alpha: np.ndarray
    albedo: np.ndarray
    matt: np.ndarray
    specular: np.ndarray
    normal: np.ndarray
    depth: np.ndarray
    labelled: dict = field(default_factory=dict)


def composite(fragments, view, light, colour_matrix=None):
    """Light the fragments and add them up.

    Args:
        fragments: ``StrandFragments``.
        view: ``View``.
        light: ``Light``.
        colour_matrix: applied to the hairs' colours, (3, 3), or None.

    Returns:
        ``StrandLayer``.
    """
    colour = fragments.colour
    if colour_matrix is not None:
        colour = np.maximum(colour @ colour_matrix.T, 1e-3).astype(np.float32)
    diffuse, specular = _shade(fragments, colour, view, light)
    weight = fragments.shares[:, None]
    return StrandLayer(
        albedo=fragments.sum(colour * weight),
        matt=fragments.sum(colour * diffuse * weight),
        specular=fragments.sum(specular * weight),
        **fragments.unlit,
    )


def _shade(fragments, colour, view, light):
    """Kajiya and Kay's diffuse light and two of Marschner's highlights."""
    tangent, outward = fragments.tangent, fragments.outward
    towards = unit(view.eye.astype(np.float32) - fragments.point)
    basis = harmonics(outward) * np.array((1, *(0.8,) * 3, *(0.3,) * 5), np.float32)
    diffuse = np.maximum(basis @ _harmonics_of(light.ambient), 0.02)
    specular = np.zeros_like(diffuse)
    along_view = (tangent * towards).sum(1)
    across_view = np.sqrt(np.clip(1 - along_view**2, 0, 1))
    power = light.lobes.mean(1) * 4
    for k, aim in enumerate(light.towards.astype(np.float32)):
        along = tangent @ aim
        across = np.sqrt(np.clip(1 - along**2, 0, 1))
        lit = np.clip((outward @ aim + 0.35) / 1.35, 0, 1) ** 1.3
        diffuse += (across * lit)[:, None] * power[k].astype(np.float32)
        mirrored = across * across_view - along * along_view
        first = np.clip(mirrored, 0, 1) ** 40
        second = np.clip(mirrored + 0.06, 0, 1) ** 12
        shape = (0.055 * first)[:, None] + (0.16 * second)[:, None] * colour
        specular += shape * lit[:, None] * power[k].astype(np.float32)
    shadow = fragments.shadow[:, None]
    specular *= (fragments.gloss[:, None] * shadow).astype(np.float32)
    return diffuse * shadow, specular


def _harmonics_of(radiance):
    basis = harmonics(DIRECTIONS) * (4 * np.pi / NUM_DIRECTIONS)
    return (basis.T @ radiance).astype(np.float32)
