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
      false;           ///< output channel c is written after all of input channel c is read: y may begin where x does
  bool folds = false;  ///< uses folded_biases, if the layer has them
};

template <class Operation, class Target>
constexpr kernel_needs needs_of(const geometry& g) {
  if constexpr (requires { Operation::needs(Target{}, g); })
    return Operation::needs(Target{}, g);
  else
    return {};
}

/// The target, or the nearest of its bases, whose kernel takes the layer; and what that needs. Portable takes all.
template <class Operation, class Target, geometry G>
constexpr auto serving() {
  if constexpr (needs_of<Operation, Target>(G).serves)
    return Target{};
  else
    return serving<Operation, typename Target::base, G>();
}
template <class Operation, class Target>
constexpr kernel_needs serving_needs(const geometry& g) {
  const kernel_needs n = needs_of<Operation, Target>(g);
  if constexpr (requires { typename Target::base; })
    return n.serves ? n : serving_needs<Operation, typename Target::base>(g);
  else
    return n;
}

}  // namespace thimble::kernels
