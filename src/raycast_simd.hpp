// Vectors of floats and ints of one instruction set, so that raycast_kernel.hpp is written once. Included once per
// instruction set, inside its namespace and target region; no include guard on purpose.

#if GEOLOC_LANES == 16  // AVX-512 F, VL, DQ, BW

constexpr int W = 16;
using F = __m512;
using I = __m512i;
using M = __mmask16;

inline F load(const float* p) { return _mm512_loadu_ps(p); }
inline I load(const int32_t* p) { return _mm512_loadu_si512(p); }
inline void store(float* p, F v) { _mm512_storeu_ps(p, v); }
inline void store(int32_t* p, I v) { _mm512_storeu_si512(p, v); }
inline F all(float v) { return _mm512_set1_ps(v); }
inline I all(int32_t v) { return _mm512_set1_epi32(v); }
inline I iota() { return _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15); }
inline F fma(F a, F b, F c) { return _mm512_fmadd_ps(a, b, c); }
inline F minimum(F a, F b) { return _mm512_min_ps(a, b); }
inline F maximum(F a, F b) { return _mm512_max_ps(a, b); }
inline F absolute(F a) { return _mm512_abs_ps(a); }
inline F round_up(F a) { return _mm512_roundscale_ps(a, _MM_FROUND_TO_POS_INF | _MM_FROUND_NO_EXC); }
inline F round_down(F a) { return _mm512_roundscale_ps(a, _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC); }
inline I to_int(F a) { return _mm512_cvttps_epi32(a); }
inline F with_sign(F magnitude, F sign) {
  return _mm512_or_ps(magnitude, _mm512_and_ps(sign, _mm512_set1_ps(-0.0f)));
}
inline I plus(I a, I b) { return _mm512_add_epi32(a, b); }
inline I minus(I a, I b) { return _mm512_sub_epi32(a, b); }
inline I bit_and(I a, I b) { return _mm512_and_epi32(a, b); }
inline I minimum(I a, I b) { return _mm512_min_epi32(a, b); }
inline I shift_left(I a, I by) { return _mm512_sllv_epi32(a, by); }
inline I shift_right(I a, I by) { return _mm512_srlv_epi32(a, by); }
inline M lanes_of(int32_t mask) { return static_cast<M>(mask); }
inline float smallest(F v) { return _mm512_reduce_min_ps(v); }
inline F look_up(const float* table, I index) {
  return _mm512_permutex2var_ps(_mm512_load_ps(table), index, _mm512_load_ps(table + 16));
}
inline M less(F a, F b) { return _mm512_cmp_ps_mask(a, b, _CMP_LT_OQ); }
inline M less(I a, I b) { return _mm512_cmplt_epi32_mask(a, b); }
inline M both(M a, M b) { return a & b; }
inline M either(M a, M b) { return a | b; }
inline M but_not(M a, M b) { return a & ~b; }
inline F pick(M m, F yes, F no) { return _mm512_mask_blend_ps(m, no, yes); }
inline I pick(M m, I yes, I no) { return _mm512_mask_blend_epi32(m, no, yes); }
inline unsigned bits(M m) { return m; }
inline void pack(float* p, M m, F v) { _mm512_storeu_ps(p, _mm512_maskz_compress_ps(m, v)); }
inline void pack(int32_t* p, M m, I v) { _mm512_storeu_si512(p, _mm512_maskz_compress_epi32(m, v)); }
inline F relative(const double* p, double origin) {
  const __m512d o = _mm512_set1_pd(origin);
  const __m256 low = _mm512_cvtpd_ps(_mm512_sub_pd(_mm512_loadu_pd(p), o));
  const __m256 high = _mm512_cvtpd_ps(_mm512_sub_pd(_mm512_loadu_pd(p + 8), o));
  return _mm512_insertf32x8(_mm512_castps256_ps512(low), high, 1);
}

#elif GEOLOC_LANES == 8  // AVX2 with FMA

