// error: no layer of the network has this name
// error: tensr7
// error: did_you_mean.*tensor7
#include <thimble/formats/tflite.hpp>
#include <thimble/thimble.hpp>

#include "convolutions.hpp"

using namespace thimble;

struct backbone : tflite::network<convolutions> {};
struct net : add_head<cut_at<backbone, "tensr7">, dense<3>> {};
struct update : sparse_update<weights_of_head> {};
struct learner : trainer<net, update, sgd> {};
learner learn;
