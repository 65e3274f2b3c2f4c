// One step of training in float64, written without the library's kernels: what the integers are compared with.
// It takes the facts of a network and its parameters as run-time values. Forward it is TFLite's specification on 128-bit
// integers and floor division; backward it is calculus, with straight-through rounding and clip masks.
#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string_view>
#include <utility>
#include <vector>

#include <thimble/network/facts.hpp>
#include <thimble/tensor/quantization.hpp>

namespace thimble::test {

// ---- integers, by their definitions

using wide = __int128;

/// The largest integer not above n / d, d > 0.
inline wide floor_divide(wide n, wide d) {
  const wide q = n / d;
  return q * d > n ? q - 1 : q;
}
inline std::int64_t clamp_to(std::int64_t v, std::int64_t low, std::int64_t high) { return std::clamp(v, low, high); }

/// TFLite's QuantizeMultiplier: value = mantissa * 2^(exponent - 31).
struct fixed_multiplier {
  std::int64_t mantissa = 0;
  int exponent = 0;
};
inline fixed_multiplier fix(double value) {
  if (!(value > 0)) return {};
  fixed_multiplier m;
  m.mantissa = std::llround(std::frexp(value, &m.exponent) * 2147483648.0);
  if (m.mantissa == 2147483648LL) m = {1073741824, m.exponent + 1};
  return m.exponent < -31 ? fixed_multiplier{} : m;
}

/// gemmlowp: nearest of v * 2^left * mantissa / 2^31 (halves up), then nearest of that / 2^right (halves away from zero).
inline std::int64_t double_rounded(std::int64_t v, fixed_multiplier m) {
  const int left = std::max(m.exponent, 0), right = std::max(-m.exponent, 0);
  const auto shifted = static_cast<std::int32_t>(v * (std::int64_t{1} << left));
  const auto high =
      static_cast<std::int64_t>(floor_divide(wide{2} * shifted * m.mantissa + (wide{1} << 31), wide{1} << 32));
  const std::int64_t one = std::int64_t{1} << right, magnitude = (2 * std::abs(high) + one) / (2 * one);
  return high < 0 ? -magnitude : magnitude;
}

// ---- what is computed with

struct layer_parameters {
  std::vector<int> weight;    ///< the integers of the forward pass, rows of weight_row
  std::vector<int> fraction;  ///< 256ths beside them, in [-128, 127]
  std::vector<std::int64_t> bias;
  std::vector<double> scale;  ///< of the weights, one an output channel
};

struct reference_network {
  std::vector<facts> nodes;  ///< the loss is the last
  std::vector<quantization> activation;
  std::vector<layer_parameters> layers;  ///< by number
};

/// The published engine's mistakes, each by itself.
struct faults {
  bool overwrite_gradients = false;  ///< 1: the last reader's gradient of a tensor, not the sum
  bool forget_zero_point = false;    ///< 2: dW from x, not from x - zero point
  bool truncate_and_wrap = false;    ///< 3: no fractions, toward zero, modulo 256
  bool train_last_channels = false;  ///< 5: other channels than the first k
  bool clip_at_int8_limits = false;  ///< masks from [-128, 127], not from the activation's own limits
};

inline bool is(const facts& f, std::string_view kind) { return kind == f.kind; }
inline bool is_average(const facts& f) { return is(f, "average_pool") || is(f, "global_average_pool"); }
inline bool is_maximum(const facts& f) { return is(f, "max_pool") || is(f, "global_max_pool"); }
inline bool has_weights(const facts& f) { return is(f, "conv2d") || is(f, "depthwise_conv2d") || is(f, "dense"); }

class reference {
 public:
  explicit reference(reference_network of, faults with = {}) : net(std::move(of)), wrong(with) {}

  reference_network net;
  faults wrong;

