// Functions of one value: activations that are layers of their own, and changes of quantization.
#pragma once
#include <boost/mp11/list.hpp>

#include <thimble/kernels/table.hpp>
#include <thimble/kernels/tables.hpp>
#include <thimble/network/rule.hpp>
#include <thimble/tensor/quantization.hpp>

namespace thimble::unary {

/// The layer says `std::int8_t value_of(int q, quantization in, quantization out)` and `double slope_of(...)`, of real y by real
/// x; see kernels/tables.hpp. Equal tables are one.
template <class Layer, quantization In, quantization Out>
inline constexpr kernels::value_table values_of = kernels::table_of([](int q) { return Layer::value_of(q, In, Out); });
template <class Layer, quantization In, quantization Out>
inline constexpr kernels::slope_table slopes_of = kernels::slopes_of(
    [](int q) { return Layer::slope_of(q, In, Out); }, static_cast<double>(In.scale) / static_cast<double>(Out.scale));

struct forward {
  static constexpr uses describe(const facts&) {
    return {.reads = {role::x0},
            .writes = {role::y},
            .modifies = role::none,
            .scratch = 0,
            .in_place = {{role::y, role::x0, 0}}};
  }
  static constexpr reach rows(const facts&) { return {1, 1, 0}; }
  static constexpr reach columns(const facts&) { return {1, 1, 0}; }
  template <class At>
  THIMBLE_INLINE static void run(At at) {
    constexpr const auto& t = values_of<typename At::layer, At::quantized(role::x0), At::quantized(role::y)>;
    int values = At::node.out.size();
    if constexpr (requires { at.values(); }) values = at.values();
    kernels::run(kernels::table_args{at.x0(), t.data(), at.y(), values});
  }
};

/// dx = dy * slope(x).
struct gradient {
  static constexpr uses describe(const facts&) {
    return {.reads = {role::dy, role::x0},
            .writes = {role::dx0},
            .modifies = role::none,
            .scratch = 0,
            .in_place = {{role::dx0, role::dy, 0}}};
  }
  template <class At>
  THIMBLE_INLINE static void run(At at) {
    constexpr const auto& t = slopes_of<typename At::layer, At::quantized(role::x0), At::quantized(role::y)>;
    constexpr int shift = t.shift + At::exponent(role::dx0) - At::exponent(role::dy);
    kernels::run(
        kernels::table_gradient_args{at.dy(), at.x0(), t.value.data(), shift, at.dx0(), At::adds, At::node.out.size()});
  }
};

/// y = f(x), a table of 256 bytes in flash. Backward reads x, and takes 512 bytes of flash more.
struct rules {
  using forward = boost::mp11::mp_list<unary::forward>;
  using gradient = boost::mp11::mp_list<unary::gradient>;
  static constexpr void complete_unary(facts& f) { f.out = f.in; }

  /// Var[dx] += Var[dy] * the largest slope^2.
  template <class Values>
  static constexpr void spread(const double* vy, double* vx, int, int, int) {
    constexpr quantization in = Values::quantized(role::x0), out = Values::quantized(role::y);
    double largest = 0;
    for (int q = -128; q < 128; ++q) {
      const double s = Values::layer_type::slope_of(q, in, out);
      if (s * s > largest) largest = s * s;
    }
    const double ratio = static_cast<double>(in.scale) / static_cast<double>(out.scale);
    for (int c = 0; c < Values::node.in.c; ++c) vx[c] += vy[c] * largest * ratio * ratio;
  }
};

}  // namespace thimble::unary
