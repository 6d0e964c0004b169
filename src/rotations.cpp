// How much one query looks like every viewpoint in every turn of the camera; see localization/camera_yaw/spectra.py.
//
// Turning a query shifts its bins, so its products with one descriptor in all turns are a circular correlation: a product
// of two spectra and one small transform back. 36 turns of 6 channels cost 1 100 multiplications instead of 7 800.

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>

#include "fast_math.hpp"

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#define GEOLOC_CLONES __attribute__((target_clones("avx512f", "arch=haswell", "default")))
#else
#define GEOLOC_CLONES
#endif

namespace {

constexpr int kLanes = 16;  // viewpoints at a time
constexpr int kMaxTurns = 128;  // MOST_BINS of localization/camera_yaw/turning.py
constexpr int kMaxFrequencies = kMaxTurns / 2 + 1;

typedef float Floats __attribute__((vector_size(4 * kLanes)));
typedef int16_t Shorts __attribute__((vector_size(2 * kLanes)));

struct Spectra {
  int32_t turns, frequencies, channels;
  const int16_t* coefficient;  // (blocks, frequencies, channels, 2, kLanes): real and imaginary parts
  const float* bias;           // (blocks, kLanes)
};

inline __attribute__((always_inline)) void load(const int16_t* from, Floats& to) {
  Shorts whole;
  std::memcpy(&whole, from, sizeof whole);
  to = __builtin_convertvector(whole, Floats);
}

// score[t] of one block in every turn t.
inline __attribute__((always_inline)) void correlate(const Spectra& s, int64_t block, const float* query,
                                                     float query_bias, const float* wave, Floats* score) {
  Floats even[kMaxFrequencies], odd[kMaxFrequencies];
  const int64_t row = static_cast<int64_t>(s.frequencies) * s.channels * 2;
  const int16_t* d = s.coefficient + block * row * kLanes;
  const float* q = query;
  for (int f = 0; f < s.frequencies; ++f) {
    Floats rr = {}, ii = {}, ir = {}, ri = {};
    for (int c = 0; c < s.channels; ++c, d += 2 * kLanes, q += 2) {
      Floats re, im;
      load(d, re);
      load(d + kLanes, im);
      rr += re * q[0];
      ii += im * q[1];
      ir += im * q[0];
      ri += re * q[1];
    }
    even[f] = rr + ii;
    odd[f] = ri - ir;
  }
  Floats bias;
  std::memcpy(&bias, s.bias + block * kLanes, sizeof bias);
  even[0] += bias * query_bias;
  // Turns t and -t share their cosines and differ in the sign of their sines. `wave`: (turns / 2 + 1, frequencies, 2).
  constexpr int kAtOnce = 2;
  const int half = s.turns / 2 + 1;
  for (int t = 0; t < half; t += kAtOnce) {
    const float* w[kAtOnce];
    Floats cosine[kAtOnce] = {}, sine[kAtOnce] = {};
    for (int a = 0; a < kAtOnce; ++a) w[a] = wave + static_cast<int64_t>(std::min(t + a, half - 1)) * s.frequencies * 2;
    for (int f = 0; f < s.frequencies; ++f) {
      for (int a = 0; a < kAtOnce; ++a) {
        cosine[a] += even[f] * w[a][2 * f];
        sine[a] += odd[f] * w[a][2 * f + 1];
      }
    }
    for (int a = 0; a < kAtOnce && t + a < half; ++a) {
      score[t + a] = cosine[a] + sine[a];
      if (t + a > 0) score[s.turns - t - a] = cosine[a] - sine[a];
    }
  }
}

GEOLOC_CLONES void marginalise(const Spectra& s, int64_t blocks, const float* query, float query_bias,
                               const float* wave, const float* prior, const float* belief, float* marginal,
                               double* turn_weight) {
  Floats score[kMaxTurns];
  float level = -1e30f;  // turn weights are relative to exp(level)
  std::fill(turn_weight, turn_weight + s.turns, 0.0);
  for (int64_t block = 0; block < blocks; ++block, marginal += kLanes, belief += kLanes) {
    correlate(s, block, query, query_bias, wave, score);
    Floats best = score[0];
    for (int t = 1; t < s.turns; ++t) best = score[t] > best ? score[t] : best;
    Floats sum = {};
    for (int t = 0; t < s.turns; ++t) {
      Floats& weight = score[t];
      weight -= best;
      for (int l = 0; l < kLanes; ++l) weight[l] = geoloc::fast_exp(weight[l]);
      sum += weight * prior[t];
    }
    float highest = best[0];
    for (int l = 0; l < kLanes; ++l) {
      marginal[l] = best[l] + geoloc::fast_log(sum[l]);
      highest = std::max(highest, best[l]);
    }
    if (!(*std::max_element(belief, belief + kLanes) > 0.0f)) continue;
    if (highest > level) {
      const double fall = std::exp(static_cast<double>(level) - static_cast<double>(highest));
      for (int t = 0; t < s.turns; ++t) turn_weight[t] *= fall;
      level = highest;
    }
    Floats share;
    std::memcpy(&share, belief, sizeof share);
    for (int l = 0; l < kLanes; ++l) share[l] *= geoloc::fast_exp(best[l] - level);
    for (int t = 0; t < s.turns; ++t) {
      const Floats part = score[t] * share;
      float total = 0.0f;
      for (int l = 0; l < kLanes; ++l) total += part[l];
      turn_weight[t] += static_cast<double>(total);
    }
  }
}

}  // namespace

extern "C" {

// Scores of a query against blocks of 16 viewpoints in every turn of the query, marginalised both ways.
// coefficient (blocks, frequencies, channels, 2, 16), bias (blocks, 16): spectra of the descriptors and what does not
// turn. query (frequencies, channels, 2): spectrum of the query, scaled so that even + odd terms of `wave`
// (turns / 2 + 1, frequencies, 2) give scores in nats. prior (turns,): of the turns; belief (blocks, 16): of the viewpoints.
// marginal (blocks, 16) = log(sum over turns of prior * exp(score)).
// turn_weight (turns,) = sum over viewpoints of belief * exp(score), times a number that is the same for all turns.
void geoloc_turn_marginals(int64_t blocks, int32_t turns, int32_t channels, const int16_t* coefficient,
                           const float* bias, const float* query, float query_bias, const float* wave,
                           const float* prior, const float* belief, float* marginal, double* turn_weight) {
  const Spectra spectra = {turns, turns / 2 + 1, channels, coefficient, bias};
  marginalise(spectra, blocks, query, query_bias, wave, prior, belief, marginal, turn_weight);
}

}  // extern "C"
