// Inner products of queries with every row of a matrix in half precision: how much a frame looks like each place.
//
// All places of a city are one pass over memory, so half the bytes take half the time; a descriptor is worth less than
// the 11 bits of a half. Products are summed in float.

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <vector>

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

// One row at a time, in one unbroken stream: four streams of long rows each are too short for the processor to foresee.
template <int kSums>
GEOLOC_AVX2 inline float multiply_long_row(const uint16_t* row, int64_t width, const float* query, __m256 last) {
  constexpr int W = 8;
  __m256 sums[kSums];
  sums[0] = _mm256_mul_ps(widen(row + width - W), last);
  for (int s = 1; s < kSums; ++s) sums[s] = _mm256_setzero_ps();
  int64_t k = 0;
  for (; k + kSums * W <= width; k += kSums * W) {
    for (int s = 0; s < kSums; ++s) {
      sums[s] = _mm256_fmadd_ps(widen(row + k + s * W), _mm256_loadu_ps(query + k + s * W), sums[s]);
    }
  }
  for (; k + W <= width; k += W) {
    sums[0] = _mm256_fmadd_ps(widen(row + k), _mm256_loadu_ps(query + k), sums[0]);
  }
  for (int s = 1; s < kSums; ++s) sums[0] = _mm256_add_ps(sums[0], sums[s]);
  return sum_of(sums[0]);
}

GEOLOC_AVX2 void multiply_avx2(const uint16_t* row, int64_t count, int64_t width, const float* query, float* product) {
  constexpr int W = 8, kRows = 4, kSums = 4, kLongRow = 192;
  float tail[W] = {};
  for (int64_t k = width / W * W; k < width; ++k) tail[k - (width - W)] = query[k];
  const __m256 last = _mm256_loadu_ps(tail);
  int64_t i = 0;
  if (width >= kLongRow) {
    for (; i < count; ++i) product[i] = multiply_long_row<kSums>(row + i * width, width, query, last);
    return;
  }
  for (; i + kRows <= count; i += kRows) multiply_rows<kRows>(row + i * width, width, query, last, product + i);
  for (; i < count; ++i) multiply_rows<1>(row + i * width, width, query, last, product + i);
}

// Products of kRows rows, already floats, with kQueries queries: a tile that stays in registers.
template <int kRows, int kQueries>
GEOLOC_AVX2 inline void multiply_tile(const float* rows, const float* queries, int64_t padded, int64_t count,
                                      float* product) {
  constexpr int W = 8;
  __m256 sums[kRows][kQueries];
  for (int r = 0; r < kRows; ++r) {
    for (int q = 0; q < kQueries; ++q) sums[r][q] = _mm256_setzero_ps();
  }
  for (int64_t k = 0; k < padded; k += W) {
    __m256 factor[kQueries];
    for (int q = 0; q < kQueries; ++q) factor[q] = _mm256_loadu_ps(queries + q * padded + k);
    for (int r = 0; r < kRows; ++r) {
      const __m256 value = _mm256_loadu_ps(rows + r * padded + k);
      for (int q = 0; q < kQueries; ++q) sums[r][q] = _mm256_fmadd_ps(value, factor[q], sums[r][q]);
    }
  }
  for (int q = 0; q < kQueries; ++q) {
    for (int r = 0; r < kRows; ++r) product[q * count + r] = sum_of(sums[r][q]);
  }
}

template <int kQueries>
GEOLOC_AVX2 inline void multiply_block(const float* rows, int64_t num_rows, const float* queries, int64_t padded,
                                       int64_t count, float* product) {
  int64_t r = 0;
  for (; r + 3 <= num_rows; r += 3) multiply_tile<3, kQueries>(rows + r * padded, queries, padded, count, product + r);
  for (; r < num_rows; ++r) multiply_tile<1, kQueries>(rows + r * padded, queries, padded, count, product + r);
}

GEOLOC_AVX2 void widen_block(const uint16_t* rows, int64_t num_rows, int64_t width, int64_t padded, float* out) {
  constexpr int W = 8;
  for (int64_t r = 0; r < num_rows; ++r, rows += width, out += padded) {
    int64_t k = 0;
    for (; k + W <= width; k += W) _mm256_storeu_ps(out + k, widen(rows + k));
    for (; k < padded; ++k) out[k] = k < width ? _cvtsh_ss(rows[k]) : 0.0f;
  }
}

GEOLOC_AVX2 void multiply_many_avx2(const uint16_t* rows, int64_t count, int64_t width, const float* queries,
                                    int64_t num_queries, float* product) {
  constexpr int64_t W = 8;
  const int64_t padded = (width + W - 1) / W * W;
  // As many rows as stay in the first cache beside four queries.
  const int64_t block = std::max<int64_t>(3, 4096 / padded / 3 * 3);
  std::vector<float> wide(static_cast<size_t>(block * padded)), query(static_cast<size_t>(num_queries * padded));
  for (int64_t q = 0; q < num_queries; ++q) std::copy_n(queries + q * width, width, query.data() + q * padded);
  for (int64_t i = 0; i < count; i += block) {
    const int64_t n = std::min(block, count - i);
    widen_block(rows + i * width, n, width, padded, wide.data());
    int64_t q = 0;
    for (; q + 4 <= num_queries; q += 4) {
      multiply_block<4>(wide.data(), n, query.data() + q * padded, padded, count, product + q * count + i);
    }
    for (; q < num_queries; ++q) {
      multiply_block<1>(wide.data(), n, query.data() + q * padded, padded, count, product + q * count + i);
    }
  }
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

// product (num_queries, count) of `rows` (count, width) with `queries` (num_queries, width): each row is read once.
extern "C" void geoloc_half_products_many(const uint16_t* rows, int64_t count, int64_t width, const float* queries,
                                          int64_t num_queries, int32_t portable, float* product) {
#ifdef GEOLOC_X86
  if (!portable && num_queries > 1 && has_avx2()) {
    return multiply_many_avx2(rows, count, width, queries, num_queries, product);
  }
#endif
  for (int64_t q = 0; q < num_queries; ++q) {
    geoloc_half_products(rows, count, width, queries + q * width, portable, product + q * count);
  }
}

// product (chosen,) of the rows `row` (chosen,) of `rows` (any number, width) with `query` (width,).
extern "C" void geoloc_half_products_at(const uint16_t* rows, int64_t width, const int64_t* row, int64_t chosen,
                                        const float* query, int32_t portable, float* product) {
  for (int64_t i = 0; i < chosen; ++i) {
    geoloc_half_products(rows + row[i] * width, 1, width, query, portable, product + i);
  }
}