constexpr int W = 8;
using F = __m256;
using I = __m256i;
using M = __m256;

inline F load(const float* p) { return _mm256_loadu_ps(p); }
inline I load(const int32_t* p) { return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)); }
inline void store(float* p, F v) { _mm256_storeu_ps(p, v); }
inline void store(int32_t* p, I v) { _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), v); }
inline F all(float v) { return _mm256_set1_ps(v); }
inline I all(int32_t v) { return _mm256_set1_epi32(v); }
inline I iota() { return _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7); }
inline F fma(F a, F b, F c) { return _mm256_fmadd_ps(a, b, c); }
inline F minimum(F a, F b) { return _mm256_min_ps(a, b); }
inline F maximum(F a, F b) { return _mm256_max_ps(a, b); }
inline F absolute(F a) { return _mm256_andnot_ps(_mm256_set1_ps(-0.0f), a); }
inline F round_up(F a) { return _mm256_ceil_ps(a); }
inline F round_down(F a) { return _mm256_floor_ps(a); }
inline I to_int(F a) { return _mm256_cvttps_epi32(a); }
inline F with_sign(F magnitude, F sign) {
  return _mm256_or_ps(magnitude, _mm256_and_ps(sign, _mm256_set1_ps(-0.0f)));
}
inline I plus(I a, I b) { return _mm256_add_epi32(a, b); }
inline I minus(I a, I b) { return _mm256_sub_epi32(a, b); }
inline I bit_and(I a, I b) { return _mm256_and_si256(a, b); }
inline I minimum(I a, I b) { return _mm256_min_epi32(a, b); }
inline I shift_left(I a, I by) { return _mm256_sllv_epi32(a, by); }
inline I shift_right(I a, I by) { return _mm256_srlv_epi32(a, by); }
inline M lanes_of(int32_t mask) {
  const I bit = _mm256_setr_epi32(1, 2, 4, 8, 16, 32, 64, 128);
  return _mm256_castsi256_ps(_mm256_cmpeq_epi32(_mm256_and_si256(all(mask), bit), bit));
}
inline float smallest(F v) {
  const __m128 half = _mm_min_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
  const __m128 pair = _mm_min_ps(half, _mm_movehl_ps(half, half));
  return _mm_cvtss_f32(_mm_min_ss(pair, _mm_movehdup_ps(pair)));
}
inline F look_up(const float* table, I index) { return _mm256_i32gather_ps(table, index, 4); }
inline M less(F a, F b) { return _mm256_cmp_ps(a, b, _CMP_LT_OQ); }
inline M less(I a, I b) { return _mm256_castsi256_ps(_mm256_cmpgt_epi32(b, a)); }
inline M both(M a, M b) { return _mm256_and_ps(a, b); }
inline M either(M a, M b) { return _mm256_or_ps(a, b); }
inline M but_not(M a, M b) { return _mm256_andnot_ps(b, a); }
inline F pick(M m, F yes, F no) { return _mm256_blendv_ps(no, yes, m); }
inline I pick(M m, I yes, I no) {
  return _mm256_castps_si256(_mm256_blendv_ps(_mm256_castsi256_ps(no), _mm256_castsi256_ps(yes), m));
}
inline unsigned bits(M m) { return static_cast<unsigned>(_mm256_movemask_ps(m)); }
inline __m256i pack_order(M m) { return _mm256_load_si256(reinterpret_cast<const __m256i*>(kPackOrder[bits(m)])); }
inline void pack(float* p, M m, F v) { _mm256_storeu_ps(p, _mm256_permutevar8x32_ps(v, pack_order(m))); }
inline void pack(int32_t* p, M m, I v) { store(p, _mm256_permutevar8x32_epi32(v, pack_order(m))); }
inline F relative(const double* p, double origin) {
  const __m256d o = _mm256_set1_pd(origin);
  const __m128 low = _mm256_cvtpd_ps(_mm256_sub_pd(_mm256_loadu_pd(p), o));
  const __m128 high = _mm256_cvtpd_ps(_mm256_sub_pd(_mm256_loadu_pd(p + 4), o));
  return _mm256_set_m128(high, low);
}

