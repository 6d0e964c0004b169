// Inner products of one query with every row of a matrix in half precision: how much a frame looks like each place.
//
// All places of a city are one pass over memory, so half the bytes take half the time; a descriptor is worth less than
// the 11 bits of a half. Products are summed in float.

#include <cstdint>
#include <cstring>

#if defined(__x86_64__) && defined(__GNUC__)
#define GEOLOC_X86 1
#include <immintrin.h>
#define GEOLOC_AVX2 __attribute__((target("avx2,fma,f16c")))
#endif

namespace {

constexpr int kLanes = 8;
typedef uint16_t Halves __attribute__((vector_size(2 * kLanes)));
typedef uint32_t Words __attribute__((vector_size(4 * kLanes)));
typedef float Floats __attribute__((vector_size(4 * kLanes)));

// Adds kLanes products. A half's exponent in a float's place is 112 too small, for subnormal numbers too.
inline void add_products(const uint16_t* row, const float* query, Floats& sums) {
  Halves half;
  Floats factor;
  std::memcpy(&half, row, sizeof half);
  std::memcpy(&factor, query, sizeof factor);
  const Words word = __builtin_convertvector(half, Words);
  const Floats magnitude = (Floats)((word & 0x7fffu) << 13) * 0x1p112f;
  sums += (Floats)((Words)magnitude | (word & 0x8000u) << 16) * factor;
}

void multiply_portable(const uint16_t* row, int64_t count, int64_t width, const float* query, float* product) {
  const int64_t whole = width / kLanes * kLanes;
  uint16_t last_row[kLanes] = {};
  float last_query[kLanes] = {};
  std::memcpy(last_query, query + whole, sizeof(float) * static_cast<size_t>(width - whole));
  for (int64_t i = 0; i < count; ++i, row += width) {
    Floats sums = {};
    for (int64_t k = 0; k < whole; k += kLanes) add_products(row + k, query + k, sums);
    std::memcpy(last_row, row + whole, sizeof(uint16_t) * static_cast<size_t>(width - whole));
    add_products(last_row, last_query, sums);
    float sum = 0.0f;
    for (int lane = 0; lane < kLanes; ++lane) sum += sums[lane];
    product[i] = sum;
  }
}

#ifdef GEOLOC_X86

GEOLOC_AVX2 inline __m256 widen(const uint16_t* p) {
  return _mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)));
}

GEOLOC_AVX2 inline float sum_of(__m256 v) {
  const __m128 half = _mm_add_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
  const __m128 pair = _mm_add_ps(half, _mm_movehl_ps(half, half));
  return _mm_cvtss_f32(_mm_add_ss(pair, _mm_movehdup_ps(pair)));
}

// Rows at a time, for as many sums that do not wait for each other. AVX-512 is no faster: memory is the limit.
template <int kRows>
GEOLOC_AVX2 inline void multiply_rows(const uint16_t* row, int64_t width, const float* query, __m256 last,
                                      float* product) {
  constexpr int W = 8;
  __m256 sums[kRows];
  // The last vector of a row overlaps the one before; `last` is 0 where it does.
  for (int r = 0; r < kRows; ++r) sums[r] = _mm256_mul_ps(widen(row + (r + 1) * width - W), last);
  for (int64_t k = 0; k + W <= width; k += W) {
    const __m256 factor = _mm256_loadu_ps(query + k);
    for (int r = 0; r < kRows; ++r) sums[r] = _mm256_fmadd_ps(widen(row + r * width + k), factor, sums[r]);
  }
  for (int r = 0; r < kRows; ++r) product[r] = sum_of(sums[r]);
}

GEOLOC_AVX2 void multiply_avx2(const uint16_t* row, int64_t count, int64_t width, const float* query, float* product) {
  constexpr int W = 8, kRows = 4;
  float tail[W] = {};
  for (int64_t k = width / W * W; k < width; ++k) tail[k - (width - W)] = query[k];
  const __m256 last = _mm256_loadu_ps(tail);
  int64_t i = 0;
  for (; i + kRows <= count; i += kRows) multiply_rows<kRows>(row + i * width, width, query, last, product + i);
  for (; i < count; ++i) multiply_rows<1>(row + i * width, width, query, last, product + i);
}

bool has_avx2() {
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("f16c");
}

#endif

}  // namespace

// product (count,) of `rows` (count, width), IEEE halves, with `query` (width,). portable: not 0 uses no instructions
// that only some processors have, for tests.
extern "C" void geoloc_half_products(const uint16_t* rows, int64_t count, int64_t width, const float* query,
                                     int32_t portable, float* product) {
#ifdef GEOLOC_X86
  if (!portable && width >= 8 && has_avx2()) return multiply_avx2(rows, count, width, query, product);
#endif
  (void)portable;
  multiply_portable(rows, count, width, query, product);
}

// product (chosen,) of the rows `row` (chosen,) of `rows` (any number, width) with `query` (width,).
extern "C" void geoloc_half_products_at(const uint16_t* rows, int64_t width, const int64_t* row, int64_t chosen,
                                        const float* query, int32_t portable, float* product) {
  for (int64_t i = 0; i < chosen; ++i) {
    geoloc_half_products(rows + row[i] * width, 1, width, query, portable, product + i);
  }
}
