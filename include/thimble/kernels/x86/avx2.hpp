// Eight int32 lanes, in the words of the kernels of x86. avx512_vnni.hpp has the same with sixteen.
#pragma once
#include <cstddef>
#include <cstdint>
#include <cstring>

#include <thimble/config.hpp>

#if defined(__AVX2__) && defined(__x86_64__)
#include <immintrin.h>

// NOLINTBEGIN(portability-simd-intrinsics): this is where they belong
namespace thimble::kernels::x86 {

/// N vectors, which stay in registers where every loop over them is unrolled.
template <class V, int N>
struct several {
  typename V::vector v[static_cast<std::size_t>(N)];
  THIMBLE_INLINE typename V::vector& operator[](int i) { return v[i]; }
  THIMBLE_INLINE const typename V::vector& operator[](int i) const { return v[i]; }
};
/// The same in rows.
template <class V, int Rows, int N>
struct block_of {
  several<V, N> row[static_cast<std::size_t>(Rows)];
  THIMBLE_INLINE several<V, N>& operator[](int i) { return row[i]; }
  THIMBLE_INLINE const several<V, N>& operator[](int i) const { return row[i]; }
};

/// Forward, activations are widened to int16 with the zero point off, and weights to int16: VPMADDWD is exact, where VPMADDUBSW would
/// saturate. A dword holds two of either.
struct avx2 {
  using vector = __m256i;
  using value = std::int16_t;        ///< an activation in scratch: x - x_zero
  static constexpr int lanes = 8;    ///< int32 values in a vector
  static constexpr int depth = 2;    ///< products that a lane sums at once: values in a dword
  static constexpr int vectors = 2;  ///< of output channels in a block: what sixteen registers hold for four pixels
  static constexpr bool folds_zero = false;

