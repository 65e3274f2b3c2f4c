// Tensors side by side along one axis.
#pragma once
#include <utility>

#include <boost/mp11/list.hpp>

#include <thimble/kernels/block.hpp>
#include <thimble/network/rule.hpp>

namespace thimble::concatenation {

/// Axes of an image.
enum class axis : unsigned char { rows, columns, channels };

/// Where input Slot begins in the output: after those before it.
template <class At, int Slot>
constexpr kernels::corner begin_of() {
  int before = 0;
  for (int i = 0; i < Slot; ++i) {
    const shape s = At::shape_of(x(i));
    before += At::layer::along == axis::rows ? s.h : At::layer::along == axis::columns ? s.w : s.c;
  }
  if (At::layer::along == axis::rows) return {before, 0, 0};
  if (At::layer::along == axis::columns) return {0, before, 0};
  return {0, 0, before};
}

template <int Slot>
struct part {
  static constexpr uses describe(const facts&) {
    return {.reads = {x(Slot)}, .writes = {role::y}, .modifies = role::none, .scratch = 0, .in_place = {}};
  }
  template <class At>
  THIMBLE_INLINE static void run(At at) {
    constexpr kernels::corner begin = begin_of<At, Slot>();
    kernels::run(kernels::place_args{at.template input<x(Slot)>(), At::shape_of(x(Slot)), At::node.out, begin, at.y()});
  }
};

template <int Slot>
struct part_gradient {
  static constexpr uses describe(const facts&) {
    return {.reads = {role::dy}, .writes = {dx(Slot)}, .modifies = role::none, .scratch = 0, .in_place = {}};
  }
  template <class At>
  THIMBLE_INLINE static void run(At at) {
    constexpr kernels::corner begin = begin_of<At, Slot>();
    kernels::run(kernels::block_gradient_args{at.dy(), At::shape_of(x(Slot)), At::node.out, begin,
                                              At::exponent(dx(Slot)) - At::exponent(role::dy),
                                              at.template gradient<dx(Slot)>(), At::adds});
  }
};

template <class Slots>
struct rules_over;
template <int... Slot>
struct rules_over<std::integer_sequence<int, Slot...>> {
  using forward = boost::mp11::mp_list<part<Slot>...>;
  using gradient = boost::mp11::mp_list<part_gradient<Slot>...>;
};

/// y = x0, x1, ... one after another. No requantization: all share the output's quantization. The layer says `along`.
template <int Inputs>
struct rules : rules_over<std::make_integer_sequence<int, Inputs>> {
  /// Var[dx] += Var[dy] of its channels.
  template <class Values>
  static constexpr void spread(const double* vy, double* vx, int slot, int, int) {
    const int channels = Values::shape_of(slot).c;
    int begin = 0;
    if (channels != Values::node.out.c)
      for (int i = 0; i < slot; ++i) begin += Values::shape_of(i).c;
    for (int c = 0; c < channels; ++c) vx[c] += vy[begin + c];
  }
};

}  // namespace thimble::concatenation
