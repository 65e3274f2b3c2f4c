// How a wrong program gets one error. What is wrong is a type, chosen by values and named with the facts; its static_assert
// speaks when it is instantiated, in one place, and nothing else is computed from it.
#pragma once
#include <type_traits>

namespace thimble::detail {

struct no_fault {};

/// The first of Faults that is one.
template <class... Faults>
struct first_fault_of {
  using type = no_fault;
};
template <class Fault, class... Rest>
struct first_fault_of<Fault, Rest...> {
  using type = Fault;
};
template <class... Rest>
struct first_fault_of<no_fault, Rest...> : first_fault_of<Rest...> {};
template <class... Faults>
using first_fault = typename first_fault_of<Faults...>::type;

template <class Fault>
inline constexpr bool is_fault = !std::is_same_v<Fault, no_fault>;

/// Always true: the fault's own static_assert is the error.
template <class Fault>
inline constexpr bool reported = sizeof(Fault) > 0;  // NOLINT(bugprone-sizeof-expression): completes the type

}  // namespace thimble::detail
