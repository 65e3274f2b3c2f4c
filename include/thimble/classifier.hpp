// Inference only.
#pragma once
#include <thimble/trainer.hpp>
#include <thimble/training/sparse_update.hpp>

namespace thimble {

/// A network that only infers: no byte and no symbol of learning is linked. Policies: an order of work.
template <class Net, class... Policies>
struct classifier : trainer<Net, sparse_update<>, Policies...> {};

}  // namespace thimble
