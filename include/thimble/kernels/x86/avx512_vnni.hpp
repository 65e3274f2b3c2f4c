// Sixteen int32 lanes, in the words of the kernels of x86: as avx2.hpp, which says what each function is.
#pragma once
#include <thimble/kernels/x86/avx2.hpp>

#if defined(__AVX512F__) && defined(__AVX512BW__) && defined(__AVX512VL__) && defined(__AVX512VNNI__) && \
    defined(__x86_64__)

// NOLINTBEGIN(portability-simd-intrinsics): this is where they belong
namespace thimble::kernels::x86 {

/// VPDPBUSD multiplies unsigned bytes by signed ones, so activations are stored as x + 128, and sums begin with
/// -(x_zero + 128) * the sum of the weights: four products a lane, none saturated.
struct avx512_vnni {
  using vector = __m512i;
  using value = std::uint8_t;  ///< x + 128
  static constexpr int lanes = 16;
  static constexpr int depth = 4;
  static constexpr int vectors = 4;
  static constexpr bool folds_zero = true;  ///< sums over values have (x_zero + 128) * the weights too many

  THIMBLE_INLINE static vector load(const void* p) { return _mm512_loadu_si512(p); }
  THIMBLE_INLINE static void store(void* p, vector v) { _mm512_storeu_si512(p, v); }
  THIMBLE_INLINE static vector splat(std::int32_t v) { return _mm512_set1_epi32(v); }
  THIMBLE_INLINE static vector splat_dword(const void* p) {
    std::int32_t v;
    std::memcpy(&v, p, sizeof v);
    return _mm512_set1_epi32(v);
  }
  THIMBLE_INLINE static vector first(const std::int32_t* p, int n) { return _mm512_maskz_loadu_epi32(below(n), p); }
  THIMBLE_INLINE static vector first(const std::int8_t* p, int n) {
    return _mm512_maskz_cvtepi8_epi32(0xffff, _mm_maskz_loadu_epi8(below(n), p));
  }
  THIMBLE_INLINE static vector first(const std::int16_t* p, int n) {
    return _mm512_maskz_cvtepi16_epi32(0xffff, _mm256_maskz_loadu_epi16(below(n), p));
  }
  THIMBLE_INLINE static void store_first(std::int32_t* p, vector v, int n) { _mm512_mask_storeu_epi32(p, below(n), v); }
  THIMBLE_INLINE static void store_first(std::int16_t* p, vector v, int n) {
    _mm256_mask_storeu_epi16(p, below(n), _mm512_maskz_cvtsepi32_epi16(0xffff, v));
  }
  THIMBLE_INLINE static void store_first(std::int8_t* p, vector v, int n, int low, int high) {
    __m128i bytes = _mm512_maskz_cvtsepi32_epi8(0xffff, v);
    bytes = _mm_max_epi8(bytes, _mm_set1_epi8(static_cast<char>(low)));
    bytes = _mm_min_epi8(bytes, _mm_set1_epi8(static_cast<char>(high)));
    _mm_mask_storeu_epi8(p, below(n), bytes);
  }

