// Sums over output channels of scaled gradients times weights: two input channels in four pixels at a time.
#pragma once
#include <cstddef>

#include <thimble/kernels/arm_dsp/words.hpp>

#if defined(__ARM_FEATURE_DSP)

namespace thimble::kernels::dsp {

/// One call of gather_tiles. The assembly below knows the offsets; it copies all of it to its frame.
struct gradient_tiles {
  const std::uint32_t* t;  ///< for each tile, each pair of output channels {o, o + 1}, four pixels
  const std::uint32_t* w;  ///< for each pair of output channels, two input channels
  const std::uint32_t* w_end;
  std::int16_t* dx;     ///< of the two channels in the first pixel
  int dx_step;          ///< bytes from pixel to pixel
  std::int32_t factor;  ///< 2^(32 - shift), shift in [2, 31]
  int entry;            ///< where the loop, unrolled by four, is entered: -(pairs) mod 4
  int tiles;            ///< at least 1
  int adds;             ///< 0, 1, or raw_sums
};
/// The sums as they are: dx is int32, eight for each tile, the two channels of each pixel side by side.
inline constexpr int raw_sums = 2;
static_assert(sizeof(void*) != 4 || (offsetof(gradient_tiles, adds) == 32 && sizeof(gradient_tiles) == 36));

// r4 to r11: accumulators, two channels of the first pixel, of the second, ...
#define THIMBLE_PAIR                                                                                   \
  "ldrd r2, r3, [r1], #8\n\tldrd r12, lr, [r0], #8\n\t"                                                \
  "smlad r4, r12, r2, r4\n\tsmlad r5, r12, r3, r5\n\tsmlad r6, lr, r2, r6\n\tsmlad r7, lr, r3, r7\n\t" \
  "ldrd r12, lr, [r0], #8\n\t"                                                                         \
  "smlad r8, r12, r2, r8\n\tsmlad r9, r12, r3, r9\n\tsmlad r10, lr, r2, r10\n\tsmlad r11, lr, r3, r11\n\t"
#define THIMBLE_NARROW(a, b)                                                                                           \
  "smmulr " a ", " a ", r3\n\tsmmulr " b ", " b ", r3\n\tssat " a ", #16, " a "\n\tssat " b ", #16, " b "\n\tpkhbt " a \
  ", " a ", " b ", lsl #16\n\t"
#define THIMBLE_ADD(a, at) "ldr r12, [r1" at "]\n\tqadd16 " a ", " a ", r12\n\t"

/// dx[p][j] = saturate16(round(2^-shift * sum over o of t[p][o] * w[o][j])), halves up, or that added. The sums fit int32.
/// Instructions for two channels of a tile: 5.9 a channel of output, and 50.
THIMBLE_NOINLINE inline void gather_tiles(const gradient_tiles* k) {
  register const gradient_tiles* r0 asm("r0") = k;
  asm volatile(
      "push {r7, r11}\n\tsub sp, sp, #40\n\t"
      "ldm r0, {r1, r2, r3, r4, r5, r6, r7, r8, r9}\n\tstm sp, {r1, r2, r3, r4, r5, r6, r7, r8, r9}\n\t"
      "mov r0, r1\n"
      "1:\n\t"  // a tile; r0: its t
      "ldr r1, [sp, #4]\n\tldr r12, [sp, #24]\n\t"
      "movs r4, #0\n\tmovs r5, #0\n\tmovs r6, #0\n\tmovs r7, #0\n\t"
      "mov r8, r4\n\tmov r9, r4\n\tmov r10, r4\n\tmov r11, r4\n\t"
      "tbb [pc, r12]\n"
      "2: .byte (10f - 2b) / 2, (11f - 2b) / 2, (12f - 2b) / 2, (13f - 2b) / 2\n"
      "10:\n\t" THIMBLE_PAIR "\n11:\n\t" THIMBLE_PAIR "\n12:\n\t" THIMBLE_PAIR "\n13:\n\t" THIMBLE_PAIR
      "ldr r12, [sp, #8]\n\tcmp r1, r12\n\tbne 10b\n\t"
      "ldrd r1, r2, [sp, #12]\n\tldr r3, [sp, #20]\n\tldr r12, [sp, #32]\n\tcmp r12, #2\n\tbeq 4f\n\t"
      THIMBLE_NARROW("r4", "r5") THIMBLE_NARROW("r6", "r7") THIMBLE_NARROW("r8", "r9") THIMBLE_NARROW("r10", "r11")
      "add r3, r1, r2\n\t"  // of the second pixel
      "cmp r12, #0\n\tbeq 3f\n\t"
      THIMBLE_ADD("r4", "") THIMBLE_ADD("r6", ", r2") THIMBLE_ADD("r8", ", r2, lsl #1")
      "ldr r12, [r3, r2, lsl #1]\n\tqadd16 r10, r10, r12\n"
      "3:\n\t"
      "str r4, [r1]\n\tstr r6, [r1, r2]\n\tstr r8, [r1, r2, lsl #1]\n\tstr r10, [r3, r2, lsl #1]\n\t"
      "add r1, r1, r2, lsl #2\n"
      "5:\n\tstr r1, [sp, #12]\n\t"
      "ldr r12, [sp, #28]\n\tsubs r12, #1\n\tstr r12, [sp, #28]\n\tbne 1b\n\t"
      "b 6f\n4:\n\tstm r1!, {r4, r5, r6, r7, r8, r9, r10, r11}\n\tb 5b\n6:\n\t"
      "add sp, sp, #40\n\tpop {r7, r11}\n\t"
      : "+r"(r0)
      :
      : "r1", "r2", "r3", "r4", "r5", "r6", "r8", "r9", "r10", "r12", "lr", "cc", "memory");
}

/// k.dx: int32 sums of two channels in the first pixel, dx_step bytes from pixel to pixel; += sum over o of t[p][o] * w[o][j]. An even
/// number of pairs. 6 instructions a pair and two channels of a pixel's half, and 27 a tile.
THIMBLE_NOINLINE inline void add_tiles(const gradient_tiles* k) {
  register const gradient_tiles* r0 asm("r0") = k;
  asm volatile(
      "push {r7, r11}\n\tsub sp, sp, #32\n\t"
      "ldr r12, [r0, #28]\n\tldm r0, {r1, r2, r3, r4, r5}\n\tstm sp, {r1, r2, r3, r4, r5}\n\tstr r12, [sp, #20]\n\t"
      "mov r0, r1\n\tmov r3, r4\n\tmov r2, r5\n"
      "1:\n\t"  // a tile; r0: its t, r3: its sums, r2: from pixel to pixel
      "ldrd r4, r5, [r3]\n\tadd r12, r3, r2\n\tldrd r6, r7, [r12]\n\tadd r12, r12, r2\n\t"
      "ldrd r8, r9, [r12]\n\tadd r12, r12, r2\n\tldrd r10, r11, [r12]\n\tldr r1, [sp, #4]\n"
      "2:\n\t" THIMBLE_PAIR THIMBLE_PAIR
      "ldr r12, [sp, #8]\n\tcmp r1, r12\n\tbne 2b\n\t"
      "ldrd r3, r2, [sp, #12]\n\tstrd r4, r5, [r3]\n\tadd r3, r3, r2\n\tstrd r6, r7, [r3]\n\tadd r3, r3, r2\n\t"
      "strd r8, r9, [r3]\n\tadd r3, r3, r2\n\tstrd r10, r11, [r3]\n\tadd r3, r3, r2\n\tstr r3, [sp, #12]\n\t"
      "ldr r12, [sp, #20]\n\tsubs r12, #1\n\tstr r12, [sp, #20]\n\tbne 1b\n\t"
      "add sp, sp, #32\n\tpop {r7, r11}\n\t"
      : "+r"(r0)
      :
      : "r1", "r2", "r3", "r4", "r5", "r6", "r8", "r9", "r10", "r12", "lr", "cc", "memory");
}

#undef THIMBLE_PAIR
#undef THIMBLE_NARROW
#undef THIMBLE_ADD

/// {low of a, low of b} and {high of a, high of b}.
THIMBLE_INLINE std::uint32_t low_halves(std::uint32_t a, std::uint32_t b) {
  std::uint32_t to;
  asm("pkhbt %0, %1, %2, lsl #16" : "=r"(to) : "r"(a), "r"(b));
  return to;
}
THIMBLE_INLINE std::uint32_t high_halves(std::uint32_t a, std::uint32_t b) {
  std::uint32_t to;
  asm("pkhtb %0, %1, %2, asr #16" : "=r"(to) : "r"(b), "r"(a));
  return to;
}

/// Up to four int8 values of one row.
struct row_word {
  int count;  ///< 1 to 4
  int bits;   ///< to shift a word read before its time, so as not to read behind the row; -1: rows shorter than words
  THIMBLE_INLINE std::uint32_t at(const std::int8_t* w) const {
    if (bits >= 0) return load(w) >> bits;
    std::uint32_t v = 0;
    for (int i = count; i-- > 0;) v = v << 8 | static_cast<std::uint8_t>(w[i]);
    return v;
  }
};
/// The word of values [i, end), at most four, of rows of `row`, which hold the values before.
THIMBLE_INLINE row_word word_of_row(int row, int i, int end) {
  const int count = end - i < 4 ? end - i : 4;
  return {count, row < 4 || end < 4 ? -1 : 8 * (4 - count)};
}

/// What pair_rows gives its assembly.
struct row_pairs {
  std::uint32_t *a, *b;
  const std::int8_t* w;
  std::uint32_t add;
  int row, pairs;
};

/// Of four columns from `w` on, widened, `add` added: for each pair of the n rows, two words of pairs to `a` and two to `b`, which
/// advance by Step bytes. 1.9 instructions a value.
template <int Step>
THIMBLE_NOINLINE void pair_rows(std::uint32_t* a, std::uint32_t* b, const std::int8_t* w, int row, int n, row_word word,
                                std::uint32_t add) {
  if (word.bits > 0) w -= word.bits / 8;
  if (const int pairs = n / 2; word.bits == 0 && pairs > 0) {
    const row_pairs k{a, b, w, add, row, pairs};
    register const row_pairs* r0 asm("r0") = &k;
#define THIMBLE_TWO_ROWS                                                                                         \
  "ldr r5, [r3, r12]\n\tldr r4, [r3]\n\tadd r3, r3, r12, lsl #1\n\t"                                             \
  "sxtab16 r6, r10, r4\n\tsxtab16 r8, r10, r5\n\tsxtab16 r4, r10, r4, ror #8\n\tsxtab16 r5, r10, r5, ror #8\n\t" \
  "pkhbt r9, r6, r8, lsl #16\n\tpkhtb r8, r8, r6, asr #16\n\tpkhbt r6, r4, r5, lsl #16\n\t"                      \
  "pkhtb r5, r5, r4, asr #16\n\tstrd r9, r6, [r1], %[step]\n\tstrd r8, r5, [r2], %[step]\n\t"
    asm volatile("ldm r0, {r1, r2, r3, r10, r12, lr}\n\ttst lr, #1\n\tbeq 1f\n\t" THIMBLE_TWO_ROWS
                 "subs lr, #1\n\tbeq 2f\n1:\n\t" THIMBLE_TWO_ROWS THIMBLE_TWO_ROWS "subs lr, #2\n\tbne 1b\n2:\n\t"
                 : "+r"(r0)
                 : [step] "i"(Step)
                 : "r1", "r2", "r3", "r4", "r5", "r6", "r8", "r9", "r10", "r12", "lr", "cc", "memory");
#undef THIMBLE_TWO_ROWS
    a += pairs * (Step / 4);
    b += pairs * (Step / 4);
    w += 2 * pairs * row;
    n -= 2 * pairs;
  }
  for (; n > 0; n -= 2, w += 2 * row, a += Step / 4, b += Step / 4) {
    const std::uint32_t first = word.at(w), second = n > 1 ? word.at(w + row) : 0;
    const std::uint32_t even_first = widen_even(add, first), odd_first = widen_odd(add, first);
    const std::uint32_t even_second = widen_even(add, second), odd_second = widen_odd(add, second);
    a[0] = low_halves(even_first, even_second);
    a[1] = low_halves(odd_first, odd_second);
    b[0] = high_halves(even_first, even_second);
    b[1] = high_halves(odd_first, odd_second);
  }
}

}  // namespace thimble::kernels::dsp

#endif
