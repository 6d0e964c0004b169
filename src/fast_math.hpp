// exp and log of whole vectors without calls: the compiler vectorises loops and clones over them.
#pragma once

#include <cstdint>
#include <cstring>

#define GEOLOC_INLINE inline __attribute__((always_inline))

namespace geoloc {

// exp(x) within 3e-7 of its value; x below -87 counts as -87, above 88 as 88. No NaN.
GEOLOC_INLINE float fast_exp(float x) {
  x = x < -87.0f ? -87.0f : x;
  x = x > 88.0f ? 88.0f : x;
  // Adding 1.5 * 2^23 leaves the nearest whole number in the last bits.
  constexpr float kRound = 12582912.0f;
  const float shifted = x * 1.44269504f + kRound;
  const float n = shifted - kRound;
  const float r = (x - n * 0.693359375f) + n * 2.12194440e-4f;
  float p = 1.9875691500e-4f;
  p = p * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  p = p * r * r + r + 1.0f;
  int32_t bits;
  std::memcpy(&bits, &shifted, sizeof bits);
  bits = static_cast<int32_t>(static_cast<uint32_t>(bits) << 23) + 0x3f800000;
  float power;
  std::memcpy(&power, &bits, sizeof power);
  return p * power;
}

// log(x) of a normal number above 0, within 3e-7 plus as much of its value.
GEOLOC_INLINE float fast_log(float x) {
  int32_t bits;
  std::memcpy(&bits, &x, sizeof bits);
  const int32_t exponent = (bits - 0x3f3504f3) >> 23;  // of the power of two that leaves sqrt(1/2) to sqrt(2)
  bits -= exponent * (1 << 23);
  float m;
  std::memcpy(&m, &bits, sizeof m);
  const float r = m - 1.0f;
  float p = 7.0376836292e-2f;
  p = p * r - 1.1514610310e-1f;
  p = p * r + 1.1676998740e-1f;
  p = p * r - 1.2420140846e-1f;
  p = p * r + 1.4249322787e-1f;
  p = p * r - 1.6668057665e-1f;
  p = p * r + 2.0000714765e-1f;
  p = p * r - 2.4999993993e-1f;
  p = p * r + 3.3333331174e-1f;
  const float e = static_cast<float>(exponent);
  return (p * r * r * r - 0.5f * r * r) - 2.12194440e-4f * e + r + 0.693359375f * e;
}

}  // namespace geoloc
