// How well an observed scan fits what the map shows from many poses, ray by ray; see localization/ray_likelihood.py.

#include <algorithm>
#include <cstdint>
#include <vector>

namespace {

// Scores of kTurns turns at once: their sums stay in registers, and each row is fetched once.
template <int kTurns>
void score_turns(const uint8_t* seen, const int32_t* turn, int32_t symbols, int32_t runs, const int32_t* run_start,
                 const float* run_weight, const int32_t* ray, const float* rows, float floor, float* out) {
  float total[kTurns] = {};
  for (int32_t s = 0; s < runs; ++s) {
    float sum[kTurns] = {};
    for (int32_t j = run_start[s]; j < run_start[s + 1]; ++j) {
      const float* row = rows + static_cast<int64_t>(j) * symbols;
      const uint8_t* here = seen + ray[j];
      for (int t = 0; t < kTurns; ++t) sum[t] += row[here[turn[t]]];
    }
    for (int t = 0; t < kTurns; ++t) total[t] += std::max(sum[t] * run_weight[s], floor);
  }
  for (int t = 0; t < kTurns; ++t) out[t] = total[t];
}

}  // namespace

extern "C" {

// symbol (scans, rays): bin_of_range[range * bins_per_m] * distances + distance_class[rays to the nearest edge], an edge
// being where the building differs from that of the ray before. The bin is `nothing` where the range is NaN or beyond
// the `ranges` entries of bin_of_range; distances beyond the last of the `nearest` entries of distance_class count as it.
void geoloc_ray_symbols(int64_t scans, int32_t rays, const float* range_m, const int32_t* building, float bins_per_m,
                        int32_t ranges, const uint8_t* bin_of_range, uint8_t nothing, int32_t nearest,
                        const uint8_t* distance_class, uint8_t distances, uint8_t* symbol) {
  std::vector<int32_t> away(rays);
  for (int64_t i = 0; i < scans; ++i) {
    const float* range = range_m + i * rays;
    const int32_t* of = building + i * rays;
    uint8_t* out = symbol + i * rays;
    int32_t behind = nearest - 1;
    // Twice round, so that the last edge before any ray has been met; the same the other way.
    for (int32_t k = -rays; k < rays; ++k) {
      const int32_t now = k < 0 ? k + rays : k;
      behind = of[now] != of[now == 0 ? rays - 1 : now - 1] ? 0 : std::min(behind + 1, nearest - 1);
      away[now] = behind;
    }
    int32_t ahead = nearest - 1;
    for (int32_t k = 2 * rays - 1; k >= 0; --k) {
      const int32_t now = k >= rays ? k - rays : k;
      ahead = std::min(ahead + 1, nearest - 1);
      if (k < rays) away[now] = std::min(away[now], ahead);
      if (of[now] != of[now == 0 ? rays - 1 : now - 1]) ahead = 0;
    }
    for (int32_t k = 0; k < rays; ++k) {
      const float step = range[k] * bins_per_m;  // NaN compares false
      const uint8_t bin = step >= 0.0f && step < static_cast<float>(ranges) ? bin_of_range[static_cast<int>(step)] : nothing;
      out[k] = static_cast<uint8_t>(bin * distances + distance_class[away[k]]);
    }
  }
}

// score (scans, turns) = sum over runs of max(run_weight * sum over the run's rays j of rows[j][symbol at ray + turn],
// floor). Rows (J, symbols) belong to the observed rays `ray` (J,); turns are 0 .. rays - 1.
void geoloc_ray_scores(int64_t scans, int32_t rays, const uint8_t* symbol, int32_t symbols, int32_t runs,
                       const int32_t* run_start, const float* run_weight, const int32_t* ray, const float* rows,
                       float floor, int32_t turns, const int32_t* turn, float* score) {
  std::vector<uint8_t> twice(2 * static_cast<size_t>(rays));
  for (int64_t i = 0; i < scans; ++i) {
    std::copy(symbol + i * rays, symbol + (i + 1) * rays, twice.begin());
    std::copy(symbol + i * rays, symbol + (i + 1) * rays, twice.begin() + rays);
    float* out = score + i * turns;
    int32_t t = 0;
    for (; t + 4 <= turns; t += 4) {
      score_turns<4>(twice.data(), turn + t, symbols, runs, run_start, run_weight, ray, rows, floor, out + t);
    }
    for (; t < turns; ++t) {
      score_turns<1>(twice.data(), turn + t, symbols, runs, run_start, run_weight, ray, rows, floor, out + t);
    }
  }
}

}  // extern "C"