  // What forward() leaves, by node.
  std::vector<std::vector<int>> value;    ///< int8
  std::vector<std::vector<char>> passes;  ///< whether the value before clamping was within the limits
  std::vector<std::vector<int>> winner;   ///< of max pooling: index of the input
  std::vector<std::int64_t> logits;       ///< Q15.16

  // What backward() leaves, by node: with respect to the stored integers (logits: the real numbers).
  std::vector<std::vector<double>> gradient;
  double loss = 0;
  // And by layer number.
  std::vector<std::vector<double>> weight_gradient, bias_gradient;

  void forward(const std::vector<int>& sample) {
    const std::size_t n = net.nodes.size();
    value.assign(n, {});
    passes.assign(n, {});
    winner.assign(n, {});
    logits.clear();
    value[0] = sample;
    for (std::size_t i = 1; i < n; ++i) {
      const facts& f = net.nodes[i];
      const auto size = static_cast<std::size_t>(f.out.size());
      value[i].assign(size, 0);
      passes[i].assign(size, 1);
      if (has_weights(f))
        forward_weighted(i);
      else if (is_average(f) || is_maximum(f))
        forward_pool(i);
      else if (is(f, "residual"))
        forward_add(i);
      else if (is(f, "flatten"))
        value[i] = value[source(i)];
      else if (!is(f, "cross_entropy"))
        throw std::logic_error("reference: unknown kind of layer");
    }
  }

  /// After forward().
  void backward(int label) {
    gradient.assign(net.nodes.size(), {});
    for (std::size_t i = 0; i < net.nodes.size(); ++i)
      gradient[i].assign(static_cast<std::size_t>(net.nodes[i].out.size()), 0.0);
    weight_gradient.assign(net.layers.size(), {});
    bias_gradient.assign(net.layers.size(), {});

    const std::size_t last = net.nodes.size() - 1;
    double largest = -1e300, sum = 0;
    for (std::int64_t z : logits) largest = std::max(largest, real(z));
    for (std::int64_t z : logits) sum += std::exp(real(z) - largest);
    for (std::size_t c = 0; c < logits.size(); ++c)
      gradient[source(last)][c] = std::exp(real(logits[c]) - largest) / sum - (static_cast<int>(c) == label ? 1 : 0);
    loss = std::log(sum) + largest - real(logits[static_cast<std::size_t>(label)]);

    for (std::size_t i = last - 1; i > 0; --i) {
      const facts& f = net.nodes[i];
      if (has_weights(f))
        backward_weighted(i);
      else if (is_average(f) || is_maximum(f))
        backward_pool(i);
      else if (is(f, "residual"))
        backward_add(i);
      else
        to_input(i, 0, gradient[i]);
    }
  }

  /// 256 * the real step of a weight: what is taken from its 256ths.
  [[nodiscard]] double weight_step(int number, std::size_t at, double rate) const {
    const facts& f = layer(number);
    const auto l = static_cast<std::size_t>(number);
    const std::size_t o = output_of(f, at);
    const double s = net.layers[l].scale[o];
    return learns(number, o) ? 256 * rate / (s * s) * weight_gradient[l][at] : 0;
  }
  [[nodiscard]] double bias_step(int number, std::size_t o, double rate) const {
    const auto l = static_cast<std::size_t>(number);
    const double s = net.layers[l].scale[o] * scale_of(source(node_of(number)));
    return learns(number, o) ? rate / (s * s) * bias_gradient[l][o] : 0;
  }
  [[nodiscard]] bool trains(int number, std::size_t at) const {
    const facts& f = layer(number);
    const int channel = static_cast<int>(at) % f.weight_row;
    return wrong.train_last_channels ? channel >= f.weight_row - f.trained : channel < f.trained;
  }

