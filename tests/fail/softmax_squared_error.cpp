// error: nothing can learn at or before a layer that only infers
// error: layer_only_infers
#include <thimble/formats/tflite.hpp>
#include <thimble/thimble.hpp>

#include "inception.hpp"

using namespace thimble;

struct net : tflite::network<inception> {};
struct update : sparse_update<weights_of_head> {};
struct learner : trainer<net, update, mean_squared_error> {};
learner learn;
