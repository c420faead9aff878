"""Hair: guides that grow over the head, and many hairs that follow them in locks."""

from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree

from facekit.portraits import labels
from facekit.portraits.noise import smoothstep, unit
from facekit.portraits.scalp import Hull, sample_roots, scalp_density
from facekit.portraits.strands import Strands

_NODES = 22
# An ellipsoid that hair other than a fringe keeps out of: the face.
_FACE, _FACE_RADII = np.array((0, -0.55, 0.85)), np.array((0.64, 1.1, 0.85))


@dataclass
class Cut:
    """A hair cut; lengths in dm.

    Attributes:
        count: hairs; guides: hairs that are grown one by one.
        length: on top, at the sides.
        lift: thickness of the hair's layer.
        comb: growth towards (the sides, the back, the front, down).
        fall: how soon hair hangs, 0 = never.
        part: x of the parting.
        curl: radius and turns of curls.
        lock: how much the hairs of a lock come together, 0 to 1.
        stray: how far hairs go astray, dm.
        width: of a hair; wider than a real one, as there are fewer.
        fringe: length of a fringe, 0 = none.
    """

    count: int
    guides: int
    length: tuple
    lift: float
    comb: tuple
    fall: float = 0.0
    part: float = 0.0
    curl: tuple = (0.0, 0.0)
    lock: float = 0.5
    stray: float = 0.02
    width: float = 0.012
    fringe: float = 0.0


def draw_cut(style, rng):
    """Draw the particulars of a style."""
    part = rng.choice((-1, 1)) * rng.uniform(0.05, 0.4)
    wave = (rng.uniform(0, 0.035), rng.uniform(1, 2.5))
    if style == "buzz":
        length = rng.uniform(0.04, 0.10)
        return Cut(
            count=20000,
            guides=20000,
            length=(length, length * 0.7),
            lift=0.05,
            comb=(0, 0.4, 0.3, 0.4),
            width=0.010,
        )
    if style == "short":
        return Cut(
            count=15000,
            guides=700,
            length=(rng.uniform(0.3, 0.65), rng.uniform(0.12, 0.28)),
            lift=rng.uniform(0.07, 0.16),
            comb=(rng.uniform(0.2, 1), *rng.dirichlet((1, 1)) * 1.1, 0.5),
            fall=0.6,
            part=part,
            curl=(wave[0] * 0.6, wave[1]),
            lock=0.6,
        )
    if style == "curly":
        return Cut(
            count=11000,
            guides=600,
            length=(rng.uniform(0.35, 0.9), rng.uniform(0.3, 0.6)),
            lift=rng.uniform(0.25, 0.5),
            comb=(0.2, 0.1, 0.2, 0.1),
            curl=(rng.uniform(0.03, 0.055), rng.uniform(3, 6)),
            lock=0.8,
            stray=0.035,
            width=0.014,
        )
    if style == "tied":
        length = rng.uniform(1.2, 1.5)
        return Cut(
            count=12000,
            guides=700,
            length=(length, length),
            lift=0.05,
            comb=(0, 1.6, 0, -0.3),
            lock=0.3,
            stray=0.01,
        )
    top = rng.uniform(1.9, 2.5) if style == "bob" else rng.uniform(3.0, 4.2)
    return _hanging_cut(top, part, wave, rng)


def _hanging_cut(top, part, wave, rng):
    """Draw the particulars of hair that is as long as ``top`` and worn down."""
    return Cut(
        count=12000,
        guides=800,
        length=(top, top * rng.uniform(0.75, 0.95)),
        lift=rng.uniform(0.10, 0.20),
        comb=(1.0, rng.uniform(0.25, 0.7), 0, 0.25),
        fall=1.0,
        part=part if rng.random() < 0.6 else 0.0,
        curl=wave,
        lock=0.55,
        stray=0.03,
        width=0.019,
        fringe=rng.choice((0.0, rng.uniform(0.6, 0.85)), p=(0.7, 0.3)),
    )


