// error: the channels with the largest weights are chosen only in convolutions of one group and in depthwise ones with one output
// error: no_largest_channels<.*CONV_2D.*tensor7.*, 2, 2, 1>
#include <thimble/formats/tflite.hpp>
#include <thimble/thimble.hpp>

#include "convolutions.hpp"

using namespace thimble;

struct net : tflite::network<convolutions> {};
struct update : sparse_update<weights<2, ratio{1, 2}, largest>> {};
struct learner : trainer<net, update, sgd> {};
learner learn;
