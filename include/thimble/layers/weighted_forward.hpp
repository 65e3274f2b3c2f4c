// The forward rules that every layer with weights shares, over its kernel.
#pragma once
#include <boost/mp11/list.hpp>

#include <thimble/kernels/convolution.hpp>
#include <thimble/network/geometry.hpp>
#include <thimble/network/rule.hpp>

namespace thimble::weighted {

/// Saves the trained channels of the input; where all train, the input itself is kept by being read in backward.
struct keep_input {
  static constexpr uses describe(const facts& f) {
    return {.reads = {role::x0},
            .writes = {kept_channels(f) > 0 ? role::kept : role::none},
            .modifies = role::none,
            .scratch = 0,
            .in_place = {}};
  }
  static constexpr int kept_bytes(const facts& f) { return f.in.pixels() * kept_channels(f); }
  template <class At>
  THIMBLE_INLINE static void run(At at) {
    constexpr int k = kept_channels(At::node), c = At::node.in.c;
    const kernels::weights w = kernels::launder(at.weights(), At::geometry.listed);
    const std::int8_t* x = at.x0();
    auto* kept = reinterpret_cast<std::int8_t*>(at.kept());
    for (int n = 0; n < At::node.in.pixels(); ++n)
      for (int i = 0; i < k; ++i) kept[n * k + i] = x[n * c + kernels::trained_channel(w, i)];
  }
};

/// The parameters of a step's layer, of which the compiler knows all, from its binding's network.
template <class At>
struct parameters_of;
template <template <class, class, int> class Binding, class Net, class Update, int Step>
struct parameters_of<Binding<Net, Update, Step>> {
  using type = typename Net::parameters::template layer<Binding<Net, Update, Step>::node.number>;
};
/// kernels::fold of them: in flash where used, in place of the biases. Layers of more weights would meet compilers' limits.
template <class At, class Parameters>
inline constexpr auto folded_biases = [] {
  const std::int32_t* bias = nullptr;
  if constexpr (requires { Parameters::bias; } && !requires { Parameters::has_no_bias; }) bias = Parameters::bias;
  constexpr const facts& f = At::node;
  return kernels::fold<f.biases>(Parameters::weight, f.fan_in, bias, f.bias_limit(), At::zero(role::x0));
}();
/// Whether there are folded biases for a kernel that asks for them.
template <class At>
inline constexpr bool has_folded_biases = [] {
  constexpr const facts& f = At::node;
  if constexpr (requires { parameters_of<At>::type::weight[0]; })
    return f.trained == 0 && !f.bias_trained && f.weights() <= 131072 &&
           kernels::all_shift_right(At::scale(), f.biases);
  return false;
}();
/// They, or null.
template <class At>
constexpr const std::int32_t* folded_for() {
  if constexpr (has_folded_biases<At>)
    return folded_biases<At, typename parameters_of<At>::type>.v;
  else
    return nullptr;
}

/// InPlace: whether output rows follow the input's, so that they may overwrite them.
template <class Kernel, bool InPlace = true, class Target = native>
struct forward {
  /// Only portable takes a zero point of the weights.
  static constexpr kernels::kernel_needs needs(const facts& f) {
    return f.weight_zero == 0 ? kernels::serving_needs<Kernel, Target>(geometry_of(f)) : kernels::kernel_needs{};
  }
  template <class At>
  static constexpr auto target() {
    if constexpr (At::node.weight_zero == 0)
      return kernels::serving<Kernel, Target, At::geometry>();
    else
      return portable{};
  }
  static constexpr uses describe(const facts& f) {
    return {.reads = {role::x0, role::w, role::b},
            .writes = {role::y, role::mask},
            .modifies = role::none,
            .scratch = needs(f).scratch,
            .in_place = {{InPlace ? role::y : role::none, role::x0, needs(f).by_channel ? 0 : row_lag(f)}}};
  }
  static constexpr reach rows(const facts& f) {
    if (f.logits) return {};
    return {dilated(f.win.kernel_h, f.win.dilation_h), f.win.stride_h, f.win.pad_top};
  }
  static constexpr reach columns(const facts& f) {
    if (f.logits) return {};
    return {dilated(f.win.kernel_w, f.win.dilation_w), f.win.stride_w, f.win.pad_left};
  }
  /// To be made again by slices: of any channels by themselves.
  static constexpr slicing slices(const facts& f) {
    if (!InPlace || f.logits || f.weight_zero != 0 || f.groups != 1 || f.selected == selection::largest)
      return slicing::none;
    if (f.fan_in > f.win.taps()) return slicing::outputs;
    return f.in.c == f.out.c && f.trained == 0 ? slicing::channels : slicing::none;
  }
  template <class At>
  THIMBLE_INLINE static void run_slice(At at) {
    at.copy_weights();
    run(at);
  }
  template <class At>
  THIMBLE_INLINE static void run(At at) {
    using serving = decltype(target<At>());
    if constexpr (At::node.logits) {
      at.template call<Kernel, serving>(kernels::logits_args{at.x0(), at.weights(), at.bias(), at.scale(),
                                                             At::zero(role::x0), at.logits(), At::node.weight_zero,
                                                             at.scratch()});
    } else if constexpr (kernels::needs_of<Kernel, serving>(At::geometry).folds) {
      const bool folds = has_folded_biases<At> && at.mask() == nullptr;
      at.template call<Kernel, serving>(
          kernels::convolution_args{at.x0(), at.weights(), folds ? nullptr : at.bias(), at.scale(), At::zero(role::x0),
                                    At::zero(role::y), At::range(), at.y(), at.mask(), at.part(), At::node.weight_zero,
                                    at.scratch(), folds ? folded_for<At>() : nullptr});
    } else {
      at.template call<Kernel, serving>(kernels::convolution_args_for<serving, At::masks>{
          at.x0(), at.weights(), at.bias(), at.scale(), At::zero(role::x0), At::zero(role::y), At::range(), at.y(),
          at.mask(), at.part(), At::node.weight_zero, at.scratch()});
    }
  }
};

}  // namespace thimble::weighted
