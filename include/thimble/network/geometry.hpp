// What of a node's facts its kernels see.
#pragma once
#include <thimble/kernels/geometry.hpp>
#include <thimble/network/facts.hpp>

namespace thimble {

constexpr kernels::geometry geometry_of(const facts& f) {
  return {f.in, f.out, f.win, f.trained, f.groups, f.selected == selection::largest, f.most_scratch};
}

}  // namespace thimble
