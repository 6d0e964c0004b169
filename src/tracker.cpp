// Belief over every road cell of a city: one forward (sum-product) step, its weighting, and what can be read from it.
//
// A link runs from one viewpoint to the next and holds the cells link_start[l] .. link_start[l + 1] - 1 in driving
// order; its first cell lies at the viewpoint it comes from. `mass` is probability, `moment` is mass times the expected
// heading deviation (vehicle yaw - cell yaw), so that mixing two sources is an addition. See localization/tracker.py.

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#define GEOLOC_CLONES __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define GEOLOC_CLONES
#endif

namespace {

constexpr float kPi = 3.14159265358979f;

// Weight of a heading deviation (Geman-McClure: 1 at none, 1 - penalty far away), applied to a cell's mass and moment.
GEOLOC_CLONES void penalise_heading(float* mass, float* moment, int64_t cells, float variance, float penalty,
                                    float relaxation, float leak_mass, float keep) {
  for (int64_t c = 0; c < cells; ++c) {
    const float m = mass[c];
    const float deviation = moment[c] / (m + 1e-30f);  // no branch: an empty cell has no moment either
    const float turns = std::floor(deviation / (2.0f * kPi) + 0.5f);
    const float wrapped = deviation - turns * 2.0f * kPi;
    const float square = wrapped * wrapped;
    const float weight = keep * m * (1.0f - penalty * square / (square + variance));
    mass[c] = weight + leak_mass;
    moment[c] = weight * wrapped * relaxation;
  }
}

}  // namespace