  /// After backward(): w -= rate * s_w^-2 * dW in 256ths, b -= bias_rate * (s_w s_x)^-2 * db, nearest, saturating.
  void learn(double rate, double bias_rate) {
    for (int number = 0; number < static_cast<int>(net.layers.size()); ++number) {
      layer_parameters& p = net.layers[static_cast<std::size_t>(number)];
      for (std::size_t i = 0; i < p.weight.size(); ++i) {
        if (!trains(number, i)) continue;
        const double step = weight_step(number, i, rate);
        if (wrong.truncate_and_wrap) {
          p.weight[i] = static_cast<std::int8_t>(static_cast<int>(p.weight[i] - step / 256));
          continue;
        }
        const double q = std::clamp(std::floor(256.0 * p.weight[i] + p.fraction[i] - step + 0.5), -32640.0, 32639.0);
        p.weight[i] = static_cast<int>(std::floor((q + 128) / 256));
        p.fraction[i] = static_cast<int>(q) - 256 * p.weight[i];
      }
      if (!layer(number).bias_trained) continue;
      const auto limit = static_cast<double>(bias_limit(layer(number)));
      for (std::size_t o = 0; o < p.bias.size(); ++o)
        p.bias[o] = static_cast<std::int64_t>(std::clamp(
            std::floor(static_cast<double>(p.bias[o]) - bias_step(number, o, bias_rate) + 0.5), -limit, limit));
    }
  }

  [[nodiscard]] std::size_t node_of(int number) const {
    for (std::size_t i = 0; i < net.nodes.size(); ++i)
      if (net.nodes[i].number == number) return i;
    throw std::logic_error("reference: no such layer");
  }
  [[nodiscard]] const facts& layer(int number) const { return net.nodes[node_of(number)]; }
  /// The largest bias with which 255 * 128 * fan_in more still fits int32.
  static std::int64_t bias_limit(const facts& f) { return 2147483647LL - 32640LL * f.fan_in; }

 private:
  static double real(std::int64_t logit) { return static_cast<double>(logit) / 65536; }
  [[nodiscard]] std::size_t source(std::size_t node, int slot = 0) const {
    return static_cast<std::size_t>(net.nodes[node].inputs[slot]);
  }
  /// Pools and views have their input's quantization; logits are real numbers.
  [[nodiscard]] quantization quantized(std::size_t node) const {
    const facts& f = net.nodes[node];
    if (is_average(f) || is_maximum(f) || is(f, "flatten")) return quantized(source(node));
    return f.logits ? quantization{1, 0} : net.activation[node];
  }
  [[nodiscard]] double scale_of(std::size_t node) const { return static_cast<double>(quantized(node).scale); }

  /// TFLite's CalculateActivationRangeQuantized.
  [[nodiscard]] std::int64_t clamped(std::size_t node, std::int64_t v) {
    const facts& f = net.nodes[node];
    const quantization q = quantized(node);
    std::int64_t low = -128, high = 127;
    if (f.act != activation::none) low = std::max<std::int64_t>(low, q.zero_point);
    if (f.act == activation::relu6) high = std::min<std::int64_t>(high, q.zero_point + std::lround(6.0F / q.scale));
    passing_ = wrong.clip_at_int8_limits ? v >= -128 && v <= 127 : v >= low && v <= high;
    return clamp_to(v, low, high);
  }

