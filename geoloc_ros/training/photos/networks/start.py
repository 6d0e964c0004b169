"""Where the words of NetVLAD begin: k-means of what the backbone makes of photos (Arandjelovic et al. 2018, sec. 5)."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import torch
from sklearn.cluster import MiniBatchKMeans
from torch.nn.functional import normalize

from geoloc_ros.core.errors import ConfigError
from geoloc_ros.core.types import Float32
from geoloc_ros.training.photos.networks.heads.crn import CrnHead
from geoloc_ros.training.photos.networks.heads.netvlad import NetVladHead
from geoloc_ros.training.photos.networks.photo_network import PhotoNetwork

_CELLS_PER_PHOTO = 100


def start_clusters(network: PhotoNetwork, photos: Iterable[torch.Tensor], rng: np.random.Generator) -> None:
    """Give NetVLAD and CRN their words; other heads need none and are left as they are.

    Args:
        network: On any device.
        photos: Batches (N, 3, H, W) of red, green, blue in 0..1; a few hundred photos of the training in all.
        rng: Draws cells, and where k-means begins.

    Raises:
        ConfigError: There are fewer cells than words.
    """
    head = network.head.vlad if isinstance(network.head, CrnHead) else network.head
    if not isinstance(head, NetVladHead):
        return
    local = _local_features(network, photos, rng)
    clusters = head.centre.shape[0]
    if len(local) < clusters:
        raise ConfigError(f"{len(local)} local features do not make {clusters} words; give more photos")
    means = MiniBatchKMeans(clusters, random_state=int(rng.integers(2**31)), n_init=1, batch_size=4096).fit(local)
    nearest = np.sort(means.transform(local), axis=1)[:, :2] ** 2
    centre = torch.from_numpy(np.asarray(means.cluster_centers_, np.float32)).to(head.centre.device)
    head.start(centre, float(np.mean(nearest[:, 1] - nearest[:, 0])))


def _local_features(network: PhotoNetwork, photos: Iterable[torch.Tensor], rng: np.random.Generator) -> Float32:
    """(N, C) of unit length, at most a hundred of each photo."""
    device, was_training = next(network.parameters()).device, network.training
    network.eval()
    chosen = []
    with torch.no_grad():
        for batch in photos:
            cells = normalize(network.features(batch.to(device))[-1], dim=1).flatten(2).transpose(1, 2).cpu().numpy()
            for photo in cells:
                count = min(_CELLS_PER_PHOTO, len(photo))
                chosen.append(photo[rng.choice(len(photo), count, replace=False)])
    network.train(was_training)
    return np.concatenate(chosen).astype(np.float32)
