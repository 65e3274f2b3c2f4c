// What layers of two inputs that meet element by element share.
#pragma once
#include <thimble/kernels/pairing.hpp>
#include <thimble/network/rule.hpp>

namespace thimble::elementwise {

constexpr shape side_of(const facts& f, int side) { return side == 0 ? f.in : f.in1; }
/// Whether a side has the output's shape: is not broadcast.
constexpr bool side_is_whole(const facts& f, int side) { return side_of(f, side) == f.out; }

constexpr uses describe_pair(const facts& f) {
  return {.reads = {role::x0, role::x1},
          .writes = {role::y, role::mask},
          .modifies = role::none,
          .scratch = 0,
          .in_place = {{side_is_whole(f, 0) ? role::y : role::none, role::x0, 0},
                       {side_is_whole(f, 1) ? role::y : role::none, role::x1, 0}}};
}

/// A row is made of the same row of both, unless one is broadcast.
constexpr reach rows_of_pair(const facts& f) {
  return side_is_whole(f, 0) && side_is_whole(f, 1) ? reach{1, 1, 0} : reach{};
}

template <class At>
inline constexpr kernels::pairing pairing_of = kernels::pair(At::node.in, At::node.in1);
/// The same of a step that may make a part of the output, whose extents are known at run time.
template <class At>
THIMBLE_INLINE kernels::pairing pairing_for([[maybe_unused]] const At& at) {
  if constexpr (requires { at.values(); })
    return kernels::pair({1, 1, at.values()}, {1, 1, at.values()});
  else
    return pairing_of<At>;
}
/// The same seen from one side.
template <class At, int Side>
inline constexpr kernels::pairing pairing_from = kernels::pair(side_of(At::node, Side), side_of(At::node, 1 - Side));

/// Completes a layer that takes two shapes which may be broadcast to each other.
constexpr void complete_pair(facts& f) {
  f.out = kernels::broadcast(f.in, f.in1);
  f.reject(!kernels::broadcastable(f.in, f.in1), "extents of the two inputs differ, and neither is 1");
}

/// Var[dx[c]] += factor * Var[dy[c]] for every output that x[c] was broadcast to.
constexpr void spread_side(const facts& f, int side, double factor, const double* vy, double* vx) {
  const shape in = side_of(f, side);
  const double many = static_cast<double>(f.out.pixels()) / in.pixels();
  for (int c = 0; c < f.out.c; ++c) vx[in.c == 1 ? 0 : c] += vy[c] * factor * many;
}

}  // namespace thimble::elementwise
