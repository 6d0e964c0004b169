// From the dissimilarities of one frame to the ratio, for every viewpoint, of "seen from here" and "seen from anywhere",
// and the viewpoints that are most alike; see localization/likelihood.py.

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <utility>
#include <vector>

#include "fast_math.hpp"

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#define GEOLOC_CLONES __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define GEOLOC_CLONES
#endif

namespace {

constexpr int kLanes = 16;

GEOLOC_CLONES void find_range(const float* value, int64_t count, float* lowest, float* highest) {
  float low[kLanes], high[kLanes];
  for (int l = 0; l < kLanes; ++l) low[l] = high[l] = value[0];
  int64_t i = 0;
  for (; i + kLanes <= count; i += kLanes) {
    for (int l = 0; l < kLanes; ++l) {
      low[l] = value[i + l] < low[l] ? value[i + l] : low[l];
      high[l] = value[i + l] > high[l] ? value[i + l] : high[l];
    }
  }
  for (; i < count; ++i) {
    low[0] = std::min(low[0], value[i]);
    high[0] = std::max(high[0], value[i]);
  }
  *lowest = *std::min_element(low, low + kLanes);
  *highest = *std::max_element(high, high + kLanes);
}

// out = exp(-exponent * (value - lowest)); returns their sum.
GEOLOC_CLONES double exponentials(const float* value, int64_t count, float exponent, float lowest, float* out) {
  constexpr int64_t kPart = 4096;  // summed in float within a part, in double over the parts
  double total = 0.0;
  for (int64_t start = 0; start < count; start += kPart) {
    const int64_t end = std::min(count, start + kPart);
    float sum[kLanes] = {};
    int64_t i = start;
    for (; i + kLanes <= end; i += kLanes) {
      for (int l = 0; l < kLanes; ++l) {
        out[i + l] = geoloc::fast_exp(exponent * (lowest - value[i + l]));
        sum[l] += out[i + l];
      }
    }
    for (; i < end; ++i) sum[0] += out[i] = geoloc::fast_exp(exponent * (lowest - value[i]));
    for (int l = 0; l < kLanes; ++l) total += static_cast<double>(sum[l]);
  }
  return total;
}

GEOLOC_CLONES void logarithms(float* value, int64_t count, float scale, float floor) {
  for (int64_t i = 0; i < count; ++i) value[i] = geoloc::fast_log(value[i] * scale + floor);
}

}  // namespace

extern "C" {

// log_ratio = log((1 - floor) * e / mean(e) + floor) with e = exp(-exponent * dissimilarity): exp(log_ratio) averages to 1.
void geoloc_score_log_ratios(int64_t count, const float* dissimilarity, float exponent, float floor, float* log_ratio) {
  float lowest, highest;
  find_range(dissimilarity, count, &lowest, &highest);
  const double total = exponentials(dissimilarity, count, exponent, lowest, log_ratio);
  logarithms(log_ratio, count, static_cast<float>((1.0 - floor) * static_cast<double>(count) / total), floor);
}

// log_ratio = -exponent * log(share of the others that are more alike, softened) + a constant, so that exp(log_ratio)
// averages to 1. From a fine histogram: exact but for what shares a bin. All 0 where they do not differ.
void geoloc_rank_log_ratios(int64_t count, const float* dissimilarity, float exponent, float softening,
                            float* log_ratio) {
  constexpr int kBins = 8192;
  float lowest, highest;
  find_range(dissimilarity, count, &lowest, &highest);
  if (!(highest - lowest > 1e-6f)) {
    std::fill(log_ratio, log_ratio + count, 0.0f);
    return;
  }
  const float per_bin = (kBins - 1) / (highest - lowest);
  std::vector<int64_t> histogram(kBins, 0);
  for (int64_t i = 0; i < count; ++i) ++histogram[static_cast<int>((dissimilarity[i] - lowest) * per_bin)];
  std::vector<float> lookup(kBins);
  const double all = static_cast<double>(count);
  double below = 0.0, total = 0.0;
  for (int b = 0; b < kBins; ++b) {
    const double here = static_cast<double>(histogram[b]);
    const double log_power = -exponent * std::log((below + 0.5 * here + softening) / (all + softening));
    lookup[b] = static_cast<float>(log_power);
    total += here * std::exp(log_power);
    below += here;
  }
  const float log_mean = static_cast<float>(std::log(total / all));
  for (int64_t i = 0; i < count; ++i) {
    log_ratio[i] = lookup[static_cast<int>((dissimilarity[i] - lowest) * per_bin)] - log_mean;
  }
}

// Rows of the `wanted` <= count smallest values, smallest first; of equal ones the first row first.
void geoloc_smallest(int64_t count, const float* value, int32_t wanted, int64_t* row) {
  std::vector<std::pair<float, int64_t>> kept;  // a heap, the largest on top
  kept.reserve(static_cast<size_t>(wanted));
  for (int64_t i = 0; i < wanted; ++i) kept.emplace_back(value[i], i);
  std::make_heap(kept.begin(), kept.end());
  float worst = kept.front().first;
  for (int64_t i = wanted; i < count; ++i) {
    if (!(value[i] < worst)) continue;
    std::pop_heap(kept.begin(), kept.end());
    kept.back() = {value[i], i};
    std::push_heap(kept.begin(), kept.end());
    worst = kept.front().first;
  }
  std::sort_heap(kept.begin(), kept.end());
  for (int32_t i = 0; i < wanted; ++i) row[i] = kept[static_cast<size_t>(i)].second;
}

}  // extern "C"
