// What is seen, and what others say of position and heading, into the belief over road cells; and the belief read out.

#include "belief.hpp"

#include <algorithm>
#include <cstddef>

using geoloc::kPi;

extern "C" {

// Multiplies every cell by the likelihood between its two viewpoints, `phase` cells further on; returns the total then.
double geoloc_belief_weigh(int64_t links, const int64_t* link_start, const int32_t* link_from, const int32_t* link_to,
                           const float* likelihood, float phase, float* mass, float* moment) {
  double total = 0.0;
  for (int64_t l = 0; l < links; ++l) {
    const int64_t first = link_start[l], cells = link_start[l + 1] - first;
    const float here = likelihood[link_from[l]];
    const float there = link_to[l] < 0 ? here : likelihood[link_to[l]];
    const float slope = (there - here) / static_cast<float>(cells);
    float sum = 0.0f;
    for (int64_t k = 0; k < cells; ++k) {
      const float weight = here + slope * std::max(0.0f, static_cast<float>(k) + phase);
      mass[first + k] *= weight;
      moment[first + k] *= weight;
      sum += mass[first + k];
    }
    total += sum;
  }
  return total;
}

// Probability of every viewpoint (V,): a cell's mass goes to the nearer end of its link.
void geoloc_belief_of_viewpoints(int64_t links, int64_t viewpoints, const int64_t* link_start, const int32_t* link_from,
                                 const int32_t* link_to, float scale, const float* mass, float* belief) {
  std::fill(belief, belief + viewpoints, 0.0f);
  for (int64_t l = 0; l < links; ++l) {
    const int64_t first = link_start[l], end = link_start[l + 1], middle = first + (end - first + 1) / 2;
    float near = 0.0f, far = 0.0f;
    for (int64_t c = first; c < middle; ++c) near += mass[c];
    for (int64_t c = middle; c < end; ++c) far += mass[c];
    belief[link_from[l]] += scale * near;
    belief[link_to[l] < 0 ? link_from[l] : link_to[l]] += scale * far;
  }
}

// Multiplies every cell by table[bin of the vehicle's yaw] (bins,), bin 0 at yaw -pi; returns the total then.
double geoloc_belief_weigh_yaw(int64_t cells, const float* yaw, const float* table, int32_t bins, float* mass,
                               float* moment) {
  const float per_rad = static_cast<float>(bins) / (2.0f * kPi);
  double total = 0.0;
  for (int64_t c = 0; c < cells; ++c) {
    const float turns = (yaw[c] + moment[c] / (mass[c] + 1e-30f)) / (2.0f * kPi) + 0.5f;
    const int32_t bin = static_cast<int32_t>((turns - std::floor(turns)) * 2.0f * kPi * per_rad);
    const float weight = table[std::min(bin, bins - 1)];
    mass[c] *= weight;
    moment[c] *= weight;
    total += static_cast<double>(mass[c]);
  }
  return total;
}

// Multiplies the listed cells (count,) by their factors.
void geoloc_belief_weigh_cells(int64_t count, const int64_t* cell, const float* factor, float* mass, float* moment) {
  for (int64_t i = 0; i < count; ++i) {
    mass[cell[i]] *= factor[i];
    moment[cell[i]] *= factor[i];
  }
}

}  // extern "C"