def grow_hair(body, person, rng):
    """Grow a person's hair; ``Strands``, or None for a bald head."""
    if person.hair_style == "bald":
        return None
    cut = draw_cut(person.hair_style, rng)
    skin = body.mesh.skin_vertices
    hull = Hull(body.vertices[skin & (body.mesh.rest[:, 1] > 5.4)])
    density = scalp_density(body.mesh.rest, person) * skin
    roots, normals, rest = sample_roots(rng, body, density, cut.count)
    guides = rng.permutation(cut.count)[: cut.guides]
    paths = _grow_guides(roots[guides], normals[guides], rest[guides], cut, hull, rng)
    if cut.guides < cut.count:
        points, lock = _follow(roots, guides, paths, cut, rng)
        points = _outside(points, hull)
    else:
        points, lock = paths, np.arange(cut.count)
    points, kept = _off_the_face(points, rest, cut)
    shade = rng.normal(0, 0.10, cut.count) + rng.normal(0, 0.12, cut.count)[lock]
    width = cut.width * rng.uniform(0.7, 1.2, cut.count)
    points = points[kept]
    return Strands(
        points=points,
        # Hanging hair faces sideways, not down.
        outward=unit(points * np.where(points[..., 1:2] < 0, (1, 0.15, 1), 1)),
        colour=np.array(person.hair_colour) * np.exp(shade[kept])[:, None],
        shadow=_shadow(points, hull, cut),
        width=width[kept],
        label=labels.HAIR,
        taper=(1.0, 0.2),
    )


def _lengths(rest, cut, rng):
    top = smoothstep(7.3, 8.2, rest[:, 1])
    length = cut.length[1] + (cut.length[0] - cut.length[1]) * top
    if cut.fringe:
        length = np.where(_is_fringe(rest), cut.fringe, length)
    return length * rng.uniform(0.85, 1.1, len(rest))


def _is_fringe(rest):
    return (rest[:, 2] > 0.75) & (np.abs(rest[:, 0]) < 0.5)


def _grow_guides(roots, normals, rest, cut, hull, rng):
    """Let hairs grow node by node, combed, hanging, and lying on the head."""
    step = (_lengths(rest, cut, rng) / (_NODES - 1))[:, None]
    comb = _comb(rest, cut)
    layer = cut.lift * (0.25 + 0.75 * rng.random(len(roots)))
    fringe = _is_fringe(rest) if cut.fringe else np.zeros(len(roots), bool)
    curl = unit(rng.normal(size=(len(roots), 3)))
    phase = rng.uniform(0, 2 * np.pi, len(roots))
    point = roots - 0.01 * normals
    stiff = 0.9 if cut.length[0] < 0.15 else 0.5
    direction = unit(normals * stiff + comb * 0.6)
    path = [point]
    for node in range(1, _NODES):
        away = unit(point)
        height = hull.height(point)
        hang = cut.fall * smoothstep(0.05, 0.6, node * step[:, 0])[:, None]
        wanted = comb * (1 - hang) - np.array((0, 1.0, 0)) * (hang * 1.6)
        wanted = wanted + _away_from_face(point, fringe, cut)
        lift = np.clip((layer - height) / 0.05, -0.8, 2.0)[:, None]
        # Well below the ears hair hangs free of the neck.
        lift *= np.where(point[:, 1:2] < -0.9, np.where(lift > 0, 0.5, 0), 1)
        inward = np.minimum((wanted * away).sum(1, keepdims=True), 0)
        near = (height < layer * 1.3)[:, None]
        wanted = wanted - away * inward * near + away * lift * 0.45
        direction = unit(direction * 0.6 + 0.4 * unit(wanted))
        point = point + direction * step
        path.append(point)
    path = np.stack(path, 1)
    along = np.linspace(0, 1, _NODES)
    turns = np.sin(2 * np.pi * cut.curl[1] * along + phase[:, None])
    swing = cut.curl[0] * turns * smoothstep(0, 0.3, along)
    return path + swing[..., None] * curl[:, None]


def _comb(rest, cut):
    """The direction in which hair is combed at its root."""
    sideways, backward, forward, downward = cut.comb
    side = np.tanh((rest[:, 0] - cut.part) / 0.08)
    front = smoothstep(0.1, 0.8, rest[:, 2])
    low = smoothstep(7.9, 7.3, rest[:, 1])
    comb = np.zeros_like(rest)
    comb[:, 0] = sideways * side * (1 - low)
    comb[:, 1] = -downward * (0.3 + low)
    comb[:, 2] = forward * front - backward * (1 - 0.3 * front) - 0.5 * low
    if cut.fall > 0.9:
        # Off the forehead, before it falls to the sides.
        brow = smoothstep(0.55, 0.95, rest[:, 2])
        comb[:, 1] += 0.5 * brow
        comb[:, 2] -= 0.8 * brow
    if cut.fringe:
        comb[_is_fringe(rest)] = (0, -0.5, 1.0)
    return comb