#else  // vector extensions of GCC and Clang: NEON, SSE2, or whatever the target has

constexpr int W = 4;
typedef float F __attribute__((vector_size(16)));
typedef int32_t I __attribute__((vector_size(16)));
typedef int32_t M __attribute__((vector_size(16)));

template <class V, class T>
inline V load_as(const T* p) {
  V v;
  std::memcpy(&v, p, sizeof v);
  return v;
}
inline F load(const float* p) { return load_as<F>(p); }
inline I load(const int32_t* p) { return load_as<I>(p); }
inline void store(float* p, F v) { std::memcpy(p, &v, sizeof v); }
inline void store(int32_t* p, I v) { std::memcpy(p, &v, sizeof v); }
inline F all(float v) { return F{v, v, v, v}; }
inline I all(int32_t v) { return I{v, v, v, v}; }
inline I iota() { return I{0, 1, 2, 3}; }
inline F fma(F a, F b, F c) { return a * b + c; }
inline M less(F a, F b) { return a < b; }
inline M both(M a, M b) { return a & b; }
inline M either(M a, M b) { return a | b; }
inline M but_not(M a, M b) { return a & ~b; }
inline I pick(M m, I yes, I no) { return (yes & m) | (no & ~m); }
inline F pick(M m, F yes, F no) { return (F)pick(m, (I)yes, (I)no); }
inline M less(I a, I b) { return a < b; }
inline F minimum(F a, F b) { return pick(less(a, b), a, b); }
inline F maximum(F a, F b) { return pick(less(b, a), a, b); }
inline F absolute(F a) { return (F)((I)a & all(0x7fffffff)); }
inline I to_int(F a) { return I{int32_t(a[0]), int32_t(a[1]), int32_t(a[2]), int32_t(a[3])}; }
inline F round_down(F a) { return F{std::floor(a[0]), std::floor(a[1]), std::floor(a[2]), std::floor(a[3])}; }
inline F round_up(F a) { return F{std::ceil(a[0]), std::ceil(a[1]), std::ceil(a[2]), std::ceil(a[3])}; }
inline F with_sign(F magnitude, F sign) { return (F)((I)magnitude | ((I)sign & all(int32_t(0x80000000)))); }
inline I plus(I a, I b) { return a + b; }
inline I minus(I a, I b) { return a - b; }
inline I bit_and(I a, I b) { return a & b; }
inline I minimum(I a, I b) { return pick(less(a, b), a, b); }
inline I shift_left(I a, I by) { return a << by; }
inline I shift_right(I a, I by) { return a >> by; }
inline M lanes_of(int32_t mask) {
  const I bit = {1, 2, 4, 8};
  return (all(mask) & bit) == bit;
}
inline float smallest(F v) { return std::min(std::min(v[0], v[1]), std::min(v[2], v[3])); }
inline F look_up(const float* table, I index) {
  return F{table[index[0]], table[index[1]], table[index[2]], table[index[3]]};
}
inline unsigned bits(M m) { return (m[0] & 1) | (m[1] & 2) | (m[2] & 4) | (m[3] & 8); }
template <class T, class V>
inline void pack_as(T* p, M m, V v) {
  for (int lane = 0; lane < W; ++lane) {
    *p = v[lane];
    p += m[lane] & 1;
  }
}
inline void pack(float* p, M m, F v) { pack_as(p, m, v); }
inline void pack(int32_t* p, M m, I v) { pack_as(p, m, v); }
inline F relative(const double* p, double origin) {
  return F{float(p[0] - origin), float(p[1] - origin), float(p[2] - origin), float(p[3] - origin)};
}

#endif

inline int count(M m) { return __builtin_popcount(bits(m)); }
inline bool any(M m) { return bits(m) != 0; }