  /// `visit(input index, weight index)` for every product that makes output (y, x, c) of a weighted layer.
  template <class F>
  void products(const facts& f, int y, int x, int c, F visit) const {
    const bool each = is(f, "depthwise_conv2d");
    for (int ky = 0; ky < f.win.kernel_h; ++ky)
      for (int kx = 0; kx < f.win.kernel_w; ++kx) {
        const int iy = y * f.win.stride_h + ky - f.win.pad_top, ix = x * f.win.stride_w + kx - f.win.pad_left;
        if (iy < 0 || iy >= f.in.h || ix < 0 || ix >= f.in.w) continue;
        const int tap = ky * f.win.kernel_w + kx, pixel = (iy * f.in.w + ix) * f.in.c;
        if (each)
          visit(index(pixel + c), index(tap * f.in.c + c));
        else
          for (int i = 0; i < f.in.c; ++i) visit(index(pixel + i), index((c * f.win.taps() + tap) * f.in.c + i));
      }
  }
  /// `visit(y, x, channel, index)` for every output.
  template <class F>
  static void outputs(const facts& f, F visit) {
    std::size_t at = 0;
    for (int y = 0; y < f.out.h; ++y)
      for (int x = 0; x < f.out.w; ++x)
        for (int c = 0; c < f.out.c; ++c) visit(y, x, c, at++);
  }
  static std::size_t index(int i) { return static_cast<std::size_t>(i); }
  static std::size_t output_of(const facts& f, std::size_t weight) {
    return is(f, "depthwise_conv2d") ? weight % index(f.in.c) : weight / index(f.win.taps() * f.in.c);
  }

  void forward_weighted(std::size_t n) {
    const facts& f = net.nodes[n];
    const layer_parameters& p = net.layers[index(f.number)];
    const std::vector<int>& x = value[source(n)];
    const quantization from = quantized(source(n)), to = quantized(n);
    outputs(f, [&](int oy, int ox, int c, std::size_t at) {
      std::int64_t sum = std::clamp(p.bias[index(c)], -bias_limit(f), bias_limit(f));
      products(f, oy, ox, c, [&](std::size_t i, std::size_t w) { sum += (x[i] - from.zero_point) * p.weight[w]; });
      if (sum < INT32_MIN || sum > INT32_MAX) throw std::overflow_error("reference: accumulator");
      const fixed_multiplier m =
          fix(static_cast<double>(from.scale) * p.scale[index(c)] / static_cast<double>(to.scale));
      if (f.logits) {  // nearest of sum * scale * 2^16, halves up
        const int down = 31 - m.exponent - 16;
        const wide product = wide{sum} * m.mantissa;
        const wide z =
            down > 0 ? floor_divide(product + (wide{1} << (down - 1)), wide{1} << down) : product * (wide{1} << -down);
        logits.push_back(static_cast<std::int64_t>(std::clamp(z, wide{INT32_MIN}, wide{INT32_MAX})));
        return;
      }
      value[n][at] = static_cast<int>(clamped(n, double_rounded(sum, m) + to.zero_point));
      passes[n][at] = passing_ ? 1 : 0;
    });
  }

  void forward_add(std::size_t n) {
    const quantization a = quantized(source(n)), b = quantized(source(n, 1)), y = quantized(n);
    const double twice = 2 * std::max(static_cast<double>(a.scale), static_cast<double>(b.scale));
    const fixed_multiplier of_a = fix(static_cast<double>(a.scale) / twice),
                           of_b = fix(static_cast<double>(b.scale) / twice),
                           of_y = fix(twice / (1048576 * static_cast<double>(y.scale)));
    for (std::size_t i = 0; i < value[n].size(); ++i) {
      const std::int64_t sum = double_rounded((value[source(n)][i] - a.zero_point) * 1048576LL, of_a) +
                               double_rounded((value[source(n, 1)][i] - b.zero_point) * 1048576LL, of_b);
      value[n][i] = static_cast<int>(clamped(n, double_rounded(sum, of_y) + y.zero_point));
      passes[n][i] = passing_ ? 1 : 0;
    }
  }

  /// `visit(input index)` for every input under the window of an output.
  template <class F>
  static void under_window(const facts& f, int y, int x, int c, F visit) {
    for (int iy = std::max(0, y * f.win.stride_h - f.win.pad_top);
         iy < std::min(f.in.h, y * f.win.stride_h - f.win.pad_top + f.win.kernel_h); ++iy)
      for (int ix = std::max(0, x * f.win.stride_w - f.win.pad_left);
           ix < std::min(f.in.w, x * f.win.stride_w - f.win.pad_left + f.win.kernel_w); ++ix)
        visit(index((iy * f.in.w + ix) * f.in.c + c));
  }

