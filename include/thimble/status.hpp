// What a call says when it could not do its work. Then nothing was changed.
#pragma once

namespace thimble {

enum class [[nodiscard]] status : unsigned char {
  ok,
  label_out_of_range,   ///< not in [0, classes)
  target_out_of_range,  ///< a target that is not a number under 32767 in magnitude
  bad_learning_rate,    ///< negative, infinite or not a number
  no_sample,            ///< input() was not asked for since the last infer or step, which overwrote the sample
  loss_out_of_range,    ///< the loss is 32767 or more, or not a number
  no_snapshot,          ///< keep_snapshot() was not called yet
  sample_too_long,      ///< more values than the network's input, or a row of it, has
  // What restore() finds:
  state_of_another_length,   ///< cut short, or too long
  state_of_another_version,  ///< its form is none that this library writes
  state_of_another_network,
  state_of_another_update,  ///< other parts of the network may learn
  state_of_another_policy,  ///< another loss or another form of parameters
  state_damaged,            ///< its check sum does not fit
};

}  // namespace thimble
