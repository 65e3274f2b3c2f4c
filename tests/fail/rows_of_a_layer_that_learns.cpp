// error: policy pushed_rows: the first layer, seen above, learns or cannot be made row by row
// error: rows_cannot_be_pushed<.*conv2d
#include "support/tiny_network.hpp"

using namespace thimble;

struct update : sparse_update<all_weights> {};
struct learner : trainer<test::tiny, update, pushed_rows> {};
learner learn;
int teach() {
  learn.push_row();
  return learn.step(1, {.learning_rate = 0.02f}).predicted;
}
