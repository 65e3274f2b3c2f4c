// What the demo teaches: a network pretrained on clothes gets a fresh head and learns handwritten digits.
#pragma once
#include <thimble/thimble.hpp>

#include "garment_weights.hpp"

struct digits_network : thimble::replace_head<garments, thimble::dense<10, thimble::name{"digits"}>> {};

/// What may change on the device: a quarter to all of the input channels of the last blocks' pointwise layers, the biases
/// behind them, and the head.
struct sparse
    : thimble::sparse_update<thimble::biases_of_last<7>, thimble::weights<"block3/project", thimble::ratio{1, 2}>,
                             thimble::weights<"block4/expand">,
                             thimble::weights<"block4/project", thimble::ratio{1, 2}>, thimble::weights<"last">,
                             thimble::weights_of_head> {};
struct classifier_only : thimble::sparse_update<thimble::weights_of_head> {};
struct everything : thimble::sparse_update<thimble::all_weights> {};

struct sparse_learner : thimble::trainer<digits_network, sparse, thimble::sgd> {};
struct classifier_learner : thimble::trainer<digits_network, classifier_only, thimble::sgd> {};
struct full_learner : thimble::trainer<digits_network, everything, thimble::sgd> {};

static_assert(thimble::fits<sparse_learner, 60 * 1024>);
