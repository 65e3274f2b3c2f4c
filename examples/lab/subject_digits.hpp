// The handwriting demo's network, written by hand: a fresh head on one that knows clothes.
#pragma once
#include <thimble/thimble.hpp>

#include "../handwriting/garment_weights.hpp"

namespace bench {
struct net : thimble::replace_head<garments, thimble::dense<10>> {};
inline constexpr char network[] = "digits";
inline constexpr thimble::normalization scaled{0, 255};
}  // namespace bench