  void forward_pool(std::size_t n) {
    const facts& f = net.nodes[n];
    const std::vector<int>& x = value[source(n)];
    winner[n].assign(value[n].size(), -1);
    outputs(f, [&](int oy, int ox, int c, std::size_t at) {
      std::int64_t sum = 0, count = 0;
      int& best = winner[n][at];
      under_window(f, oy, ox, c, [&](std::size_t i) {
        sum += x[i];
        ++count;
        if (best < 0 || x[i] > x[static_cast<std::size_t>(best)]) best = static_cast<int>(i);
      });
      const std::int64_t magnitude = (2 * std::abs(sum) + count) / (2 * count);  // halves away from zero
      value[n][at] =
          is_average(f) ? static_cast<int>(sum < 0 ? -magnitude : magnitude) : x[static_cast<std::size_t>(best)];
    });
  }

  void to_input(std::size_t n, int slot, const std::vector<double>& dx) {
    std::vector<double>& to = gradient[source(n, slot)];
    if (wrong.overwrite_gradients) std::fill(to.begin(), to.end(), 0.0);
    for (std::size_t i = 0; i < dx.size(); ++i) to[i] += dx[i];
  }

  void backward_weighted(std::size_t n) {
    const facts& f = net.nodes[n];
    const layer_parameters& p = net.layers[index(f.number)];
    const std::vector<int>& x = value[source(n)];
    const quantization from = quantized(source(n));
    const int zero = wrong.forget_zero_point ? 0 : from.zero_point;
    std::vector<double> dx(x.size(), 0.0), &dw = weight_gradient[index(f.number)], &db = bias_gradient[index(f.number)];
    dw.assign(p.weight.size(), 0.0);
    db.assign(p.bias.size(), 0.0);
    outputs(f, [&](int oy, int ox, int c, std::size_t at) {
      if (passes[n][at] == 0) return;
      const double g = gradient[n][at] * static_cast<double>(from.scale) * p.scale[index(c)] / scale_of(n);
      db[index(c)] += g;
      products(f, oy, ox, c, [&](std::size_t i, std::size_t w) {
        dw[w] += g * (x[i] - zero);
        dx[i] += g * p.weight[w];
      });
    });
    to_input(n, 0, dx);
  }

  void backward_add(std::size_t n) {
    for (int slot = 0; slot < 2; ++slot) {
      std::vector<double> dx(gradient[n].size());
      for (std::size_t i = 0; i < dx.size(); ++i)
        dx[i] = passes[n][i] == 0 ? 0 : gradient[n][i] * scale_of(source(n, slot)) / scale_of(n);
      to_input(n, slot, dx);
    }
  }

  void backward_pool(std::size_t n) {
    const facts& f = net.nodes[n];
    std::vector<double> dx(value[source(n)].size(), 0.0);
    outputs(f, [&](int oy, int ox, int c, std::size_t at) {
      if (is_maximum(f)) {
        dx[static_cast<std::size_t>(winner[n][at])] += gradient[n][at];
        return;
      }
      int count = 0;
      under_window(f, oy, ox, c, [&](std::size_t) { ++count; });
      under_window(f, oy, ox, c, [&](std::size_t i) { dx[i] += gradient[n][at] / count; });
    });
    to_input(n, 0, dx);
  }

  /// Dead channels do not move: those whose multiplier is zero, or thousands of times under the layer's largest.
  [[nodiscard]] bool learns(int number, std::size_t o) const {
    const std::vector<double>& s = net.layers[index(number)].scale;
    const std::size_t n = node_of(number);
    return fix(s[o] * scale_of(source(n)) / scale_of(n)).mantissa > 0 &&
           s[o] > *std::max_element(s.begin(), s.end()) / 6000;
  }

  bool passing_ = true;
};

}  // namespace thimble::test
