import numpy as np

from facekit.training.faces import group_weights


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
