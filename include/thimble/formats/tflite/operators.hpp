// Operators without weights as layers: which rules each has, and its facts from the file.
#pragma once
#include <thimble/formats/tflite/described.hpp>
#include <thimble/layers/add.hpp>
#include <thimble/layers/concatenate.hpp>
#include <thimble/layers/constant.hpp>
#include <thimble/layers/extremum.hpp>
#include <thimble/layers/flatten.hpp>
#include <thimble/layers/mean.hpp>
#include <thimble/layers/multiply.hpp>
#include <thimble/layers/nearest.hpp>
#include <thimble/layers/pad.hpp>
#include <thimble/layers/pool.hpp>
#include <thimble/layers/softmax.hpp>
#include <thimble/layers/transpose.hpp>
#include <thimble/layers/unary.hpp>

namespace thimble::tflite {

/// The layer of node Node, which is operator What. One specialization an operator.
template <operation What, class File, int Node>
struct layer_for;

// ---- two inputs, element by element

template <class Rules, class File, int Node>
struct pairwise : described<File, Node>, Rules {
  static constexpr void complete(facts& f) {
    pairwise::begin(f);
    elementwise::complete_pair(f);
    pairwise::end_of_size(f, f.out.size());
    if (f.fault == nullptr) f.out = kernels::broadcast(f.in, f.in1);
  }
};
template <class File, int Node>
struct layer_for<operation::add, File, Node> : pairwise<elementwise::sum_rules<false>, File, Node> {};
template <class File, int Node>
struct layer_for<operation::sub, File, Node> : pairwise<elementwise::sum_rules<true>, File, Node> {};
template <class File, int Node>
struct layer_for<operation::mul, File, Node> : pairwise<elementwise::product_rules, File, Node> {};
template <class File, int Node>
struct layer_for<operation::minimum, File, Node> : pairwise<elementwise::extremum_rules<false>, File, Node> {};
template <class File, int Node>
struct layer_for<operation::maximum, File, Node> : pairwise<elementwise::extremum_rules<true>, File, Node> {};

// ---- one value at a time

template <class File, int Node>
struct single : described<File, Node>, unary::rules {
  static constexpr void complete(facts& f) {
    single::begin(f);
    complete_unary(f);
    single::end(f, f.out);
  }
};
/// Whether an output has the quantization of probabilities, which TFLite prescribes.
constexpr bool is_probability(const tensor& t) { return t.scale == 1.0f / 256 && t.zero_point == -128; }

template <class File, int Node>
struct layer_for<operation::logistic, File, Node> : single<File, Node> {
  static constexpr auto value_of = kernels::logistic_of;
  static constexpr auto slope_of = kernels::logistic_slope;
  static constexpr void complete(facts& f) {
    single<File, Node>::complete(f);
    f.reject(!is_probability(layer_for::made), "its output must have scale 1/256 and zero point -128");
  }
};
template <class File, int Node>
struct layer_for<operation::relu, File, Node> : single<File, Node> {
  static constexpr auto value_of = kernels::relu_of;
  static constexpr auto slope_of = kernels::relu_slope;
};
template <class File, int Node>
struct layer_for<operation::relu6, File, Node> : single<File, Node> {
  static constexpr auto value_of = kernels::relu6_of;
  static constexpr auto slope_of = kernels::relu6_slope;
};
template <class File, int Node>
struct layer_for<operation::relu_n1_to_1, File, Node> : single<File, Node> {
  static constexpr auto value_of = kernels::relu_n1_to_1_of;
  static constexpr auto slope_of = kernels::relu_n1_to_1_slope;
};
template <class File, int Node>
struct layer_for<operation::leaky_relu, File, Node> : single<File, Node> {
  static constexpr float alpha = described<File, Node>::o.alpha;
  static constexpr std::int8_t value_of(int q, quantization x, quantization y) {
    return kernels::leaky_relu_of(q, x, y, alpha);
  }
  static constexpr double slope_of(int q, quantization x, quantization y) {
    return kernels::leaky_relu_slope(q, x, y, alpha);
  }
};
template <class File, int Node>
struct layer_for<operation::quantize, File, Node> : single<File, Node> {
  static constexpr auto value_of = kernels::quantize_of;
  static constexpr auto slope_of = kernels::quantize_slope;
};

template <class File, int Node>
struct layer_for<operation::softmax, File, Node> : described<File, Node>, softmax::rules {
  static constexpr float beta = described<File, Node>::o.beta;
  /// A loss takes the logits instead.
  static constexpr bool folds_into_loss = beta == 1 && shape_of(layer_for::made).pixels() == 1;
  static constexpr void complete(facts& f) {
    layer_for::begin(f);
    complete_softmax(f);
    f.reject(!is_probability(layer_for::made), "its output must have scale 1/256 and zero point -128");
    layer_for::end(f, f.out);
  }
};

// ---- windows and axes

template <class Rules, class File, int Node>
struct windowed : described<File, Node>, Rules {
  static constexpr void complete(facts& f) {
    windowed::begin(f);
    const shape out = windowed::slide(f, windowed::o.filter_h, windowed::o.filter_w);
    Rules::complete_pool(f);
    f.keeps_scale = false;  // the file's own, of which the limits of its activation are made
    windowed::end(f, out);
  }
};
template <class File, int Node>
struct layer_for<operation::average_pool_2d, File, Node>
    : windowed<pooling::rules<kernels::average_pooling, false>, File, Node> {};
template <class File, int Node>
struct layer_for<operation::max_pool_2d, File, Node>
    : windowed<pooling::rules<kernels::max_pooling, true>, File, Node> {};

template <class File, int Node>
struct layer_for<operation::mean, File, Node> : described<File, Node>, averaged::rules {
  using file = described<File, Node>;
  static constexpr bool known = file::is_list(1);
  static constexpr kernels::axes over = [] {
    kernels::axes a;
    for (int k = 0; known && k < file::entries(1); ++k) {
      const int axis = from_last(file::operand(0), file::entry(1, k));
      a.channels = a.channels || axis == 0;
      a.columns = a.columns || axis == 1;
      a.rows = a.rows || axis == 2;  // extents before it are 1
    }
    return a;
  }();
  static constexpr void complete(facts& f) {
    file::begin(f);
    f.reject(!known, "its axes must be constants");
    f.reject(f.in.h != file::operand(0).extent(2), "it takes at most an image of batch 1");
    complete_mean(f, over);
    file::end_of_size(f, f.out.size());
  }
};

template <class File, int Node>
struct layer_for<operation::concatenation, File, Node> : described<File, Node>,
                                                         concatenation::rules<described<File, Node>::o.inputs> {
  using file = described<File, Node>;
  static constexpr int axis = from_last(file::made, file::o.axis);
  static constexpr concatenation::axis along = axis == 0   ? concatenation::axis::channels
                                               : axis == 1 ? concatenation::axis::columns
                                                           : concatenation::axis::rows;
  static constexpr void complete(facts& f) {
    file::begin(f);
    const auto of = [](shape s) { return axis == 0 ? s.c : axis == 1 ? s.w : s.h; };
    const auto across = [](shape s) {  // all but the axis
      (axis == 0 ? s.c : axis == 1 ? s.w : s.h) = 0;
      return s;
    };
    shape all = shape_of(file::operand(0));
    int sum = 0;
    for (int i = 0; i < file::o.inputs; ++i) {
      const shape s = shape_of(file::operand(i));
      sum += of(s);
      f.reject(across(s) != across(all), "its inputs differ along another axis than they are joined along");
    }
    (axis == 0 ? all.c : axis == 1 ? all.w : all.h) = sum;
    f.reject(axis < 0 || axis > 2 || (axis == 2 && shape_of(file::made).h != file::made.extent(2)),
             "it joins along an axis that is none of rows, columns and channels");
    f.reject(f.act != activation::none, "it has a fused activation");
    file::end(f, all);
  }
};

template <class File, int Node>
struct layer_for<operation::pad, File, Node> : described<File, Node>, padded::rules {
  using file = described<File, Node>;
  static constexpr bool known =
      file::is_list(1) && file::entries(1) == 2 * file::operand(0).rank && file::o.inputs == 2;
  static constexpr int border(int last, bool after) {
    const int axis = file::operand(0).rank - 1 - last;
    return known && axis >= 0 ? file::entry(1, 2 * axis + (after ? 1 : 0)) : 0;
  }
  static constexpr kernels::corner begin{border(2, false), border(1, false), border(0, false)};
  static constexpr void complete(facts& f) {
    file::begin(f);
    f.reject(!known, "its paddings must be constants, two for each dimension, and no value");
    for (int i = 0; i < 6; ++i) f.reject(border(i / 2, i % 2 != 0) < 0, "its paddings are negative");
    for (int last = 3; last < file::operand(0).rank; ++last)
      f.reject(border(last, false) != 0 || border(last, true) != 0, "it pads the batch");
    f.reject(f.in.h != file::operand(0).extent(2), "it takes at most an image of batch 1");
    file::end(f, {f.in.h + begin.row + border(2, true), f.in.w + begin.column + border(1, true),
                  f.in.c + begin.channel + border(0, true)});
  }
};

template <class File, int Node>
struct viewed : described<File, Node>, view_rules {
  static constexpr void complete(facts& f) {
    viewed::begin(f);
    complete_view(f, shape_of(viewed::made));
    f.keeps_scale = false;  // the file's own, though the bytes stay
  }
};
template <class File, int Node>
struct layer_for<operation::reshape, File, Node> : viewed<File, Node> {};
template <class File, int Node>
struct layer_for<operation::squeeze, File, Node> : viewed<File, Node> {};
template <class File, int Node>
struct layer_for<operation::expand_dims, File, Node> : viewed<File, Node> {};

template <class File, int Node>
struct layer_for<operation::transpose, File, Node> : described<File, Node>, transposed_axes::rules {
  using file = described<File, Node>;
  static constexpr int rank = file::operand(0).rank;
  static constexpr bool known = [] {
    if (!file::is_list(1) || file::entries(1) != rank) return false;
    bool seen[most_dimensions]{};
    for (int k = 0; k < rank; ++k) {
      const int axis = file::entry(1, k);
      if (axis < 0 || axis >= rank || seen[axis]) return false;
      seen[axis] = true;
    }
    return true;
  }();
  struct axes {
    int v[most_dimensions]{};
  };
  static constexpr axes permuted = [] {
    axes a;
    for (int k = 0; k < rank; ++k) a.v[k] = known ? file::entry(1, k) : k;
    return a;
  }();
  static constexpr kernels::permutation order = kernels::permutation_of(file::operand(0).dim, permuted.v, rank);
  static constexpr kernels::permutation inverse = kernels::inverse_of(file::operand(0).dim, permuted.v, rank);
  static constexpr void complete(facts& f) {
    file::begin(f);
    f.reject(!known, "its permutation must be constant and name every axis once");
    file::end_of_size(f, f.in.size());
  }
};

template <class File, int Node>
struct layer_for<operation::resize_nearest_neighbor, File, Node> : described<File, Node>, resized::rules {
  using file = described<File, Node>;
  static constexpr bool align_corners = file::o.align_corners, half_pixel_centers = file::o.half_pixel_centers;
  static constexpr void complete(facts& f) {
    file::begin(f);
    f.reject(f.in.h != file::operand(0).extent(2) || shape_of(file::made).h != file::made.extent(2),
             "it takes an image of batch 1");
    complete_resize(f, shape_of(file::made));
  }
};

}  // namespace thimble::tflite
