import pytest

torch = pytest.importorskip("torch", reason="training needs the extra [train]")

from geoloc_ros.scan.features import NUM_NETWORK_CHANNELS  # noqa: E402
from geoloc_ros.training.ours_loss import place_and_rotation_loss  # noqa: E402
from geoloc_ros.training.ours_network import RAYS_PER_BIN, OursNetwork, rotation_scores  # noqa: E402

BINS = 36


@pytest.fixture
def network() -> OursNetwork:
    torch.manual_seed(0)
    network = OursNetwork(width=16, channels=2).eval()
    for parameter in network.parameters():
        torch.nn.init.normal_(parameter, std=0.2)
    return network


def test_turning_the_scan_by_a_bin_turns_descriptor_and_query_by_a_bin(network: OursNetwork) -> None:
    features = torch.randn(3, NUM_NETWORK_CHANNELS, 360)

    place, query = network(features)
    turned_place, turned_query = network(features.roll(RAYS_PER_BIN, dims=2))

    for before, after in ((place, turned_place), (query, turned_query)):
        expected = before[:, :-1].unflatten(1, (BINS, 2)).roll(1, 1)
        torch.testing.assert_close(after[:, :-1].unflatten(1, (BINS, 2)), expected)
        torch.testing.assert_close(after[:, -1], before[:, -1])


def test_the_score_without_rotation_is_the_inner_product(network: OursNetwork) -> None:
    place, query = network(torch.randn(4, NUM_NETWORK_CHANNELS, 360))

    scores = rotation_scores(query, place, BINS)

    torch.testing.assert_close(scores[:, :, 0], query @ place.T)


def test_a_query_turned_left_by_three_bins_scores_best_against_the_place_turned_so(network: OursNetwork) -> None:
    features = torch.randn(4, NUM_NETWORK_CHANNELS, 360)
    place, _ = network(features)
    # Bins of the place itself as the query: the best match is the place at the same rotation.
    query = torch.cat([place[:, :-1].unflatten(1, (BINS, 2)).roll(-3, 1).flatten(1), torch.ones(4, 1)], dim=1)

    scores = rotation_scores(query, place, BINS)

    assert scores[torch.arange(4), torch.arange(4)].argmax(dim=1).tolist() == [3, 3, 3, 3]


def test_a_certain_and_right_answer_costs_nothing_and_ignorance_the_logarithm_of_all_candidates() -> None:
    query = torch.zeros(3, 2 * BINS + 1)
    query[:, -1] = 1.0
    far_apart_m = torch.tensor([[0.0, 0.0], [100.0, 0.0], [0.0, 100.0]])

    ignorant = place_and_rotation_loss(query, torch.zeros(3, 2 * BINS + 1), far_apart_m, BINS)

    # The right place turned by one bin either way does not count.
    torch.testing.assert_close(ignorant, torch.log(torch.tensor(3.0 * BINS - 2.0)))


def test_a_place_ten_metres_away_is_no_wrong_answer() -> None:
    query = torch.zeros(2, BINS + 1)
    query[:, -1] = 1.0
    near_m = torch.tensor([[0.0, 0.0], [10.0, 0.0]])

    loss = place_and_rotation_loss(query, torch.zeros(2, BINS + 1), near_m, BINS)

    torch.testing.assert_close(loss, torch.log(torch.tensor(2.0 * BINS - 5.0)))
