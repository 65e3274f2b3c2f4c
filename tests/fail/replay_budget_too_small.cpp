// error: the replay buffer's budget is too small for a single sample
// error: replay_budget<[0-9]+u?l?, 16u?l?>
#include "support/tiny_network.hpp"

using namespace thimble;

struct update : sparse_update<weights_of_head> {};
struct learner : trainer<test::tiny, update> {};
replay_buffer<learner, 16> past;
admission remember(const learner::latent& latent) { return past.offer(latent, 1); }
