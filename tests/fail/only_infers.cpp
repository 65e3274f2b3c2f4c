// error: nothing can learn at or before a layer that only infers
// error: layer_only_infers
// error: TRANSPOSE_CONV
#include <thimble/formats/tflite.hpp>
#include <thimble/thimble.hpp>

#include "upsampling.hpp"

using namespace thimble;

struct backbone : tflite::network<upsampling> {};
struct net : replace_head<backbone, dense<3>> {};
struct update : sparse_update<weights<0>, weights_of_head> {};  // before two TRANSPOSE_CONV
struct learner : trainer<net, update, sgd> {};
learner learn;
