// error: the channels with the largest weights are chosen only in convolutions of one group and in depthwise ones with one output
// error: no_largest_channels<.*DEPTHWISE_CONV_2D.*tensor4.*, 1, 1, 2>
#include <thimble/formats/tflite.hpp>
#include <thimble/thimble.hpp>

#include "depthwise.hpp"

using namespace thimble;

struct net : tflite::network<depthwise> {};
struct update : sparse_update<weights<1, ratio{1, 2}, largest>> {};
struct learner : trainer<net, update, mean_squared_error> {};
learner learn;
