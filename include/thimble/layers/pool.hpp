// Average and max pooling, over windows or the whole image.
#pragma once
#include <boost/mp11/list.hpp>

#include <thimble/kernels/clip.hpp>
#include <thimble/kernels/float_pool.hpp>
#include <thimble/kernels/pool.hpp>
#include <thimble/layers/options.hpp>
#include <thimble/network/geometry.hpp>
#include <thimble/network/rule.hpp>

namespace thimble {

namespace pooling {

/// Keeps: whether backward needs to know which input won.
template <class Kernel, bool Keeps>
struct forward {
  static constexpr uses describe(const facts& f) {
    return {.reads = {role::x0},
            .writes = {role::y, Keeps ? role::kept : role::none},
            .modifies = role::none,
            .scratch = 0,
            .in_place = {{role::y, role::x0, row_lag(f)}}};
  }
  static constexpr reach rows(const facts& f) { return {f.win.kernel_h, f.win.stride_h, f.win.pad_top}; }
  static constexpr reach columns(const facts& f) { return {f.win.kernel_w, f.win.stride_w, f.win.pad_left}; }
  template <class At>
  THIMBLE_INLINE static void run(At at) {
    at.template call<Kernel>(kernels::pool_args{at.x0(), At::range(), at.y(), at.kept(), at.part()});
  }
};

/// Zeroes the gradient where the output lies at a limit of a fused activation. (A value that the clamp left at its limit
/// counts as clipped: no mask is kept for it.)
struct clip_at_limits {
  static constexpr uses describe(const facts& f) {
    const bool clamps = f.act != activation::none;
    return {.reads = {clamps ? role::y : role::none},
            .writes = {},
            .modifies = clamps ? role::dy : role::none,
            .scratch = 0,
            .in_place = {}};
  }
  template <class At>
  THIMBLE_INLINE static void run(At at) {
    kernels::run(kernels::clip_at_limits_args{at.y(), At::range(), at.dy(), At::node.out.size()});
  }
};

template <class Kernel, bool Keeps>
struct input_gradient {
  /// Of an average over the whole image all pixels have the same.
  static constexpr bool remakes(const facts& f) {
    return !Keeps && !f.float_gradients && f.out.pixels() == 1 && kernels::tiles_input(geometry_of(f)) &&
           f.in.c % 8 == 0;
  }
  template <class At>
  THIMBLE_INLINE static void remake(At at, int, int count, std::int16_t* to) {
    constexpr int shift = At::exponent(role::dx0) - At::exponent(role::dy), channels = At::node.in.c;
    kernels::window_share({at.dy(), channels, At::node.win.taps(), shift, to, count / channels});
  }
  static constexpr uses describe(const facts&) {
    return {.reads = {role::dy, Keeps ? role::kept : role::none},
            .writes = {role::dx0},
            .modifies = role::none,
            .scratch = 0,
            .in_place = {}};
  }
  template <class At>
  THIMBLE_INLINE static void run(At at) {
    kernels::call<Kernel, At::geometry>(kernels::pool_gradient_args{
        at.dy(), at.kept(), At::exponent(role::dx0) - At::exponent(role::dy), at.dx0(), At::adds});
  }
};

template <class Kernel, bool Keeps>
struct rules {
  using forward = boost::mp11::mp_list<pooling::forward<Kernel, Keeps>>;
  using gradient = boost::mp11::mp_list<clip_at_limits, input_gradient<Kernel, Keeps>>;
  static constexpr int kept_bytes(const facts& f) { return Keeps ? f.out.size() : 0; }
  static constexpr void complete_pool(facts& f) {
    f.out.c = f.in.c;
    f.keeps_scale = true;
    if (Keeps && f.win.taps() > 256) f.infers_only = "more than 256 taps, and winners are bytes";
  }
  /// An input is seen by gradient_taps windows, or by all if there are fewer. An average passes each a taps-th, and neighbours'
  /// point the same way, so their amplitudes add; a maximum passes whole, but an input seldom wins more than a few: their
  /// variances add.
  template <class Values>
  static constexpr void spread(const double* vy, double* vx, int, int, int) {
    constexpr window w = Values::node.win;
    constexpr shape out = Values::node.out;
    constexpr int rows = window::gradient_taps(w.kernel_h, w.stride_h, 1);
    constexpr int columns = window::gradient_taps(w.kernel_w, w.stride_w, 1);
    constexpr int windows = (rows < out.h ? rows : out.h) * (columns < out.w ? columns : out.w);
    const double share = static_cast<double>(windows) / w.taps();
    const double k = Keeps ? windows : share * share;
    for (int c = 0; c < Values::node.in.c; ++c) vx[c] += vy[c] * k;
  }
};

template <auto... Options>
constexpr void complete_windowed(facts& f) {
  f.name = detail::name_of<Options...>();
  const kernel k = detail::option_or<kernel, Options...>(kernel{2});
  detail::set_window<Options...>(f, kernel{2}, stride{k.h, k.w}, padding::valid);
}
constexpr void complete_global(facts& f) {
  f.out = {1, 1, f.in.c};
  f.win = {f.in.h, f.in.w, f.in.h, f.in.w, 0, 0};
}

}  // namespace pooling

/// The mean over each window, the taps outside the image left out. Quantization stays.
/// Options: kernel (2), stride (the kernel), same or valid (valid), name.
template <auto... Options>
struct average_pool : pooling::rules<kernels::average_pooling, false> {
  static constexpr void complete(facts& f) {
    static_assert(detail::takes<average_pool, kernel, stride, padding>::template check<Options...>);
    f.kind = "average_pool";
    pooling::complete_windowed<Options...>(f);
    complete_pool(f);
  }
  template <class View>
  static void float_forward(View v) {
    kernels::float_average_pool(v.geometry, v.x[0], v.y);
  }
  template <class View>
  static void float_backward(View v) {
    kernels::float_average_pool_gradient(v.geometry, v.dy, v.dx[0]);
  }
};

/// The maximum over each window. Quantization stays. Keeps one byte an output. Options as average_pool.
template <auto... Options>
struct max_pool : pooling::rules<kernels::max_pooling, true> {
  static constexpr void complete(facts& f) {
    static_assert(detail::takes<max_pool, kernel, stride, padding>::template check<Options...>);
    f.kind = "max_pool";
    pooling::complete_windowed<Options...>(f);
    complete_pool(f);
  }
  template <class View>
  static void float_forward(View v) {
    kernels::float_max_pool(v.geometry, v.x[0], v.y);
  }
  template <class View>
  static void float_backward(View v) {
    kernels::float_max_pool_gradient(v.geometry, v.x[0], v.dy, v.dx[0]);
  }
};

/// The mean over the whole image.
struct global_average_pool : average_pool<> {
  static constexpr void complete(facts& f) {
    f.kind = "global_average_pool";
    pooling::complete_global(f);
    complete_pool(f);
  }
};

/// The maximum over the whole image.
struct global_max_pool : max_pool<> {
  static constexpr void complete(facts& f) {
    f.kind = "global_max_pool";
    pooling::complete_global(f);
    complete_pool(f);
  }
};

}  // namespace thimble
