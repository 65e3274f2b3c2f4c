// What is known of one node of a network: plain values, for the planner and the rules.
#pragma once
#include <cstdint>

#include <thimble/tensor/shape.hpp>
#include <thimble/tensor/window.hpp>

namespace thimble {

/// The clamp fused into a layer's output.
enum class activation : unsigned char { none, relu, relu6, relu_n1_to_1 };

/// Which of a layer's input channels train: the first, or those with the largest weights.
enum class selection : unsigned char { first, largest };

/// Inputs that one node may have.
inline constexpr int most_inputs = 16;

/// Filled in by the layer's `complete` (its own fields) and by the sparse update (what trains).
struct facts {
  const char* kind = "";        ///< "conv2d", ...
  const char* name = "";        ///< the user's, or empty
  const char* fault = nullptr;  ///< why this layer cannot take what it is given
  int inputs[most_inputs] = {-1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1};
  shape in, in1, out;  ///< of the first input, of the second if there is one, of the output
  window win;
  int groups = 1;  ///< of input channels, each seen by its share of the output channels
  activation act = activation::none;
  bool is_view = false;      ///< the output is the input's bytes
  bool keeps_scale = false;  ///< the output has the input's quantization
  bool logits = false;       ///< the output is int32 Q15.16, for a loss
  bool can_be_logits = false;
  bool enters = false;  ///< the loss reads the output of this layer, which scales the gradient that enters the body
  bool is_constant = false;  ///< the output lies in flash
  bool is_loss = false;
  bool reads_stored = false;          ///< a loss: of stored values even where the layer before could give logits
  const char* infers_only = nullptr;  ///< why no gradient passes: nothing at or before this layer can learn
  // Weights, for layers that have them. A row is what lies along the input channels.
  int number = -1;  ///< among layers with weights, from the stem = 0
  int weight_rows = 0, weight_row = 0, biases = 0, fan_in = 0;
  float fresh_scale = 0;  ///< weight scale of a layer that starts from zero
  int weight_zero = 0;    ///< zero point of the weights: not 0 only in some imported dense layers, which only infer
  bool float_product = false;  ///< s_x * s_w is rounded to float, as TFLite does for dense layers of one weight scale
  // What the sparse update chose.
  int trained = 0;                        ///< input channels whose weights train
  selection selected = selection::first;  ///< which: largest only if some do and some do not
  bool bias_trained = false;
  bool float_gradients = false;  ///< float32, which need no scratch to be scaled in; else int16
  bool trains_beside = false;    ///< a slice: of the whole layer's weights some train, and so lie apart
  bool recomputed = false;  ///< a policy names the block that begins with this layer: its hidden values are made again
  int most_scratch = 0;     ///< bytes that the kernels should keep to; 0: no limit
  int row_scratch = 0;      ///< the same while they make a row, as many rows share it

  /// Some channels' weights and the biases train. Of several marks the most channels win; of as many, the largest.
  constexpr void train(int channels, selection which) {
    bias_trained = true;
    if (channels > trained || (channels == trained && which == selection::largest)) selected = which;
    if (channels > trained) trained = channels;
    if (trained == weight_row) selected = selection::first;
  }

  /// Keeps the first fault.
  constexpr void reject(bool wrong, const char* why) {
    if (wrong && fault == nullptr) fault = why;
  }
  [[nodiscard]] constexpr int weights() const { return weight_rows * weight_row; }
  /// Largest |bias| for which int32 accumulators cannot overflow: 255 * 128 is the largest product.
  [[nodiscard]] constexpr std::int32_t bias_limit() const {
    return static_cast<std::int32_t>(2147483647 - std::int64_t{255} * 128 * fan_in);
  }
};

}  // namespace thimble
