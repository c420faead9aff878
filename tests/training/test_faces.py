import numpy as np

from facekit.data import FaceFrame, apply_makeup, find_faces
from facekit.portraits import load_embedded
from facekit.training.faces import group_weights, wears_lipstick


def test_small_groups_and_folders_are_seen_more_often():
    paths = [f"many/female_{k:03}.jpg" for k in range(90)]
    paths += [f"many/male_{k:03}.jpg" for k in range(10)]
    paths += [f"few/face-{k}.jpg" for k in range(4)]
    weights = group_weights(paths)
    female, male, few = weights[:90], weights[90:100], weights[100:]
    assert np.ptp(female) == np.ptp(few) == 0
    np.testing.assert_allclose(male[0] / female[0], 3)
    shares = np.array([female.sum(), male.sum(), few.sum()]) / weights.sum()
    assert (shares > np.array([0.4, 0.15, 0.2])).all()
    assert (shares < np.array([0.6, 0.3, 0.4])).all()


def test_one_group_is_drawn_evenly():
    np.testing.assert_allclose(np.ptp(group_weights(["a/x1.png", "a/x2.png"])), 0)


def test_lipstick_is_told_from_bare_lips_of_all_tones():
    for person in load_embedded(6):
        bare = person.pictures["bare"]
        landmarks = find_faces(bare, max_faces=1)[0].landmarks
        frame = FaceFrame(bare, landmarks)
        worn = apply_makeup(bare, frame, 0, look={"lipstick": 1.0}).image
        assert not wears_lipstick(bare, landmarks) and wears_lipstick(worn, landmarks)


def test_dark_photographs_wear_none():
    for person in load_embedded(4):
        bare = person.pictures["bare"]
        landmarks = find_faces(bare, max_faces=1)[0].landmarks
        dark = np.uint8(255 * (bare / 255) ** 2.2 * 0.5)
        assert not wears_lipstick(dark, landmarks)
        grey = np.repeat(dark[..., 1:2], 3, 2)
        assert not wears_lipstick(grey, landmarks)


def test_a_profile_wears_no_lipstick():
    grey = np.full((64, 64, 3), 128, "uint8")
    assert not wears_lipstick(grey, np.full((468, 2), 32.0))