extern "C" {

// log_rank[i] = log((number of dissimilarities below dissimilarity[i] + softening) / (count + softening)), from a fine histogram:
// exact but for what shares a bin. All 0 where they do not differ.
void geoloc_log_ranks(int64_t count, const float* dissimilarity, float softening, float* log_rank) {
  constexpr int kBins = 8192;
  float lowest = dissimilarity[0], highest = dissimilarity[0];
  for (int64_t i = 1; i < count; ++i) {
    lowest = std::min(lowest, dissimilarity[i]);
    highest = std::max(highest, dissimilarity[i]);
  }
  if (!(highest - lowest > 1e-6f)) {
    for (int64_t i = 0; i < count; ++i) log_rank[i] = 0.0f;
    return;
  }
  const float per_bin = (kBins - 1) / (highest - lowest);
  std::vector<int64_t> histogram(kBins, 0);
  for (int64_t i = 0; i < count; ++i) ++histogram[static_cast<int>((dissimilarity[i] - lowest) * per_bin)];
  std::vector<float> lookup(kBins);
  double below = 0.0;
  for (int b = 0; b < kBins; ++b) {
    const double middle = below + 0.5 * static_cast<double>(histogram[b]);
    lookup[b] = static_cast<float>(std::log((middle + softening) / (static_cast<double>(count) + softening)));
    below += static_cast<double>(histogram[b]);
  }
  for (int64_t i = 0; i < count; ++i) log_rank[i] = lookup[static_cast<int>((dissimilarity[i] - lowest) * per_bin)];
}

// Moves all mass on by one cell, but for the share `stay` that lags behind; the vehicle turned by `turn_rad` meanwhile.
// arriving_mass, arriving_moment: scratch (V,), overwritten. out_share (V,): 1 / links that leave a viewpoint.
void geoloc_tracker_hop(int64_t links, int64_t viewpoints, const int64_t* link_start, const int32_t* link_from,
                        const int32_t* link_to, const float* cell_turn, const float* exit_turn, const float* out_share,
                        float stay, float scale, float turn_rad, float* arriving_mass, float* arriving_moment,
                        float* mass, float* moment) {
  for (int64_t v = 0; v < viewpoints; ++v) arriving_mass[v] = arriving_moment[v] = 0.0f;
  for (int64_t l = 0; l < links; ++l) {
    if (link_to[l] < 0) continue;  // the map ends here
    const int64_t last = link_start[l + 1] - 1;
    arriving_mass[link_to[l]] += mass[last];
    arriving_moment[link_to[l]] += moment[last] + mass[last] * (turn_rad - exit_turn[l]);
  }
  const float stays = stay * scale, goes = (1.0f - stay) * scale;
  for (int64_t l = 0; l < links; ++l) {
    const int64_t first = link_start[l];
    for (int64_t c = link_start[l + 1] - 1; c > first; --c) {
      moment[c] = stays * (moment[c] + mass[c] * turn_rad) +
                  goes * (moment[c - 1] + mass[c - 1] * (turn_rad - cell_turn[c]));
      mass[c] = stays * mass[c] + goes * mass[c - 1];
    }
    const float share = goes * out_share[link_from[l]];
    moment[first] = stays * (moment[first] + mass[first] * turn_rad) + share * arriving_moment[link_from[l]];
    mass[first] = stays * mass[first] + share * arriving_mass[link_from[l]];
  }
}

// Penalises headings that do not follow the road, forgets deviations slowly, and leaks mass to every cell.
void geoloc_tracker_settle(int64_t cells, float variance_rad2, float penalty, float relaxation, float leak,
                           float* mass, float* moment) {
  penalise_heading(mass, moment, cells, variance_rad2, penalty, relaxation, leak / static_cast<float>(cells),
                   1.0f - leak);
}

// Multiplies every cell by the likelihood between its two viewpoints; returns the total mass after that.
double geoloc_tracker_weigh(int64_t links, const int64_t* link_start, const int32_t* link_from, const int32_t* link_to,
                            const float* likelihood, float phase, float* mass, float* moment) {
  double total = 0.0;
  for (int64_t l = 0; l < links; ++l) {
    const int64_t first = link_start[l], cells = link_start[l + 1] - first;
    const float here = likelihood[link_from[l]];
    const float there = link_to[l] < 0 ? here : likelihood[link_to[l]];
    const float slope = (there - here) / static_cast<float>(cells);
    float sum = 0.0f;
    for (int64_t k = 0; k < cells; ++k) {
      const float weight = here + slope * (static_cast<float>(k) + phase);
      mass[first + k] *= weight;
      moment[first + k] *= weight;
      sum += mass[first + k];
    }
    total += sum;
  }
  return total;
}

// Probability of every viewpoint (V,): a cell's mass goes to the nearer end of its link.
void geoloc_tracker_belief(int64_t links, int64_t viewpoints, const int64_t* link_start, const int32_t* link_from,
                           const int32_t* link_to, float scale, const float* mass, float* belief) {
  for (int64_t v = 0; v < viewpoints; ++v) belief[v] = 0.0f;
  for (int64_t l = 0; l < links; ++l) {
    const int64_t first = link_start[l], end = link_start[l + 1], middle = first + (end - first + 1) / 2;
    float near = 0.0f, far = 0.0f;
    for (int64_t c = first; c < middle; ++c) near += mass[c];
    for (int64_t c = middle; c < end; ++c) far += mass[c];
    belief[link_from[l]] += scale * near;
    belief[link_to[l] < 0 ? link_from[l] : link_to[l]] += scale * far;
  }
}

// Sums over the cells within `radius_m` of (x_m, y_m) whose yaw, deviation included, is within acos(min_cosine) of
// `yaw_rad`. x, y (C,) relative to the same point as x_m, y_m.
// out (9,): mass, and mass times dx, dy, dx^2, dx dy, dy^2, dyaw, dyaw^2, cell yaw - yaw_rad; d is "minus the centre".
void geoloc_tracker_cluster(int64_t cells, const float* x, const float* y, const float* yaw, const float* mass,
                            const float* moment, float x_m, float y_m, float yaw_rad, float radius_m,
                            float max_turn_rad, double* out) {
  for (int i = 0; i < 9; ++i) out[i] = 0.0;
  const float radius2 = radius_m * radius_m;
  for (int64_t c = 0; c < cells; ++c) {
    const float dx = x[c] - x_m, dy = y[c] - y_m;
    if (dx * dx + dy * dy > radius2 || mass[c] <= 0.0f) continue;
    const float road = std::remainder(yaw[c] - yaw_rad, 2.0f * kPi);
    const float turn = std::remainder(road + moment[c] / mass[c], 2.0f * kPi);
    if (std::fabs(turn) > max_turn_rad) continue;
    const double m = mass[c];
    out[0] += m;
    out[1] += m * dx;
    out[2] += m * dy;
    out[3] += m * dx * dx;
    out[4] += m * dx * dy;
    out[5] += m * dy * dy;
    out[6] += m * turn;
    out[7] += m * turn * turn;
    out[8] += m * road;
  }
}

}  // extern "C"