  THIMBLE_INLINE static vector add(vector a, vector b) { return _mm512_add_epi32(a, b); }
  THIMBLE_INLINE static vector subtract(vector a, vector b) { return _mm512_sub_epi32(a, b); }
  THIMBLE_INLINE static vector multiply(vector a, vector b) { return _mm512_mullo_epi32(a, b); }
  THIMBLE_INLINE static vector bits_of_both(vector a, vector b) { return _mm512_and_si512(a, b); }
  THIMBLE_INLINE static vector bits_of_either(vector a, vector b) { return _mm512_or_si512(a, b); }
  template <int Bits>
  THIMBLE_INLINE static vector left(vector v) {
    return _mm512_maskz_slli_epi32(0xffff, v, Bits);
  }
  template <int Bits>
  THIMBLE_INLINE static vector right(vector v) {
    return _mm512_maskz_srai_epi32(0xffff, v, Bits);
  }
  THIMBLE_INLINE static vector left(vector v, vector bits) { return _mm512_maskz_sllv_epi32(0xffff, v, bits); }
  THIMBLE_INLINE static vector right(vector v, vector bits) { return _mm512_maskz_srav_epi32(0xffff, v, bits); }
  THIMBLE_INLINE static vector smaller(vector a, vector b) { return _mm512_maskz_min_epi32(0xffff, a, b); }
  THIMBLE_INLINE static vector larger(vector a, vector b) { return _mm512_maskz_max_epi32(0xffff, a, b); }
  THIMBLE_INLINE static vector increment_if_greater(vector a, vector b, vector c) {
    return _mm512_mask_add_epi32(a, _mm512_cmpgt_epi32_mask(b, c), a, splat(1));
  }
  THIMBLE_INLINE static unsigned within(vector v, int low, int high) {
    return _mm512_mask_cmple_epi32_mask(_mm512_cmpge_epi32_mask(v, splat(low)), v, splat(high));
  }
  THIMBLE_INLINE static vector quotient(vector a, int b) {
    const __m512 ratio = _mm512_div_ps(_mm512_maskz_cvtepi32_ps(0xffff, a), _mm512_set1_ps(static_cast<float>(b)));
    return _mm512_maskz_cvttps_epi32(0xffff, ratio);
  }
  THIMBLE_INLINE static vector odd_to_even(vector v) { return _mm512_maskz_srli_epi64(0xff, v, 32); }

  THIMBLE_INLINE static vector high_product(vector a, vector b, vector odd_b) {
    const vector half = _mm512_set1_epi64(1 << 30);
    const vector even = _mm512_add_epi64(_mm512_maskz_mul_epi32(0xff, a, b), half);
    const vector odd = _mm512_add_epi64(_mm512_maskz_mul_epi32(0xff, odd_to_even(a), odd_b), half);
    return _mm512_mask_blend_epi32(0xaaaa, _mm512_maskz_srli_epi64(0xff, even, 31), _mm512_add_epi64(odd, odd));
  }

  THIMBLE_INLINE static vector sum_pairs(vector sum, vector a, vector b) { return _mm512_dpwssd_epi32(sum, a, b); }
  THIMBLE_INLINE static vector accumulate(vector sum, vector x, vector w) { return _mm512_dpbusd_epi32(sum, x, w); }

  THIMBLE_INLINE static void keep_marked(std::int16_t* v, const std::uint8_t* bits) {
    std::uint32_t marks;
    std::memcpy(&marks, bits, sizeof marks);
    store(v, _mm512_maskz_loadu_epi16(marks, v));
  }

  THIMBLE_INLINE static value zero_value(int x_zero) { return static_cast<value>(x_zero + 128); }
  THIMBLE_INLINE static vector zero_values(int x_zero) { return _mm512_set1_epi8(static_cast<char>(x_zero + 128)); }
  THIMBLE_INLINE static void widen(value* to, const std::int8_t* x, int n, int) {
    const vector flip = _mm512_set1_epi8(-128);
    for (; n >= 64; n -= 64, to += 64, x += 64) store(to, _mm512_xor_si512(load(x), flip));
    const __mmask64 some = (__mmask64{1} << n) - 1;
    _mm512_mask_storeu_epi8(to, some, _mm512_xor_si512(_mm512_maskz_loadu_epi8(some, x), flip));
  }
  THIMBLE_INLINE static vector weights(const std::int8_t* w, int n) {
    if (n >= 64) return load(w);
    return _mm512_maskz_loadu_epi8(n > 0 ? (__mmask64{1} << n) - 1 : 0, w);
  }
  template <int Rows>
  THIMBLE_INLINE static vector interleave(const std::int8_t* const (&x)[depth], int n, int) {
    return _mm512_xor_si512(interleave_weights<Rows>(x, n), _mm512_set1_epi8(-128));
  }
  template <int Rows>
  THIMBLE_INLINE static vector interleave_weights(const std::int8_t* const (&w)[depth], int n) {
    vector v = bytes(w[0], n);
    if constexpr (Rows > 1) v = bits_of_either(v, left<8>(bytes(w[1], n)));
    if constexpr (Rows > 2) v = bits_of_either(v, left<16>(bytes(w[2], n)));
    if constexpr (Rows > 3) v = bits_of_either(v, left<24>(bytes(w[3], n)));
    return v;
  }

