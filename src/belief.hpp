// What the kernels of the belief over road cells share. See localization/belief/tracker.py.
//
// A link runs from one viewpoint to the next and holds the cells link_start[l] .. link_start[l + 1] - 1 in driving
// order; its first cell lies at the viewpoint it comes from. `mass` is probability, `moment` is mass times the expected
// heading deviation (vehicle yaw - cell yaw), so that mixing two sources is an addition.

#pragma once

#include <cmath>
#include <cstdint>

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#define GEOLOC_CLONES __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define GEOLOC_CLONES
#endif

namespace geoloc {

constexpr float kPi = 3.14159265358979f;
constexpr int64_t kChunk = 2048;  // cells that stay in the first cache from one loop over them to the next
constexpr int kLanes = 16;        // partial sums: as many on every machine, so that all add in the same order

// Sum of at most kChunk values.
inline float sum_of_chunk(const float* values, int64_t count) {
  float lanes[kLanes] = {};
  const int64_t whole = count / kLanes * kLanes;
  for (int64_t i = 0; i < whole; i += kLanes) {
    for (int lane = 0; lane < kLanes; ++lane) lanes[lane] += values[i + lane];
  }
  float sum = 0.0f;
  for (const float lane : lanes) sum += lane;
  for (int64_t i = whole; i < count; ++i) sum += values[i];
  return sum;
}

}  // namespace geoloc