def _away_from_face(points, fringe, cut):
    """Push hairs out of the face to the side they are on."""
    inside = (((points - _FACE) / _FACE_RADII) ** 2).sum(1)
    push = smoothstep(1.35, 0.9, inside) * ~fringe
    side = np.where(points[:, 0] > 0, 1.0, -1.0)
    aside = np.stack((side, 0 * side, -0.5 + 0 * side), 1)
    return aside * (push * (2.5 if cut.fall > 0.9 else 0.6))[:, None]


def _follow(roots, guides, paths, cut, rng):
    """Lead every hair along the three nearest guides, and gather them in locks."""
    count = len(roots)
    distance, near = cKDTree(roots[guides]).query(roots, k=3)
    share = 1 / (distance + 0.01) ** 2
    # Guides on the other side of the parting do not lead.
    if cut.fall > 0.9 or cut.comb[0] > 0.5:
        other = np.sign(roots[:, :1] - cut.part) != np.sign(
            roots[guides][near][..., 0] - cut.part
        )
        share = np.where(other, share * 1e-4, share)
    share /= share.sum(1, keepdims=True)
    shape = paths - paths[:, :1]
    led = sum(share[:, k, None, None] * shape[near[:, k]] for k in range(3))
    own = roots[:, None] + led
    lock = near[:, 0]
    gather = cut.lock * smoothstep(0.05, 0.9, np.linspace(0, 1, _NODES)) ** 0.8
    towards = paths[lock] - own
    points = (
        own + towards * (gather[None, :] * rng.uniform(0.4, 1, (count, 1)))[..., None]
    )
    reach = np.linspace(0, 1, _NODES)[None, :, None]
    stray = rng.normal(0, cut.stray, (count, 1, 3)) * reach**1.3
    bend = rng.normal(0, cut.stray * 0.6, (count, 1, 3)) * np.sin(np.pi * 2 * reach)
    # Cut ends are not all of one length.
    short = rng.uniform(0.75, 1, (count, 1, 1))
    points = points + stray + bend
    return _shortened(points, short), lock


def _shortened(points, share):
    """Resample paths to a share of their length, (n, 1, 1)."""
    place = np.arange(_NODES)[None, :, None] * share
    node = np.minimum(place.astype(int), _NODES - 2)
    rest = place - node
    index = np.broadcast_to(node, (*node.shape[:2], 3))
    here = np.take_along_axis(points, index, 1)
    there = np.take_along_axis(points, index + 1, 1)
    return here * (1 - rest) + there * rest


def _outside(points, hull):
    """Lift what runs below the head's hull, but for the roots."""
    sunk = np.maximum(0.015 - hull.height(points), 0)
    sunk[:, 0] = 0
    # The hull is too rough below the ears.
    sunk *= points[..., 1] > -0.5
    return points + unit(points) * np.minimum(sunk, 0.2)[..., None]


def _off_the_face(points, rest, cut):
    """Cut hairs where they would cross the face; a fringe may reach the brows.

    Returns:
        The cut hairs, and which of them are left, bool (n,).
    """
    x, y, z = np.moveaxis(points, -1, 0)
    lowest = np.where(_is_fringe(rest), -0.02, 0.22) if cut.fringe else 0.22
    lowest = np.broadcast_to(np.reshape(lowest, (-1, 1)), x.shape)
    crossing = (np.abs(x) < 0.6 + 0.12 * (y < -0.4)) & (z > 0.35) & (y < lowest)
    first = np.where(crossing.any(1), crossing.argmax(1) - 1, _NODES - 1)
    share = np.maximum(first, 0)[:, None, None] / (_NODES - 1)
    return _shortened(points, share), first > 2


def _shadow(points, hull, cut):
    """Light that gets between the hairs: less near the skin than on the outside."""
    depth = np.clip(hull.height(points) / max(cut.lift, 0.04), 0, 1.2)
    return (0.42 + 0.55 * smoothstep(0, 1, depth)).astype(np.float32)
