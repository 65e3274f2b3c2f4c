// Gradients of pointwise convolutions by slices, in the tiles of convolution_gradient/arm_dsp.hpp.
#pragma once
#include <thimble/kernels/sliced_gradient.hpp>  // whose end includes this

#if defined(__ARM_FEATURE_DSP)

namespace thimble::kernels {
namespace dsp {

/// One sum more: of pixel p in its tile, whose t begins at `t`, and the channel whose weights are `w`, two words apart.
THIMBLE_INLINE std::int32_t one_sum(std::int32_t sum, const std::uint32_t* t, const std::uint32_t* w, int pairs) {
  for (; pairs > 0; --pairs, t += 4, w += 2) asm("smlad %0, %1, %2, %0" : "+r"(sum) : "r"(*t), "r"(*w));
  return sum;
}

/// One channel or two of `pixels` pixels.
THIMBLE_NOINLINE inline void add_pixels(gradient_tiles k, std::int32_t* sums, int pixels, int channels) {
  const int pairs = static_cast<int>(k.w_end - k.w) / 2, row = k.dx_step / 4;
  const int whole = channels == 2 && (pairs & 1) == 0 ? pixels / 4 : 0;
  k.dx = reinterpret_cast<std::int16_t*>(sums);
  k.tiles = whole;
  if (whole > 0) add_tiles(&k);
  for (int p = 4 * whole; p < pixels; ++p)
    for (int j = 0; j < channels; ++j) {
      std::int32_t& sum = sums[p * row + j];
      sum = one_sum(sum, k.t + (p >> 2) * 4 * pairs + (p & 3), k.w + j, pairs);
    }
}

/// Input channels [begin, end) of a band, their weights in n rows of `row`, the channel's at w[channel].
THIMBLE_NOINLINE inline void add_channels(gradient_tiles k, std::int32_t* sums, const std::int8_t* w, int row,
                                          int begin, int end, int n, int pixels) {
  const auto first = const_cast<std::uint32_t*>(k.w), second = const_cast<std::uint32_t*>(k.w_end);
  for (int i = begin; i < end; i += 4) {
    const int count = end - i < 4 ? end - i : 4;
    pair_rows<8>(first, second, w + i, row, n, word_of_row(row, i, end), 0);
    for (int j = 0; j < count; j += 2) {
      k.w = j == 0 ? first : second;
      k.w_end = k.w + (second - first);
      add_pixels(k, sums + i + j, pixels, count - j < 2 ? 1 : 2);
    }
  }
}

}  // namespace dsp

constexpr kernel_needs part_of_input_needs(arm_dsp, const geometry& g) {
  const int bytes = dsp::gradient_scratch_of(g).bytes();
  return {.serves = g.out.pixels() > 2 && bytes <= 24 * 1024 && fits_scratch(g, bytes), .scratch = bytes};
}
constexpr kernel_needs sums_of_input_needs(arm_dsp, const geometry& g) { return part_of_input_needs(arm_dsp{}, g); }

/// The same values as portable, for a shift in [2, 31]. Scratch: gradient_scratch.
THIMBLE_INLINE void part_of_input_gradient(arm_dsp, const geometry& g, const part_of_input_args& p) {
  const input_gradient_args& a = p.all;
  const dsp::gradient_scratch s = dsp::gradient_scratch_of(g);
  const std::int8_t* const flash = launder(a.w.flash);
  const int n = g.out.c, c = g.in.c, all = g.out.pixels();
  const int trained = g.trained - p.first, k = trained < 0 ? 0 : trained < c ? trained : c;
  auto* const t = reinterpret_cast<std::uint32_t*>(a.scaled);
  std::uint32_t* const w = t + 4 * s.pairs * s.tiles;
  dsp::gradient_tiles work{
      t, w, w + 2 * s.pairs, a.dx, 2 * c, static_cast<std::int32_t>(1u << (32 - a.shift)), -s.pairs & 3, 0, 0};
  for (int first = 0; first < all; first += 4 * s.tiles) {
    const int pixels = all - first < 4 * s.tiles ? all - first : 4 * s.tiles;
    dsp::scale_tiles(t, a.dy + first * n, n, pixels, a.scale, a.raise, a.limit);
    work.dx = a.dx + first * c;
    if (k != 0) dsp::gather_channels(work, a.w.sram + p.first, g.trained, 0, k, n, pixels);
    if (k != c) dsp::gather_channels(work, flash + p.first, p.row, k, c, n, pixels);
  }
}

namespace dsp {

/// Bytes of a tile's dy, or of the weights of four input channels: whole words of pairs.
constexpr int prepared_scratch(const geometry& g) { return 8 * g.out.c; }
/// Whether dy can lie in tiles in its place, with scratch for one; else values stay where they are.
constexpr bool prepares_tiles(const geometry& g) {
  return g.out.c % 2 == 0 && g.out.pixels() % 4 == 0 && fits_scratch(g, prepared_scratch(g));
}

/// Eight input channels of one pixel: sums[i] += t[o] * w[o][i] over n channels, n even, rows of `row`. 2.1 instructions a product.
#ifdef __OPTIMIZE__
THIMBLE_NOINLINE inline void gather_eight(std::int32_t* sums, const std::int16_t* t, const std::int8_t* w, int row,
                                          int n) {
  std::int32_t s0 = 0, s1 = 0, s2 = 0, s3 = 0, s4 = 0, s5 = 0, s6 = 0, s7 = 0;
  std::uint32_t a, b, v;
#define THIMBLE_FOUR(at, half, w0, w1, w2, w3)                                                                        \
  "ldr %[a], [%[w]" at "]\n\tsxtb16 %[b], %[a]\n\tsxtb16 %[a], %[a], ror #8\n\tsmlab" half " " w0 ", %[b], %[v], " w0 \
  "\n\tsmlab" half " " w1 ", %[a], %[v], " w1 "\n\tsmlat" half " " w2 ", %[b], %[v], " w2 "\n\tsmlat" half " " w3     \
  ", %[a], %[v], " w3 "\n\t"
  for (; n > 0; n -= 2, t += 2) {
    v = load(t);
    asm(THIMBLE_FOUR("", "b", "%[s0]", "%[s1]", "%[s2]", "%[s3]")
            THIMBLE_FOUR(", #4", "b", "%[s4]", "%[s5]", "%[s6]", "%[s7]") "add %[w], %[w], %[row]\n\t" THIMBLE_FOUR(
                "", "t", "%[s0]", "%[s1]", "%[s2]", "%[s3]")
                THIMBLE_FOUR(", #4", "t", "%[s4]", "%[s5]", "%[s6]", "%[s7]") "add %[w], %[w], %[row]\n\t"
        : [w] "+r"(w), [a] "=&r"(a), [b] "=&r"(b), [s0] "+r"(s0), [s1] "+r"(s1), [s2] "+r"(s2), [s3] "+r"(s3),
          [s4] "+r"(s4), [s5] "+r"(s5), [s6] "+r"(s6), [s7] "+r"(s7)
        : [v] "r"(v), [row] "r"(row)
        : "memory");
  }
#undef THIMBLE_FOUR
  sums[0] = s0, sums[1] = s1, sums[2] = s2, sums[3] = s3, sums[4] = s4, sums[5] = s5, sums[6] = s6, sums[7] = s7;
}
#else  // it takes all registers: there is none for a frame pointer
inline void gather_eight(std::int32_t* sums, const std::int16_t* t, const std::int8_t* w, int row, int n) {
  for (int i = 0; i < 8; ++i) {
    sums[i] = 0;
    for (int o = 0; o < n; ++o) sums[i] += t[o] * w[o * row + i];
  }
}
#endif

}  // namespace dsp

constexpr kernel_needs prepared_needs(arm_dsp, const geometry& g) {
  return {.scratch = dsp::prepares_tiles(g) ? dsp::prepared_scratch(g) : 0};
}

THIMBLE_INLINE void prepare_slices(arm_dsp, const geometry& g, const prepare_args& a) {
  if (!dsp::prepares_tiles(g)) return prepare_slices(portable{}, g, a);
  auto* const tile = reinterpret_cast<std::uint32_t*>(a.scratch);
  std::int16_t* dy = a.dy;
  for (int p = 0; p < g.out.pixels(); p += 4, dy += 4 * g.out.c) {
    dsp::scale_tiles(tile, dy, g.out.c, 4, a.scale, a.raise, a.limit);
    std::memcpy(dy, tile, static_cast<std::size_t>(dsp::prepared_scratch(g)));
  }
}

/// The same values as portable, for a shift in [2, 31].
THIMBLE_INLINE void part_of_prepared(arm_dsp, const geometry& g, const part_of_input_args& p) {
  const input_gradient_args& a = p.all;
  const std::int8_t* const flash = launder(a.w.flash);
  const int n = g.out.c, c = g.in.c, pixels = g.out.pixels();
  const int trained = g.trained - p.first, k = trained < 0 ? 0 : trained < c ? trained : c;
  if (dsp::prepares_tiles(g)) {
    auto* const w = reinterpret_cast<std::uint32_t*>(a.scaled);
    const dsp::gradient_tiles work{reinterpret_cast<const std::uint32_t*>(a.dy),
                                   w,
                                   w + n,
                                   a.dx,
                                   2 * c,
                                   static_cast<std::int32_t>(1u << (32 - a.shift)),
                                   -(n / 2) & 3,
                                   0,
                                   0};
    if (k != 0) dsp::gather_channels(work, a.w.sram + p.first, g.trained, 0, k, n, pixels);
    if (k != c) dsp::gather_channels(work, flash + p.first, p.row, k, c, n, pixels);
    return;
  }
  if ((n & 1) != 0 || (k != 0 && k != c) || (c & 7) != 0) return part_of_prepared(portable{}, g, p);
  const std::int8_t* const w = (k == 0 ? flash : a.w.sram) + p.first;
  for (int at = 0; at < pixels; ++at)
    for (int i = 0; i < c; i += 8) {
      std::int32_t sums[8];
      dsp::gather_eight(sums, a.dy + at * n, w + i, k == 0 ? p.row : g.trained, n);
      for (int j = 0; j < 8; ++j) a.dx[at * c + i + j] = narrow16(sums[j], a.shift);
    }
}

/// The same sums as portable. Scratch: gradient_scratch.
THIMBLE_INLINE void sums_of_input_gradient(arm_dsp, const geometry& g, const sums_of_input_args& a) {
  const dsp::gradient_scratch s = dsp::gradient_scratch_of(g);
  const std::int8_t* const flash = launder(a.w.flash);
  const int n = g.out.c, c = g.in.c, k = g.trained, all = g.out.pixels();
  auto* const t = reinterpret_cast<std::uint32_t*>(a.scaled);
  std::uint32_t* const w = t + 4 * s.pairs * s.tiles;
  const dsp::gradient_tiles work{t, w, w + 2 * s.pairs, nullptr, 4 * c, 0, 0, 0, 0};
  for (int first = 0; first < all; first += 4 * s.tiles) {
    const int pixels = all - first < 4 * s.tiles ? all - first : 4 * s.tiles;
    dsp::scale_tiles(t, a.dy + first * n, n, pixels, a.scale, a.raise, a.limit);
    std::int32_t* const sums = a.sums + first * c;
    if (k != 0) dsp::add_channels(work, sums, a.w.sram, k, 0, k, n, pixels);
    if (k != c) dsp::add_channels(work, sums, flash, c, k, c, n, pixels);
  }
}

}  // namespace thimble::kernels

#endif
