// What a target's kernel asks of the planner.
#pragma once
#include <thimble/kernels/geometry.hpp>

namespace thimble::kernels {

/// The answer of `Operation::needs(target, geometry)`; without such a function a kernel finishes a row of output before it begins the
/// next, and needs nothing.
struct kernel_needs {
  bool serves = true;  ///< whether the target's kernel takes this geometry; if not, portable does
  int scratch = 0;     ///< bytes, aligned to words
  bool by_channel =
      false;  ///< output channel c is written after all of input channel c is read: y may begin where x does
};

template <class Operation, class Target>
constexpr kernel_needs needs_of(const geometry& g) {
  if constexpr (requires { Operation::needs(Target{}, g); })
    return Operation::needs(Target{}, g);
  else
    return {};
}

}  // namespace thimble::kernels