  THIMBLE_INLINE static vector sums(const vector (&v)[lanes]) {
    vector quarter[4];
#pragma GCC unroll 4
    for (int i = 0; i < 4; ++i) {
      const vector a = across32(v[4 * i], v[4 * i + 1]), b = across32(v[4 * i + 2], v[4 * i + 3]);
      quarter[i] = add(low64(a, b), high64(a, b));
    }
    const vector a = add(even_quarters(quarter[0], quarter[1]), odd_quarters(quarter[0], quarter[1]));
    const vector b = add(even_quarters(quarter[2], quarter[3]), odd_quarters(quarter[2], quarter[3]));
    return add(even_quarters(a, b), odd_quarters(a, b));
  }
  THIMBLE_INLINE static void transpose(vector (&v)[lanes]) {
    vector t[lanes];
#pragma GCC unroll 8
    for (int i = 0; i < 8; ++i) {
      t[2 * i] = low32(v[2 * i], v[2 * i + 1]);
      t[2 * i + 1] = high32(v[2 * i], v[2 * i + 1]);
    }
#pragma GCC unroll 4
    for (int i = 0; i < 4; ++i) {  // v[4 i + c]: of rows 4 i to 4 i + 3, lanes c, c + 4, c + 8, c + 12
      v[4 * i] = low64(t[4 * i], t[4 * i + 2]);
      v[4 * i + 1] = high64(t[4 * i], t[4 * i + 2]);
      v[4 * i + 2] = low64(t[4 * i + 1], t[4 * i + 3]);
      v[4 * i + 3] = high64(t[4 * i + 1], t[4 * i + 3]);
    }
#pragma GCC unroll 4
    for (int c = 0; c < 4; ++c) {
      const vector a = even_quarters(v[c], v[c + 4]), b = even_quarters(v[c + 8], v[c + 12]);
      const vector d = odd_quarters(v[c], v[c + 4]), e = odd_quarters(v[c + 8], v[c + 12]);
      t[c] = even_quarters(a, b);
      t[c + 4] = even_quarters(d, e);
      t[c + 8] = odd_quarters(a, b);
      t[c + 12] = odd_quarters(d, e);
    }
#pragma GCC unroll 16
    for (int i = 0; i < lanes; ++i) v[i] = t[i];
  }

 private:
  // Intrinsics with a mask of all ones: those without warn of uninitialized variables in GCC 12 (bug 105593).
  THIMBLE_INLINE static vector low32(vector a, vector b) { return _mm512_maskz_unpacklo_epi32(0xffff, a, b); }
  THIMBLE_INLINE static vector high32(vector a, vector b) { return _mm512_maskz_unpackhi_epi32(0xffff, a, b); }
  THIMBLE_INLINE static vector low64(vector a, vector b) { return _mm512_maskz_unpacklo_epi64(0xff, a, b); }
  THIMBLE_INLINE static vector high64(vector a, vector b) { return _mm512_maskz_unpackhi_epi64(0xff, a, b); }
  THIMBLE_INLINE static vector across32(vector a, vector b) { return add(low32(a, b), high32(a, b)); }
  THIMBLE_INLINE static vector even_quarters(vector a, vector b) {
    return _mm512_maskz_shuffle_i32x4(0xffff, a, b, 0x88);
  }
  THIMBLE_INLINE static vector odd_quarters(vector a, vector b) {
    return _mm512_maskz_shuffle_i32x4(0xffff, a, b, 0xdd);
  }
  THIMBLE_INLINE static __mmask16 below(int n) { return static_cast<__mmask16>((1u << n) - 1); }
  THIMBLE_INLINE static vector bytes(const std::int8_t* p, int n) {
    return _mm512_maskz_cvtepu8_epi32(0xffff, _mm_maskz_loadu_epi8(below(n), p));
  }
};

}  // namespace thimble::kernels::x86
// NOLINTEND(portability-simd-intrinsics)

#endif
