// Rows of an image interleaved, a lane a channel: what depthwise kernels read.
#pragma once
#include <cstddef>

#include <thimble/kernels/access.hpp>
#include <thimble/kernels/geometry.hpp>
#include <thimble/kernels/x86/avx512_vnni.hpp>

#if defined(__AVX2__) && defined(__x86_64__)

namespace thimble::kernels::x86 {

constexpr bool is_interleavable(const geometry& g) {
  const window& w = g.win;
  return has_small_filters(g) && w.pad_top < w.kernel_h && w.pad_left < w.kernel_w && g.out.w <= g.in.w;
}

/// `f<Taps, Stride>()` for the layer's.
template <class F>
THIMBLE_INLINE void with_taps(const geometry& g, F f) {
  const bool one = g.win.stride_h == 1;
  if (g.win.kernel_h == 3) return one ? f.template operator()<3, 1>() : f.template operator()<3, 2>();
  if (g.win.kernel_h == 5) return one ? f.template operator()<5, 1>() : f.template operator()<5, 2>();
  return one ? f.template operator()<7, 1>() : f.template operator()<7, 2>();
}

/// Line r holds, for every column that a window sees, rows r to r + depth - 1 of the image with its border, a vector of channels.
/// Eight lines are kept: an output row sees lines r, r + depth..., at most seven rows apart.
template <class V>
struct line_layout {
  int width;
  static constexpr int lines = 8;
  [[nodiscard]] constexpr int bytes() const { return lines * width * 4 * V::lanes; }
};
template <class V>
THIMBLE_INLINE constexpr line_layout<V> line_layout_of(const geometry& g) {
  return {(g.out.w - 1) * g.win.stride_w + g.win.kernel_w};
}

/// The weights of a vector of channels, interleaved as lines are: of[k][x] has taps (depth * k + j, x), j < depth. Turned: in pairs of
/// int16 and from the last to the first, as the input's gradient takes them.
template <class V, int Taps, bool Turned = false>
struct tap_vectors {
  using vector = typename V::vector;
  static constexpr int depth = Turned ? 2 : V::depth, groups = (Taps + depth - 1) / depth;
  block_of<V, groups, Taps> of;

  THIMBLE_INLINE tap_vectors(const geometry& g, kernels::weights w, int o, int n) {
    static constexpr std::int8_t none[V::lanes]{};
    std::int8_t room[static_cast<std::size_t>(depth)][V::lanes];
    for (int k = 0; k < groups; ++k)
      for (int x = 0; x < Taps; ++x) {
        const std::int8_t* rows[static_cast<std::size_t>(depth)];
        for (int j = 0; j < depth; ++j) {
          const int tap = (depth * k + j) * Taps + x, last = Taps * Taps - 1;
          rows[j] = depth * k + j < Taps ? row(g, w, Turned ? last - tap : tap, o, n, room[j]) : none;
        }
        if constexpr (Turned)
          of[k][x] = V::bits_of_either(V::bits_of_both(V::first(rows[0], n), V::splat(0xffff)),
                                       V::template left<16>(V::first(rows[1], n)));
        else
          of[k][x] = V::template interleave_weights<depth>(rows, n);
      }
  }
  /// Of every channel the sum of all weights times `values`.
  THIMBLE_INLINE vector sums(vector values) const {
    vector sum = V::splat(0);
    for (int k = 0; k < groups; ++k)
      for (int x = 0; x < Taps; ++x) sum = V::accumulate(sum, values, of[k][x]);
    return sum;
  }

 private:
  /// Weights of channels [o, o + n) of a tap: of each row the first g.trained lie in SRAM.
  THIMBLE_INLINE static const std::int8_t* row(const geometry& g, kernels::weights w, int tap, int o, int n,
                                               std::int8_t* room) {
    const int k = g.trained;
    if (k == 0 || o >= k) return w.flash + tap * g.out.c + o;
    if (o + n <= k) return w.sram + tap * k + o;
    for (int j = 0; j < n; ++j) room[j] = o + j < k ? w.sram[tap * k + o + j] : w.flash[tap * g.out.c + o + j];
    return room;
  }
};

/// The lines of one vector of channels, made in order.
template <class V, int Taps, int Stride>
class line_ring {
  using vector = typename V::vector;
  static constexpr int rows = Taps < V::depth ? Taps : V::depth;  ///< that have weights

 public:
  /// Channels [o, o + n) of x; line `first` is the first one made.
  THIMBLE_INLINE line_ring(const geometry& g, const std::int8_t* x, int x_zero, unsigned char* scratch, int o, int n,
                           int first)
      : g_(g), x_(x + o), x_zero_(x_zero), n_(n), width_(line_layout_of<V>(g).width), scratch_(scratch), next_(first) {
    for (std::int8_t& b : blank_) b = static_cast<std::int8_t>(x_zero);
  }
  /// Where line r is: one of those made last.
  [[nodiscard]] THIMBLE_INLINE unsigned char* at(int r) const {
    return scratch_ + static_cast<std::size_t>(r / Stride % line_layout<V>::lines * width_) * sizeof(vector);
  }
  /// All lines up to `last` that an output sees: every Stride-th.
  THIMBLE_INLINE void make_to(int last) {
    for (; next_ <= last; next_ += Stride) make(next_);
  }

 private:
  THIMBLE_INLINE void make(int r) const {
    const int pad = g_.win.pad_left, c = g_.in.c;
    const std::int8_t* from[V::depth];
    int step[V::depth];
    for (int j = 0; j < V::depth; ++j) {
      const int iy = r + j - g_.win.pad_top;
      const bool inside = iy >= 0 && iy < g_.in.h;
      from[j] = inside ? x_ + static_cast<std::ptrdiff_t>(iy) * g_.in.row() : blank_;
      step[j] = inside ? c : 0;
    }
    unsigned char* to = at(r);
    const int inside = width_ - pad < g_.in.w ? width_ - pad : g_.in.w;
    const vector border = V::zero_values(x_zero_);
    for (int i = 0; i < pad; ++i, to += sizeof(vector)) V::store(to, border);
    for (int i = 0; i < inside; ++i, to += sizeof(vector)) {
      V::store(to, V::template interleave<rows>(from, n_, x_zero_));
      for (int j = 0; j < V::depth; ++j) from[j] += step[j];
    }
    for (int i = pad + inside; i < width_; ++i, to += sizeof(vector)) V::store(to, border);
  }

  const geometry& g_;
  const std::int8_t* x_;
  int x_zero_, n_, width_;
  unsigned char* scratch_;
  int next_;
  std::int8_t blank_[V::lanes];
};

}  // namespace thimble::kernels::x86

#endif
