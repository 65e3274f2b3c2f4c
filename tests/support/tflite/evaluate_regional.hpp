// Reference of the operators that reduce regions or move values: pools, MEAN, SOFTMAX, CONCATENATION, PAD, RESHAPE,
// TRANSPOSE, RESIZE_NEAREST_NEIGHBOR.
#pragma once
#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <set>
#include <utility>
#include <vector>

#include "support/tflite/values.hpp"

namespace thimble::test::tflite {

/// Both pools leave out what is outside; the mean is rounded half away from zero. No change of quantization.
inline void pool(const work& w) {
  const tensor &x = *w.in[0], &y = w.out;
  const options& how = w.how.how;
  const sliding rows(size_at(x, 1), how.filter.h, how.stride.h, 1, how.pad, size_at(y, 1));
  const sliding columns(size_at(x, 2), how.filter.w, how.stride.w, 1, how.pad, size_at(y, 2));
  const limits range = range_of(how.act, y);
  for_each_index(y.shape, [&](const dims& o) {
    integer sum = 0, count = 0, best = -128;
    for_each_index({rows.filter, columns.filter}, [&](const dims& f) {
      const int r = rows.at(o[1], f[0]), c = columns.at(o[2], f[1]);
      if (!rows.inside(r) || !columns.inside(c)) return;
      const integer v = w.integers(0)[place(x.shape, {o[0], r, c, o[3]})];
      sum += v;
      ++count;
      best = std::max(best, v);
    });
    demand(count > 0, "a pool's window within its input");
    const integer mean = sum > 0 ? (sum + count / 2) / count : (sum - count / 2) / count;
    w.result.integers.push_back(range.clamp(w.how.kind == code::max_pool_2d ? best : mean));
  });
}

/// The division by the count is part of the multiplier: (mantissa 2^s) / count, s the count's logarithm, rounded down.
inline void mean(const work& w) {
  const tensor &x = *w.in[0], &y = w.out;
  const int rank = static_cast<int>(x.shape.size());
  std::set<int> axes;
  for (const integer a : w.integers(1)) axes.insert(static_cast<int>(a < 0 ? a + rank : a));
  integer count = 1;
  dims kept;
  for (int a = 0; a < rank; ++a) {
    const int size = x.shape[static_cast<std::size_t>(a)];
    if (axes.count(a)) count *= size;
    kept.push_back(axes.count(a) ? 1 : size);
  }
  dims shape;
  for (int a = 0; a < rank; ++a)
    if (w.how.how.keep_dims || !axes.count(a)) shape.push_back(kept[static_cast<std::size_t>(a)]);
  demand(shape == y.shape, "shape of a mean");
  std::vector<integer> sums(y.count(), 0);
  for_each_index(x.shape, [&](const dims& i) {
    sums[broadcast_place(kept, i)] += w.integers(0)[place(x.shape, i)] - x.zero_point();
  });
  multiplier scale = quantize_multiplier(ratio(x, y));
  const int logarithm = static_cast<int>(std::bit_width(static_cast<std::uint64_t>(count))) - 1;
  const int shift = std::min({logarithm, 32, 31 + scale.exponent});
  scale = {(scale.mantissa << shift) / count, scale.exponent - shift};
  for (const integer s : sums) w.result.integers.push_back(limits_of(y.type).clamp(times(s, scale) + y.zero_point()));
}

/// Over the last axis; output scale 1/256, zero point -128. Differences to the largest have 5 integer bits, sums 12.
inline void softmax(const work& w) {
  const tensor& x = *w.in[0];
  demand(w.out.zero_point() == -128 && w.out.scale() == 1.0f / 256, "quantization of SOFTMAX's output");
  const double real = static_cast<double>(w.how.how.beta) * static_cast<double>(x.scale()) * (1 << 26);
  const multiplier scale = quantize_multiplier(std::min(real, static_cast<double>(largest)));
  demand(real > 1, "scale of SOFTMAX's input");
  const auto radius = static_cast<integer>(std::floor(std::ldexp(31.0, 26 - scale.exponent)));
  const auto depth = static_cast<std::size_t>(x.shape.back());
  for (std::size_t row = 0; row < x.count(); row += depth) {
    const auto begin = w.integers(0).begin() + static_cast<std::ptrdiff_t>(row);
    const integer top = *std::max_element(begin, begin + static_cast<std::ptrdiff_t>(depth));
    std::vector<integer> powers;  // -1: too small to count
    integer sum = 0;
    for (std::size_t i = 0; i < depth; ++i) {
      const integer below = w.integers(0)[row + i] - top;
      powers.push_back(below < -radius ? -1 : exp_of_negative(times(below, scale), 5));
      if (powers.back() >= 0) sum = fits_32(sum + halve(powers.back(), 12));
    }
    const int lead = 32 - static_cast<int>(std::bit_width(static_cast<std::uint64_t>(sum)));
    const integer reciprocal = reciprocal_of_one_plus((sum << lead) - two_31);
    const int shift = 12 - lead + 31 - 8;
    for (const integer p : powers)
      w.result.integers.push_back(p < 0 ? -128
                                        : limits_of(w.out.type).clamp(halve(high_product(reciprocal, p), shift) - 128));
  }
}

/// No change of quantization.
inline void concatenation(const work& w) {
  const int rank = static_cast<int>(w.out.shape.size());
  const auto axis = static_cast<std::size_t>(w.how.how.axis < 0 ? w.how.how.axis + rank : w.how.how.axis);
  demand(w.how.how.act == activation::none, "no activation fused with CONCATENATION");
  for_each_index(w.out.shape, [&](const dims& o) {
    dims own = o;
    std::size_t i = 0;
    for (; own[axis] >= w.in.at(i)->shape[axis]; ++i) own[axis] -= w.in[i]->shape[axis];
    w.result.integers.push_back(w.integers(i)[place(w.in[i]->shape, own)]);
  });
}

/// Pads with the output's zero point.
inline void pad(const work& w) {
  const auto& amounts = w.integers(1);  // before, after for each axis
  for_each_index(w.out.shape, [&](const dims& o) {
    dims own = o;
    bool inside = true;
    for (std::size_t a = 0; a < o.size(); ++a) {
      demand(w.out.shape[a] == w.in[0]->shape[a] + amounts[2 * a] + amounts[2 * a + 1], "shape of a PAD");
      own[a] -= static_cast<int>(amounts[2 * a]);
      inside = inside && own[a] >= 0 && own[a] < w.in[0]->shape[a];
    }
    w.result.integers.push_back(inside ? w.integers(0)[place(w.in[0]->shape, own)] : w.out.zero_point());
  });
}

inline void reshape(const work& w) {
  demand(w.in[0]->count() == w.out.count(), "size of a RESHAPE");
  w.result = *w.values[0];
}

/// Output axis a is input axis permutation[a].
inline void transpose(const work& w) {
  const auto& permutation = w.integers(1);
  for_each_index(w.out.shape, [&](const dims& o) {
    dims own(o.size());
    for (std::size_t a = 0; a < o.size(); ++a) own[static_cast<std::size_t>(permutation[a])] = o[a];
    w.result.integers.push_back(w.integers(0)[place(w.in[0]->shape, own)]);
  });
}

/// The index is computed in float, as the specification does.
inline int nearest(int o, int in, int out, const options& how) {
  float scale = static_cast<float>(in) / static_cast<float>(out);
  if (how.align_corners && out > 1) scale = static_cast<float>(in - 1) / static_cast<float>(out - 1);
  const float position = (static_cast<float>(o) + (how.half_pixel_centers ? 0.5f : 0.0f)) * scale;
  const int i = static_cast<int>(how.align_corners ? std::round(position) : std::floor(position));
  return std::clamp(i, 0, in - 1);
}
inline void resize_nearest_neighbor(const work& w) {
  const tensor& x = *w.in[0];
  demand(w.integers(1).at(0) == size_at(w.out, 1) && w.integers(1).at(1) == size_at(w.out, 2), "size of a RESIZE");
  for_each_index(w.out.shape, [&](const dims& o) {
    const int r = nearest(o[1], size_at(x, 1), size_at(w.out, 1), w.how.how);
    const int c = nearest(o[2], size_at(x, 2), size_at(w.out, 2), w.how.how);
    w.result.integers.push_back(w.integers(0)[place(x.shape, {o[0], r, c, o[3]})]);
  });
}

}  // namespace thimble::test::tflite
