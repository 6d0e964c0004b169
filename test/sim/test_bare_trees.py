import numpy as np

from geoloc_ros.sim.bare_trees import bare_branches
from geoloc_ros.sim.furniture import Trees
from geoloc_ros.sim.terrain import flat_terrain


def test_branches_stay_where_the_crown_was_with_leaves() -> None:
    trees = Trees(np.array([(20.0, 10.0)]), np.array([9.0], np.float32), np.array([2.0], np.float32))
    mesh = bare_branches(trees, np.array([True]), flat_terrain(), np.array([20.0, 10.0]))
    away_m = np.hypot(*mesh.vertices_m.reshape(-1, 3)[:, :2].T)
    assert 1.5 < away_m.max() < 2.8
    assert mesh.vertices_m[..., 2].min() > 2.5 and mesh.vertices_m[..., 2].max() < 10.5
