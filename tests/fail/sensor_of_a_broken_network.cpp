// error: no layer of the network has this name
// error: did_you_mean
#include "support/tiny_network.hpp"

using namespace thimble;

struct update : sparse_update<weights<"blok1/expand">> {};
struct learner : trainer<test::tiny, update> {};
learner learn;
status show(std::span<const std::uint8_t> pixels) { return put_bytes(learn, pixels); }