  THIMBLE_INLINE static vector load(const void* p) { return _mm256_loadu_si256(static_cast<const vector*>(p)); }
  THIMBLE_INLINE static void store(void* p, vector v) { _mm256_storeu_si256(static_cast<vector*>(p), v); }
  THIMBLE_INLINE static vector splat(std::int32_t v) { return _mm256_set1_epi32(v); }
  THIMBLE_INLINE static vector splat_dword(const void* p) {
    std::int32_t v;
    std::memcpy(&v, p, sizeof v);
    return _mm256_set1_epi32(v);
  }
  /// The first n values, then zeros.
  THIMBLE_INLINE static vector first(const std::int32_t* p, int n) {
    return n == lanes ? load(p) : _mm256_maskload_epi32(p, below(n));
  }
  THIMBLE_INLINE static vector first(const std::int8_t* p, int n) {
    if (n == lanes) return _mm256_cvtepi8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(p)));
    return _mm256_cvtepi8_epi32(first_bytes(p, n));
  }
  THIMBLE_INLINE static vector first(const std::int16_t* p, int n) {
    std::int16_t v[lanes]{};
    if (n != lanes) {
      std::memcpy(v, p, 2 * static_cast<std::size_t>(n));
      p = v;
    }
    return _mm256_cvtepi16_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)));
  }
  THIMBLE_INLINE static void store_first(std::int32_t* p, vector v, int n) {
    if (n == lanes)
      store(p, v);
    else
      _mm256_maskstore_epi32(p, below(n), v);
  }
  /// The first n lanes, saturated to int16.
  THIMBLE_INLINE static void store_first(std::int16_t* p, vector v, int n) {
    const __m128i packed = _mm_packs_epi32(low_half(v), high_half(v));
    std::memcpy(p, &packed, 2 * static_cast<std::size_t>(n));
  }
  /// The first n lanes, saturated to int8, then within [low, high].
  THIMBLE_INLINE static void store_first(std::int8_t* p, vector v, int n, int low, int high) {
    const __m128i words = _mm_packs_epi32(low_half(v), high_half(v));
    __m128i bytes = _mm_packs_epi16(words, words);
    bytes = _mm_max_epi8(bytes, _mm_set1_epi8(static_cast<char>(low)));
    bytes = _mm_min_epi8(bytes, _mm_set1_epi8(static_cast<char>(high)));
    if (n == lanes)
      _mm_storel_epi64(reinterpret_cast<__m128i*>(p), bytes);
    else
      std::memcpy(p, &bytes, static_cast<std::size_t>(n));
  }

  THIMBLE_INLINE static vector add(vector a, vector b) { return _mm256_add_epi32(a, b); }
  THIMBLE_INLINE static vector subtract(vector a, vector b) { return _mm256_sub_epi32(a, b); }
  THIMBLE_INLINE static vector multiply(vector a, vector b) { return _mm256_mullo_epi32(a, b); }
  THIMBLE_INLINE static vector bits_of_both(vector a, vector b) { return _mm256_and_si256(a, b); }
  THIMBLE_INLINE static vector bits_of_either(vector a, vector b) { return _mm256_or_si256(a, b); }
  template <int Bits>
  THIMBLE_INLINE static vector left(vector v) {
    return _mm256_slli_epi32(v, Bits);
  }
  template <int Bits>
  THIMBLE_INLINE static vector right(vector v) {
    return _mm256_srai_epi32(v, Bits);
  }
  THIMBLE_INLINE static vector left(vector v, vector bits) { return _mm256_sllv_epi32(v, bits); }
  THIMBLE_INLINE static vector right(vector v, vector bits) { return _mm256_srav_epi32(v, bits); }
  THIMBLE_INLINE static vector smaller(vector a, vector b) { return _mm256_min_epi32(a, b); }
  THIMBLE_INLINE static vector larger(vector a, vector b) { return _mm256_max_epi32(a, b); }
  /// a, where b > c: b's lane is greater: a + 1.
  THIMBLE_INLINE static vector increment_if_greater(vector a, vector b, vector c) {
    return _mm256_sub_epi32(a, _mm256_cmpgt_epi32(b, c));
  }
  /// Bit j: whether lane j is in [low, high].
  THIMBLE_INLINE static unsigned within(vector v, int low, int high) {
    const vector out = _mm256_or_si256(_mm256_cmpgt_epi32(splat(low), v), _mm256_cmpgt_epi32(v, splat(high)));
    return ~static_cast<unsigned>(_mm256_movemask_ps(_mm256_castsi256_ps(out))) & 0xffu;
  }
  /// a / b toward zero, for |a| < 2^24 and |a / b| < 256, b < 2^15: what is no whole number is at least 1 / b from one, and the float
  /// quotient at most 2^-17 off.
  THIMBLE_INLINE static vector quotient(vector a, int b) {
    return _mm256_cvttps_epi32(_mm256_div_ps(_mm256_cvtepi32_ps(a), _mm256_set1_ps(static_cast<float>(b))));
  }
  THIMBLE_INLINE static vector odd_to_even(vector v) { return _mm256_srli_epi64(v, 32); }

  /// doubling_high_multiply of each lane, b >= 0; odd_b is odd_to_even(b).
  THIMBLE_INLINE static vector high_product(vector a, vector b, vector odd_b) {
    const vector half = _mm256_set1_epi64x(1 << 30);
    const vector even = _mm256_add_epi64(_mm256_mul_epi32(a, b), half);
    const vector odd = _mm256_add_epi64(_mm256_mul_epi32(odd_to_even(a), odd_b), half);
    return _mm256_blend_epi32(_mm256_srli_epi64(even, 31), _mm256_add_epi64(odd, odd), 0xaa);
  }

  /// sum + the products of int16 values, two a lane.
  THIMBLE_INLINE static vector sum_pairs(vector sum, vector a, vector b) {
    return _mm256_add_epi32(sum, _mm256_madd_epi16(a, b));
  }
  /// sum + the products of activations and weights, `depth` a lane.
  THIMBLE_INLINE static vector accumulate(vector sum, vector x, vector w) { return sum_pairs(sum, x, w); }

  /// Of 2 * lanes int16 values those whose bits are set; the others become 0.
  THIMBLE_INLINE static void keep_marked(std::int16_t* v, const std::uint8_t* bits) {
    std::uint16_t marks;
    std::memcpy(&marks, bits, sizeof marks);
    const vector bit = _mm256_setr_epi16(1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384, -32768);
    const vector set = _mm256_and_si256(_mm256_set1_epi16(static_cast<short>(marks)), bit);
    store(v, _mm256_and_si256(load(v), _mm256_cmpeq_epi16(set, bit)));
  }

  /// What a zero is among values, and that in all values of a vector.
  THIMBLE_INLINE static value zero_value(int) { return 0; }
  THIMBLE_INLINE static vector zero_values(int) { return _mm256_setzero_si256(); }
  /// n activations as values.
  THIMBLE_INLINE static void widen(value* to, const std::int8_t* x, int n, int x_zero) {
    const vector zero = _mm256_set1_epi16(static_cast<short>(x_zero));
    int i = 0;
    for (; i + 16 <= n; i += 16)
      store(to + i,
            _mm256_sub_epi16(_mm256_cvtepi8_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i*>(x + i))), zero));
    for (; i < n; ++i) to[i] = static_cast<value>(x[i] - x_zero);
  }
  /// The first n of `lanes * depth` weights, then zeros.
  THIMBLE_INLINE static vector weights(const std::int8_t* w, int n) {
    if (n >= 16) return _mm256_cvtepi8_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i*>(w)));
    return _mm256_cvtepi8_epi16(first_bytes(w, n));
  }
  /// Lane j: values x[r][j] of the `Rows` <= depth rows, then zeros. The first n lanes.
  template <int Rows>
  THIMBLE_INLINE static vector interleave(const std::int8_t* const (&x)[depth], int n, int x_zero) {
    const vector zero = splat(x_zero);
    const vector a = subtract(first(x[0], n), zero);
    if constexpr (Rows == 1) return bits_of_both(a, splat(0xffff));
    const vector b = subtract(first(x[1], n), zero);
    return _mm256_blend_epi16(a, left<16>(b), 0xaa);
  }
  template <int Rows>
  THIMBLE_INLINE static vector interleave_weights(const std::int8_t* const (&w)[depth], int n) {
    return interleave<Rows>(w, n, 0);
  }

  /// Lane j of the result: the sum of all lanes of v[j].
  THIMBLE_INLINE static vector sums(const vector (&v)[lanes]) {
    const vector a = _mm256_hadd_epi32(_mm256_hadd_epi32(v[0], v[1]), _mm256_hadd_epi32(v[2], v[3]));
    const vector b = _mm256_hadd_epi32(_mm256_hadd_epi32(v[4], v[5]), _mm256_hadd_epi32(v[6], v[7]));
    return add(_mm256_permute2x128_si256(a, b, 0x20), _mm256_permute2x128_si256(a, b, 0x31));
  }
  /// Lane i of v[j] becomes lane j of v[i].
  THIMBLE_INLINE static void transpose(vector (&v)[lanes]) {
    vector t[lanes];
#pragma GCC unroll 4
    for (int i = 0; i < 4; ++i) {
      t[2 * i] = _mm256_unpacklo_epi32(v[2 * i], v[2 * i + 1]);
      t[2 * i + 1] = _mm256_unpackhi_epi32(v[2 * i], v[2 * i + 1]);
    }
#pragma GCC unroll 2
    for (int i = 0; i < 2; ++i) {  // four rows a half of a vector
      v[4 * i] = _mm256_unpacklo_epi64(t[4 * i], t[4 * i + 2]);
      v[4 * i + 1] = _mm256_unpackhi_epi64(t[4 * i], t[4 * i + 2]);
      v[4 * i + 2] = _mm256_unpacklo_epi64(t[4 * i + 1], t[4 * i + 3]);
      v[4 * i + 3] = _mm256_unpackhi_epi64(t[4 * i + 1], t[4 * i + 3]);
    }
#pragma GCC unroll 4
    for (int i = 0; i < 4; ++i) {
      t[i] = _mm256_permute2x128_si256(v[i], v[i + 4], 0x20);
      t[i + 4] = _mm256_permute2x128_si256(v[i], v[i + 4], 0x31);
    }
#pragma GCC unroll 8
    for (int i = 0; i < lanes; ++i) v[i] = t[i];
  }

 private:
  THIMBLE_INLINE static __m128i low_half(vector v) { return _mm256_castsi256_si128(v); }
  THIMBLE_INLINE static __m128i high_half(vector v) { return _mm256_extracti128_si256(v, 1); }
  THIMBLE_INLINE static vector below(int n) {
    return _mm256_cmpgt_epi32(splat(n), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
  }
  THIMBLE_INLINE static __m128i first_bytes(const std::int8_t* p, int n) {
    std::int8_t v[16]{};
    if (n > 0) std::memcpy(v, p, static_cast<std::size_t>(n));
    return _mm_loadu_si128(reinterpret_cast<const __m128i*>(v));
  }
};

}  // namespace thimble::kernels::x86
// NOLINTEND(portability-simd-intrinsics)

#endif
