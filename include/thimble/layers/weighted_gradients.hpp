// The gradient rules that every layer with weights shares, over its kernel: whole, and by slices of channels.
#pragma once
#include <cstring>
#include <initializer_list>
#include <type_traits>

#include <boost/mp11/utility.hpp>

#include <thimble/kernels/bias_gradient.hpp>
#include <thimble/kernels/convolution_gradient.hpp>
#include <thimble/kernels/float_gradients.hpp>
#include <thimble/kernels/sliced_gradient.hpp>
#include <thimble/network/geometry.hpp>
#include <thimble/network/rule.hpp>

namespace thimble::weighted {

/// SumsChannels: where a sum runs over output channels, gradients are scaled per channel before it, in scratch; else after.
template <class Kernel, bool SumsChannels, class Target = native>
struct input_gradient {
  static constexpr int terms(const facts& f) { return (SumsChannels ? f.out.c / f.groups : 1) * f.win.gradient_taps(); }
  static constexpr int scaled_bytes(const facts& f) {
    return SumsChannels ? (2 * f.out.c * f.win.gradient_taps() + 3) / 4 * 4 : 0;
  }
  /// What targets' kernels leave to portable: sums over channels without bits to drop; other gradients that are added to.
  template <bool Usual, class At>
  static constexpr auto serving_for() {
    if constexpr (Usual)
      return std::type_identity<decltype(kernels::serving<Kernel, Target, At::geometry>())>{};
    else
      return std::type_identity<portable>{};
  }
  static constexpr uses describe(const facts& f) {
    return {.reads = {role::dy, role::w},
            .writes = {role::dx0},
            .modifies = role::none,
            .scratch = f.float_gradients ? 0
                       : f.enters        ? scaled_bytes(f) + 4 * f.in.size()
                                         : kernels::serving_needs<Kernel, Target>(geometry_of(f)).scratch,
            .in_place = {{SumsChannels || f.float_gradients ? role::none : role::dx0, role::dy,
                          kernels::serving_needs<Kernel, Target>(geometry_of(f)).by_channel ? 0 : gradient_lag(f)}}};
  }
  /// As row_lag, of int16 gradients: of kernels that finish a row of dx before they begin the next. Where the output's gradient has
  /// another reader later (weights that train), the planner lets them lie apart.
  static constexpr int gradient_lag(const facts& f) {
    int lag = 0;
    for (int r = 0; r < f.in.h; ++r) {
      const int oldest =
          windows_over(r, f.win.pad_top, dilated(f.win.kernel_h, f.win.dilation_h), f.win.stride_h, f.out.h).begin;
      const int ahead = 2 * ((r + 1) * f.in.row() - oldest * f.out.row());
      if (ahead > lag) lag = ahead;
    }
    return lag;
  }
  /// By slices: pointwise layers, which mix channels, and depthwise ones, which do not; none whose channels that train are listed.
  static constexpr slicing slices(const facts& f) {
    if (f.float_gradients || f.enters || f.selected == selection::largest) return slicing::none;
    if (!SumsChannels) return f.in.c == f.out.c ? slicing::channels : slicing::none;
    const window& w = f.win;
    return w.taps() == 1 && w.stride_h == 1 && w.stride_w == 1 && f.groups == 1 ? slicing::mixes : slicing::none;
  }
  /// Scratch of a slice: of the kernels of kernels/sliced_gradient.hpp, or of copied weights and the layer's kernel.
  static constexpr int slice_scratch(const facts& slice, mixing how) {
    if (!SumsChannels) return copied_weights(slice) + describe(slice).scratch;
    if (how == mixing::sums)
      return kernels::serving_needs<kernels::convolution_sums, Target>(geometry_of(slice)).scratch;
    if (how == mixing::makes)
      return kernels::serving_needs<kernels::convolution_slices, Target>(geometry_of(slice)).scratch;
    const facts band = how == mixing::makes_again ? band_of(slice) : slice;
    return (how == mixing::makes_again ? 2 * band.out.size() : 0) +
           kernels::serving_needs<kernels::convolution_prepared_slices, Target>(geometry_of(band)).scratch;
  }
  /// The same layer over as many pixels as it makes dy again at a time: the most for which there is scratch.
  static constexpr facts band_of(const facts& slice) {
    facts band = slice;
    for (const int pixels : {32, 16, 8, 4, 2, 1}) {
      if (slice.out.pixels() % pixels != 0) continue;
      band.in = {1, pixels, slice.in.c};
      band.out = {1, pixels, slice.out.c};
      band.most_scratch = slice.most_scratch - 2 * band.out.size();
      if (slice.most_scratch == 0) band.most_scratch = 0;
      if (slice.most_scratch == 0 || kernels::fits_scratch(geometry_of(slice), scratch_with_dy(band))) break;
    }
    if (band.most_scratch < 0) band.most_scratch = 1;
    return band;
  }
  static constexpr int scratch_with_dy(const facts& band) {
    return 2 * band.out.size() +
           kernels::serving_needs<kernels::convolution_prepared_slices, Target>(geometry_of(band)).scratch;
  }
  /// Bytes of a depthwise slice's weights that are copied together, for a kernel that cannot read them where they lie.
  static constexpr int copied_weights(const facts& slice) {
    return !slice.trains_beside && reads_where_they_lie<Target>(geometry_of(slice))
               ? 0
               : (slice.fan_in * slice.weight_row + 3) / 4 * 4;
  }
  template <class T>
  static constexpr bool reads_where_they_lie(const kernels::geometry& g) {
    if constexpr (requires { Kernel::template reads_any_row<T>; }) {
      if (kernels::needs_of<Kernel, T>(g).serves) return Kernel::template reads_any_row<T>;
      if constexpr (requires { typename T::base; }) return reads_where_they_lie<typename T::base>(g);
    }
    return false;
  }
  /// What runs an operation that rounds sums: portable, if there are fewer than two bits to drop.
  template <class Operation, class At, kernels::geometry G>
  static constexpr auto serving_slices() {
    constexpr int shift = At::exponent(role::dx0) - At::scaled_exponent;
    if constexpr (shift >= 2 && shift <= 31)
      return std::type_identity<decltype(kernels::serving<Operation, Target, G>())>{};
    else
      return std::type_identity<portable>{};
  }
  template <class At>
  THIMBLE_INLINE static void run_slice(At at) {
    constexpr int e_y = At::exponent(role::dy), e_t = At::scaled_exponent, e_x = At::exponent(role::dx0);
    auto* scaled = reinterpret_cast<std::int16_t*>(at.scratch());
    if constexpr (!SumsChannels) {
      constexpr int bytes = copied_weights(At::node), row = bytes > 0 ? 0 : At::whole.weight_row;
      kernels::weights w{};
      if constexpr (bytes > 0) {
        w.flash = reinterpret_cast<std::int8_t*>(at.scratch());
        at.copy_weights(reinterpret_cast<std::int8_t*>(at.scratch()));
      } else {
        w.flash = at.weights().flash;
      }
      kernels::call<Kernel, At::geometry, decltype(kernels::serving<Kernel, Target, At::geometry>())>(
          kernels::input_gradient_args{at.dy(), w, at.scale(), e_y - e_x, At::gradient_limit, 0, at.dx0(), false,
                                       scaled + bytes / 2, row});
    } else if constexpr (At::mixes == mixing::makes_again) {
      constexpr facts band = band_of(At::node);
      constexpr kernels::geometry g = geometry_of(band);
      using slices = kernels::convolution_prepared_slices;
      using serving = typename decltype(serving_slices<slices, At, g>())::type;
      std::int16_t *const dy = scaled, *const rest = scaled + band.out.size();
      for (int p = 0; p < At::node.out.pixels(); p += band.out.w) {
        at.remake_dy(p * band.out.c, band.out.size(), dy);
        kernels::call<slices, g, serving>(kernels::prepare_args{dy, at.scale(), e_y - e_t, At::gradient_limit,
                                                                reinterpret_cast<unsigned char*>(rest)});
        kernels::call<slices, g, serving>(
            kernels::part_of_input_args{{dy, at.weights(), at.scale(), e_y - e_t, At::gradient_limit, e_x - e_t,
                                         at.dx0() + p * band.in.c, false, rest},
                                        at.first(),
                                        At::whole.in.c});
      }
    } else if constexpr (At::mixes != mixing::sums) {
      using slices = boost::mp11::mp_if_c<At::mixes == mixing::makes, kernels::convolution_slices,
                                          kernels::convolution_prepared_slices>;
      kernels::call<slices, At::geometry, typename decltype(serving_slices<slices, At, At::geometry>())::type>(
          kernels::part_of_input_args{
              {at.dy(), at.weights(), at.scale(), e_y - e_t, At::gradient_limit, e_x - e_t, at.dx0(), false, scaled},
              at.first(),
              At::whole.in.c});
    } else {
      kernels::call<kernels::convolution_sums, At::geometry,
                    decltype(kernels::serving<kernels::convolution_sums, Target, At::geometry>())>(
          kernels::sums_of_input_args{at.dy(), at.weights(), at.scale(), e_y - e_t, At::gradient_limit, at.sums(),
                                      scaled});
    }
  }
  /// Before the first slice.
  template <class At>
  THIMBLE_INLINE static void begin_slices(At at) {
    if constexpr (At::mixes == mixing::sums) {
      std::memset(at.sums(), 0, 4 * static_cast<std::size_t>(At::node.in.size()));
    } else if constexpr (At::mixes == mixing::makes_of_prepared) {
      using slices = kernels::convolution_prepared_slices;
      constexpr int raise = At::exponent(role::dy) - At::scaled_exponent;
      kernels::call<slices, At::geometry, typename decltype(serving_slices<slices, At, At::geometry>())::type>(
          kernels::prepare_args{at.dy(), at.scale(), raise, At::gradient_limit, at.scratch()});
    }
  }
  /// After the last.
  template <class At>
  THIMBLE_INLINE static void finish_slices(At at) {
    constexpr int shift = At::exponent(role::dx0) - At::scaled_exponent;
    kernels::round_sums(
        {reinterpret_cast<const unsigned char*>(at.sums()), at.dx0(), At::node.in.size(), shift, At::adds});
  }
  template <class At>
  THIMBLE_INLINE static void run(At at) {
    [[maybe_unused]] auto* scaled = reinterpret_cast<std::int16_t*>(at.scratch());
    if constexpr (At::has_float_gradients) {
      kernels::call<kernels::with_float_gradients<Kernel>, At::geometry>(
          kernels::float_input_gradient_args{at.dy(), at.weights(), at.scale(), at.dx0(), At::adds});
    } else if constexpr (At::node.enters) {
      auto* sums = reinterpret_cast<std::int32_t*>(at.scratch() + scaled_bytes(At::node));
      int exponent = 0;
      kernels::call<Kernel, At::geometry>(kernels::entry_gradient_args{at.dy(), at.weights(), at.scale(),
                                                                       -At::scaled_exponent, At::gradient_limit,
                                                                       at.dx0(), scaled, sums, &exponent});
      at.enter_body(At::scaled_exponent + exponent);
    } else {
      constexpr int e_y = At::exponent(role::dy), e_x = At::exponent(role::dx0);
      constexpr int e_t = SumsChannels ? At::scaled_exponent : e_x;
      constexpr bool usual = SumsChannels ? e_x - e_t >= 2 && e_x - e_t <= 31 : !At::adds;
      using serving = typename decltype(serving_for<usual, At>())::type;
      kernels::call<Kernel, At::geometry, serving>(kernels::input_gradient_args{
          at.dy(), at.weights(), at.scale(), e_y - e_t, At::gradient_limit, e_x - e_t, at.dx0(), At::adds, scaled});
    }
  }
};

/// What a kernel's gradient of weights needs.
template <class Kernel>
struct weights_of {
  template <class Target>
  static constexpr kernels::kernel_needs needs(Target t, const kernels::geometry& g) {
    if constexpr (requires { Kernel::weight_needs(t, g); })
      return Kernel::weight_needs(t, g);
    else
      return {};
  }
};

/// The gradient of the weights is never stored: each is applied as it is made.
template <class Kernel, bool SumsChannels, class Target = native>
struct weight_gradient {
  static constexpr uses describe(const facts& f) {
    return {.reads = {role::dy, kept_channels(f) > 0 ? role::kept : role::x0},
            .writes = {role::w},
            .modifies = role::none,
            .scratch = f.float_gradients ? 0 : needs(f).scratch,
            .in_place = {}};
  }
  static constexpr kernels::kernel_needs needs(const facts& f) {
    return kernels::serving_needs<weights_of<Kernel>, Target>(kernels::without_list(geometry_of(f)));
  }
  static constexpr slicing slices(const facts& f) {
    if (f.float_gradients || f.selected == selection::largest) return slicing::none;
    return !SumsChannels ? (f.in.c == f.out.c ? slicing::channels : slicing::none) : slicing::outputs;
  }
  static constexpr int slice_scratch(const facts& slice, mixing) { return SumsChannels ? describe(slice).scratch : 0; }
  template <class At>
  THIMBLE_INLINE static void run_slice(At at) {
    if constexpr (SumsChannels) {
      run(at);
    } else {
      constexpr bool packed = At::packed;
      constexpr int bits = drop(At::node), k = At::whole.trained, x_row = packed ? k : At::whole.in.c;
      if (at.first() >= k) return;
      const std::int8_t* x = packed ? reinterpret_cast<const std::int8_t*>(at.kept()) : at.x0();
      kernels::call<kernels::depthwise_slices, At::geometry>(kernels::part_of_depthwise_weights_args{
          kernels::weight_gradient_args{kernels::correlation{at.dy(), x + at.first(), At::zero(role::x0), x_row, bits},
                                        at.scale(), at.weight_sink(bits), nullptr, nullptr},
          at.first(), k});
    }
  }
  /// Bits to drop so that an exact sum of products 32'768 * 255 over all positions fits int32.
  static constexpr int drop(const facts& f) {
    int bits = 0;
    while ((std::int64_t{32768} * 255 * f.out.pixels() >> bits) > 2147483647) ++bits;
    return bits;
  }
  template <class At>
  THIMBLE_INLINE static void run(At at) {
    constexpr bool packed = At::packed;
    const std::int8_t* x;
    if constexpr (packed)
      x = reinterpret_cast<const std::int8_t*>(at.kept());
    else
      x = at.x0();
    constexpr int bits = drop(At::node), x_row = packed ? At::node.trained : At::node.in.c;
    if constexpr (At::has_float_gradients)
      kernels::call<kernels::with_float_gradients<Kernel>, At::geometry>(
          kernels::float_weight_gradient_args{kernels::float_correlation{at.dy(), x, At::zero(role::x0), x_row},
                                              at.weights(), at.scale(), at.weight_sink(0)});
    else
      kernels::call<Kernel, kernels::without_list(At::geometry),
                    decltype(kernels::serving<weights_of<Kernel>, Target, kernels::without_list(At::geometry)>())>(
          kernels::weight_gradient_args{kernels::correlation{at.dy(), x, At::zero(role::x0), x_row, bits}, at.scale(),
                                        at.weight_sink(bits), at.weights().channels, at.scratch()});
  }
};

struct bias_gradient {
  static constexpr slicing slices(const facts& f) { return f.float_gradients ? slicing::none : slicing::outputs; }
  static constexpr uses describe(const facts&) {
    return {.reads = {role::dy}, .writes = {role::b}, .modifies = role::none, .scratch = 0, .in_place = {}};
  }
  template <class At>
  THIMBLE_INLINE static void run(At at) {
    kernels::call<kernels::bias_backward, At::geometry>(
        kernels::bias_gradient_args{at.dy(), at.scale(), at.bias_sink()});
  }
};

}  // namespace thimble::weighted
