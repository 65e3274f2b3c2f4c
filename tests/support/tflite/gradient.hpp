// One step of training of a .tflite network in float64: what the steps of imported networks are compared with. It shares no code
// with the library: files are read by read_for_test.hpp, forward are the exact int8 values of evaluate.hpp, and backward is
// calculus, with straight-through rounding and clip masks.
#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <utility>
#include <vector>

#include "support/tflite/evaluate.hpp"

namespace thimble::test::tflite {

enum class loss { cross_entropy, mean_squared_error, reconstruction };

/// An operator that learns: its tensors, and one scale an output channel.
struct weighted_operation {
  const operation* how = nullptr;
  std::size_t weights = 0, bias = 0;
  std::size_t channels = 0, fan_in = 0;
  std::vector<double> scale;
  /// Within it no 32-bit sum can overflow: the library's biases stay there.
  integer bias_limit() const { return largest - integer{255} * 128 * static_cast<integer>(fan_in); }
};

class gradient_reference {
 public:
  /// A network's loss is taken of its last tensor. What stands for itself at the end is left out: DEQUANTIZE, QUANTIZE to uint8,
  /// and SOFTMAX, whose logits a loss takes instead.
  gradient_reference(network of, loss what) : net(std::move(of)), what_(what) {
    last_ = index(net.outputs.at(0));
    if (at(last_).type != element::int8) last_ = input_of(maker(last_));
    if (const operation* o = maker(last_); o->kind == code::softmax && o->how.beta == 1) last_ = input_of(o);
    std::size_t viewed = last_;
    while (maker(viewed) != nullptr && maker(viewed)->kind == code::reshape) viewed = input_of(maker(viewed));
    if (gives_logits(maker(viewed))) logits_ = viewed;
    for (operation& o : net.operations)
      if (has_weights(o)) layers.push_back(layer_of(o));
  }

  network net;
  std::vector<weighted_operation> layers;  ///< in the file's order, which is that of the library's numbers

  // What forward() leaves: the stored values of every tensor, and the network's output as real numbers.
  std::vector<value> values;
  std::vector<double> output;
  // What backward() leaves: by tensor, with respect to stored integers (logits: real numbers); empty if nothing reaches it.
  std::vector<std::vector<double>> gradient;
  double loss_value = 0;
  // And by layer.
  std::vector<std::vector<double>> weight_gradient, bias_gradient;

  bool has_logits() const { return logits_ != none; }
  const tensor& last() const { return at(last_); }

  // ---- parameters

  std::vector<int> weights_of(std::size_t layer) const {
    const value v = decode(element::int8, at(layers[layer].weights).data.data(), at(layers[layer].weights).data.size());
    return {v.integers.begin(), v.integers.end()};
  }
  std::vector<integer> biases_of(std::size_t layer) const {
    return decode(element::int32, at(layers[layer].bias).data.data(), at(layers[layer].bias).data.size()).integers;
  }
  void set_weights(std::size_t layer, const std::vector<int>& w) {
    at(layers[layer].weights).data = encode(element::int8, {{w.begin(), w.end()}, {}});
  }
  void set_biases(std::size_t layer, const std::vector<integer>& b) {
    at(layers[layer].bias).data = encode(element::int32, {b, {}});
  }

  // ---- forward

  /// The sample as the library stores it: int8, also where the file takes uint8 or float.
  void forward(const std::vector<int>& sample) {
    const tensor& x = at(index(net.inputs.at(0)));
    value stored;
    for (const int v : sample) {
      if (x.type == element::float32)
        stored.reals.push_back(real_for(v));
      else
        stored.integers.push_back(x.type == element::uint8 ? v + 128 : v);
    }
    values = evaluate_all(net, encode(x.type, stored).data());
    output.clear();
    if (has_logits())
      logits_forward(*maker(logits_));
    else
      for (const integer v : values[last_].integers) output.push_back(real(last_, v));
  }
  /// The sample as real numbers.
  std::vector<double> sample() const {
    const std::size_t in = index(net.inputs.at(0));
    std::vector<double> r(values[in].reals.begin(), values[in].reals.end());
    for (const integer v : values[in].integers) r.push_back(real(in, v));
    return r;
  }

  // ---- backward

  /// After forward(). A label for cross entropy, a target for the mean squared error.
  void backward(int label, const std::vector<double>& given) {
    gradient.assign(net.tensors.size(), {});
    weight_gradient.assign(layers.size(), {});
    bias_gradient.assign(layers.size(), {});
    std::vector<double> of_output(output.size(), 0.0);
    loss_value = 0;
    if (what_ == loss::cross_entropy) {
      const double top = *std::max_element(output.begin(), output.end());
      double sum = 0;
      for (const double z : output) sum += std::exp(z - top);
      for (std::size_t i = 0; i < output.size(); ++i)
        of_output[i] = std::exp(output[i] - top) / sum - (static_cast<int>(i) == label ? 1 : 0);
      loss_value = std::log(sum) + top - output.at(index(label));
    } else {
      const std::vector<double> target = what_ == loss::reconstruction ? sample() : given;
      const auto n = static_cast<double>(output.size());
      for (std::size_t i = 0; i < output.size(); ++i) {
        const double d = output[i] - target.at(i);
        of_output[i] = 2 * d / n;
        loss_value += d * d / n;
      }
    }
    const std::size_t start = has_logits() ? logits_ : last_;  // logits: past the views, whose scale they do not have
    if (!has_logits())
      for (double& g : of_output) g *= scale(last_);
    gradient[start] = of_output;
    for (std::size_t i = net.operations.size(); i-- > 0;)
      if (!gradient[index(net.operations[i].outputs[0])].empty()) backward(net.operations[i]);
  }

  // ---- steps, quantization-aware

  /// 256 * the step of a stored weight.
  double weight_step(std::size_t layer, std::size_t weight, double rate) const {
    const std::size_t o = channel_of(layers[layer], weight);
    if (weight_gradient[layer].empty() || !learns(layer, o)) return 0;
    const double s = layers[layer].scale[o];
    return 256 * rate / (s * s) * weight_gradient[layer][weight];
  }
  double bias_step(std::size_t layer, std::size_t o, double rate) const {
    if (bias_gradient[layer].empty() || !learns(layer, o)) return 0;
    const double s = layers[layer].scale[o] * scale(input_of(layers[layer].how));
    return rate / (s * s) * bias_gradient[layer][o];
  }

 private:
  static constexpr std::size_t none = ~std::size_t{0};
  static std::size_t index(int i) { return static_cast<std::size_t>(i); }
  const tensor& at(std::size_t t) const { return net.tensors.at(t); }
  tensor& at(std::size_t t) { return net.tensors.at(t); }
  double scale(std::size_t t) const { return t == logits_ ? 1 : static_cast<double>(at(t).scale()); }
  int zero(std::size_t t) const { return at(t).zero_point(); }
  double real(std::size_t t, integer v) const {
    return static_cast<double>(at(t).scale()) * static_cast<double>(v - zero(t));
  }
  const operation* maker(std::size_t t) const {
    for (const operation& o : net.operations)
      if (index(o.outputs[0]) == t) return &o;
    return nullptr;
  }
  static std::size_t input_of(const operation* o, std::size_t i = 0) { return index(o->inputs.at(i)); }
  static std::size_t made_by(const operation& o) { return index(o.outputs[0]); }
  const std::vector<integer>& stored(const operation& o, std::size_t i = 0) const {
    return values[input_of(&o, i)].integers;
  }

  /// The float that QUANTIZE, the first operator, makes v of.
  float real_for(int v) const {
    for (const operation& o : net.operations)
      if (o.kind == code::quantize && o.inputs[0] == net.inputs[0])
        return at(made_by(o)).scale() * static_cast<float>(v - zero(made_by(o)));
    throw std::logic_error("gradient_reference: nobody quantizes the input");
  }

  // ---- layers with weights

  static bool has_weights(const operation& o) {
    return o.kind == code::conv_2d || o.kind == code::depthwise_conv_2d || o.kind == code::fully_connected ||
           o.kind == code::transpose_conv;
  }
  /// A dense layer of one row (or a convolution that is one) without activation: its sums are kept for the loss.
  bool gives_logits(const operation* o) const {
    if (o == nullptr || o->how.act != activation::none) return false;
    const tensor &x = at(input_of(o)), &y = at(made_by(*o));
    const auto row = static_cast<std::size_t>(y.shape.back());
    if (o->kind == code::fully_connected) return y.count() == row;
    if (o->kind != code::conv_2d) return false;
    const tensor& k = at(input_of(o, 1));
    return y.count() == row && x.count() == index(x.shape[3]) && k.count() == row * x.count();
  }
  weighted_operation layer_of(operation& o) {
    weighted_operation l;
    l.how = &o;
    const std::size_t bias = o.kind == code::transpose_conv ? 3 : 2;
    l.weights = input_of(&o, 1);
    const tensor& k = at(l.weights);
    l.channels = index(o.kind == code::depthwise_conv_2d ? k.shape[3] : k.shape[0]);
    l.fan_in = k.count() / l.channels;
    l.scale.assign(l.channels, static_cast<double>(k.scale()));
    for (std::size_t c = 0; k.quantized.scales.size() > 1 && c < l.channels; ++c)
      l.scale[c] = static_cast<double>(k.quantized.scales[c]);
    if (o.inputs.size() <= bias) o.inputs.push_back(-1);
    if (o.inputs[bias] < 0) {  // biases that are not in the file learn from zero
      o.inputs[bias] = static_cast<int>(net.tensors.size());
      net.tensors.push_back({"bias", element::int32, {static_cast<int>(l.channels)}, {}, bytes(4 * l.channels, 0)});
    }
    l.bias = index(o.inputs[bias]);
    value b = decode(element::int32, at(l.bias).data.data(), at(l.bias).data.size());
    for (integer& v : b.integers) v = std::clamp(v, -l.bias_limit(), l.bias_limit());
    at(l.bias).data = encode(element::int32, b);
    return l;
  }
  std::size_t number_of(const operation& o) const {
    for (std::size_t i = 0; i < layers.size(); ++i)
      if (layers[i].how == &o) return i;
    throw std::logic_error("gradient_reference: no layer");
  }
  static std::size_t channel_of(const weighted_operation& l, std::size_t weight) {
    return l.how->kind == code::depthwise_conv_2d ? weight % l.channels : weight / l.fan_in;
  }

  /// Of sums to stored values; of logits, to real numbers.
  multiplier multiplier_of(const weighted_operation& l, std::size_t o) const {
    const std::size_t x = input_of(l.how), y = made_by(*l.how);
    double product = scale(x) * l.scale[o];
    if (l.how->kind == code::fully_connected && at(l.weights).quantized.scales.size() == 1)
      product = static_cast<double>(at(x).scale() * at(l.weights).scale());
    return quantize_multiplier(product / scale(y));
  }
  /// Dead channels do not learn: those whose multiplier is zero, or is 2^-12 of the layer's largest by their exponents.
  bool learns(std::size_t layer, std::size_t o) const {
    const weighted_operation& l = layers[layer];
    int top = -1000;
    for (std::size_t c = 0; c < l.channels; ++c)
      if (const multiplier m = multiplier_of(l, c); m.mantissa != 0) top = std::max(top, m.exponent);
    const multiplier m = multiplier_of(l, o);
    return m.mantissa != 0 && m.exponent >= top - 12;
  }

  /// visit(output, its channel, input, weight) for every product.
  template <class F>
  void products(const operation& o, F visit) const {
    const tensor &x = at(input_of(&o)), &k = at(input_of(&o, 1)), &y = at(made_by(o));
    if (o.kind == code::fully_connected) {
      const std::size_t fan_in = index(k.shape[1]), units = index(k.shape[0]);
      for (std::size_t row = 0; row < x.count() / fan_in; ++row)
        for (std::size_t unit = 0; unit < units; ++unit)
          for (std::size_t i = 0; i < fan_in; ++i) visit(row * units + unit, unit, row * fan_in + i, unit * fan_in + i);
      return;
    }
    const bool each = o.kind == code::depthwise_conv_2d;
    const options& how = o.how;
    const sliding rows(x.shape[1], k.shape[1], how.stride.h, how.dilation.h, how.pad, y.shape[1]);
    const sliding columns(x.shape[2], k.shape[2], how.stride.w, how.dilation.w, how.pad, y.shape[2]);
    const int depth = each ? 1 : k.shape[3], width = y.shape[3] / (x.shape[3] / depth);  // channels of a group: in, out
    for_each_index(y.shape, [&](const dims& to) {
      const std::size_t out = place(y.shape, to);
      for_each_index({rows.filter, columns.filter, depth}, [&](const dims& f) {
        const int r = rows.at(to[1], f[0]), c = columns.at(to[2], f[1]);
        if (!rows.inside(r) || !columns.inside(c)) return;
        visit(out, index(to[3]), place(x.shape, {to[0], r, c, to[3] / width * depth + f[2]}),
              each ? place(k.shape, {0, f[0], f[1], to[3]}) : place(k.shape, {to[3], f[0], f[1], f[2]}));
      });
    });
  }
  /// The sums, biases included.
  std::vector<integer> sums(const operation& o) const {
    const std::vector<integer>&x = stored(o), &w = stored(o, 1), &b = values[layers[number_of(o)].bias].integers;
    const int z = zero(input_of(&o));
    std::vector<integer> s(at(made_by(o)).count());
    for (std::size_t i = 0; i < s.size(); ++i) s[i] = b[i % b.size()];  // channels are the last axis
    products(o, [&](std::size_t to, std::size_t, std::size_t i, std::size_t k) { s[to] += (x[i] - z) * w[k]; });
    for (const integer v : s) fits_32(v);
    return s;
  }
  void logits_forward(const operation& o) {
    const weighted_operation& l = layers[number_of(o)];
    const std::vector<integer> s = sums(o);
    for (std::size_t c = 0; c < s.size(); ++c)
      output.push_back(
          multiplier_of(l, c).mantissa == 0 ? 0.0 : static_cast<double>(s[c]) * scale(input_of(&o)) * l.scale[c]);
  }
  void backward_weighted(const operation& o) {
    const std::size_t number = number_of(o), in = input_of(&o), y = made_by(o);
    const weighted_operation& l = layers[number];
    std::vector<double> factor(l.channels);
    for (std::size_t c = 0; c < l.channels; ++c)
      factor[c] = multiplier_of(l, c).mantissa == 0 ? 0.0 : scale(in) * l.scale[c] / scale(y);
    std::vector<double> g = gradient[y];
    const std::vector<integer> s = sums(o);
    for (std::size_t i = 0; i < g.size(); ++i) {
      const std::size_t c = i % l.channels;
      g[i] *= factor[c];
      if (y != logits_) clip(o, i, times(s[i], multiplier_of(l, c)), g[i]);
    }
    const std::vector<integer>&x = stored(o), &w = stored(o, 1);
    std::vector<double> dx(x.size(), 0.0), dw(w.size(), 0.0), db(l.channels, 0.0);
    for (std::size_t i = 0; i < g.size(); ++i) db[i % l.channels] += g[i];
    products(o, [&](std::size_t from, std::size_t, std::size_t i, std::size_t k) {
      dw[k] += g[from] * static_cast<double>(x[i] - zero(in));
      dx[i] += g[from] * static_cast<double>(w[k]);
    });
    weight_gradient[number] = dw;
    bias_gradient[number] = db;
    add(in, dx);
  }

  // ---- what operators share

  void add(std::size_t t, const std::vector<double>& g) {
    if (gradient[t].empty()) gradient[t].assign(g.size(), 0.0);
    for (std::size_t i = 0; i < g.size(); ++i) gradient[t][i] += g[i];
  }
  /// g = 0 where output i left the limits, before the zero point: `centred`. It must be what the evaluator clamped.
  void clip(const operation& o, std::size_t i, integer centred, double& g, bool fused = true) const {
    const tensor& y = at(made_by(o));
    const limits range = fused ? range_of(o.how.act, y) : limits_of(y.type);
    const integer v = centred + y.zero_point();
    if (range.clamp(v) != values[made_by(o)].integers[i] && fused)
      throw std::logic_error("gradient_reference: a value");
    if (v < range.low || v > range.high) g = 0;
  }
  /// visit(output, place in the first, place in the second).
  template <class F>
  void pairs(const operation& o, F visit) const {
    const tensor& y = at(made_by(o));
    std::size_t i = 0;
    for_each_index(y.shape, [&](const dims& to) {
      visit(i++, broadcast_place(at(input_of(&o, 0)).shape, to), broadcast_place(at(input_of(&o, 1)).shape, to));
    });
  }

  void backward(const operation& o) {
    switch (o.kind) {
      case code::conv_2d:
      case code::depthwise_conv_2d:
      case code::fully_connected:
        return backward_weighted(o);
      case code::add:
      case code::sub:
      case code::mul:
      case code::minimum:
      case code::maximum:
        return backward_pair(o);
      case code::relu:
      case code::relu6:
      case code::leaky_relu:
      case code::logistic:
      case code::quantize:
        return backward_unary(o);
      case code::average_pool_2d:
      case code::max_pool_2d:
        return backward_pool(o);
      case code::mean:
        return backward_mean(o);
      case code::concatenation:
        return backward_concatenation(o);
      case code::pad:
      case code::reshape:
      case code::transpose:
      case code::resize_nearest_neighbor:
        return backward_copy(o);
      default:  // infers only: nothing before it learns
        return;
    }
  }

  void backward_pair(const operation& o) {
    const std::size_t a = input_of(&o, 0), b = input_of(&o, 1), y = made_by(o);
    const std::vector<integer>&p = stored(o, 0), &q = stored(o, 1);
    const bool minus = o.kind == code::sub;
    std::vector<double> da(p.size(), 0.0), db(q.size(), 0.0);
    pairs(o, [&](std::size_t i, std::size_t j, std::size_t k) {
      double g = gradient[y][i];
      const integer u = p[j] - zero(a), v = q[k] - zero(b);
      if (o.kind == code::minimum || o.kind == code::maximum) {
        const bool first = o.kind == code::maximum ? p[j] >= q[k] : p[j] <= q[k];  // of equals the first wins
        (first ? da[j] : db[k]) += g;
      } else if (o.kind == code::mul) {
        clip(o, i, times(u * v, quantize_multiplier(scale(a) * scale(b) / scale(y))), g);
        const double s = scale(a) * scale(b) / scale(y);
        da[j] += g * static_cast<double>(v) * s;
        db[k] += g * static_cast<double>(u) * s;
      } else {
        const float sa = at(a).scale(), sb = at(b).scale(), sy = at(y).scale();
        const sum_multipliers m = minus ? of_subtraction(sa, sb, sy) : of_addition(sa, sb, sy);
        const integer first = times(u * (1 << 20), quantize_multiplier(m.first)),
                      second = times(v * (1 << 20), quantize_multiplier(m.second));
        clip(o, i, times(minus ? first - second : first + second, quantize_multiplier(m.output)), g);
        da[j] += g * scale(a) / scale(y);
        db[k] += (minus ? -g : g) * scale(b) / scale(y);
      }
    });
    add(a, da);
    add(b, db);
  }

  /// The real function's derivative, 0 where the output is clipped to int8.
  void backward_unary(const operation& o) {
    const std::size_t in = input_of(&o), y = made_by(o);
    const tensor &from = at(in), &to = at(y);
    std::vector<double> dx(values[in].integers.size());
    for (std::size_t i = 0; i < dx.size(); ++i) {
      double g = gradient[y][i] * scale(in) / scale(y);
      const integer stored_x = values[in].integers[i], x = stored_x - zero(in);
      if (o.kind == code::relu) {
        clip(o, i, times(x, quantize_multiplier(ratio(from, to))), g, false);
        if (x < 0) g = 0;
      } else if (o.kind == code::quantize) {
        clip(o, i, times(x, quantize_multiplier(ratio(from, to))), g);
      } else if (o.kind == code::relu6) {
        if (x < 0 || stored_x > quantized(6, from)) g = 0;
      } else if (o.kind == code::leaky_relu) {
        const float below = from.scale() * o.how.alpha / to.scale(), above = from.scale() / to.scale();
        clip(o, i, times(x, quantize_multiplier(static_cast<double>(x < 0 ? below : above))), g);
        if (x < 0) g *= static_cast<double>(o.how.alpha);
      } else {
        const double sigmoid = 1 / (1 + std::exp(-scale(in) * static_cast<double>(x)));
        g *= sigmoid * (1 - sigmoid);
        if (sigmoid * 256 >= 255.5) g = 0;
      }
      dx[i] = g;
    }
    add(in, dx);
  }

  /// A value at a limit narrower than int8 counts as clipped. A maximum's gradient goes to the first tap that has it.
  void backward_pool(const operation& o) {
    const tensor &x = at(input_of(&o)), &y = at(made_by(o));
    const sliding rows(x.shape[1], o.how.filter.h, o.how.stride.h, 1, o.how.pad, y.shape[1]);
    const sliding columns(x.shape[2], o.how.filter.w, o.how.stride.w, 1, o.how.pad, y.shape[2]);
    const limits range = range_of(o.how.act, y);
    std::vector<double> dx(x.count(), 0.0);
    for_each_index(y.shape, [&](const dims& to) {
      const std::size_t i = place(y.shape, to);
      const integer v = values[made_by(o)].integers[i];
      if ((range.low > -128 && v <= range.low) || (range.high < 127 && v >= range.high)) return;
      std::vector<std::size_t> seen;
      for_each_index({rows.filter, columns.filter}, [&](const dims& f) {
        const int r = rows.at(to[1], f[0]), c = columns.at(to[2], f[1]);
        if (rows.inside(r) && columns.inside(c)) seen.push_back(place(x.shape, {to[0], r, c, to[3]}));
      });
      const auto worth = [&](std::size_t j) { return stored(o)[j]; };
      std::size_t best = seen.at(0);
      for (const std::size_t j : seen)
        if (worth(j) > worth(best)) best = j;
      if (o.kind == code::max_pool_2d)
        dx[best] += gradient[made_by(o)][i];
      else
        for (const std::size_t j : seen) dx[j] += gradient[made_by(o)][i] / static_cast<double>(seen.size());
    });
    add(input_of(&o), dx);
  }

  void backward_mean(const operation& o) {
    const std::size_t in = input_of(&o), y = made_by(o);
    const tensor& x = at(in);
    dims kept = x.shape;
    for (const integer a : values[input_of(&o, 1)].integers)
      kept[static_cast<std::size_t>(a < 0 ? a + static_cast<integer>(kept.size()) : a)] = 1;
    const auto count = static_cast<integer>(x.count() / at(y).count());
    std::vector<integer> sum(at(y).count(), 0);
    for_each_index(x.shape,
                   [&](const dims& i) { sum[broadcast_place(kept, i)] += stored(o)[place(x.shape, i)] - zero(in); });
    std::vector<double> g = gradient[y];
    multiplier m = quantize_multiplier(ratio(x, at(y)));
    int shift = 0;
    while ((integer{2} << shift) <= count && shift < 31 + m.exponent) ++shift;
    m = {(m.mantissa << shift) / count, m.exponent - shift};
    for (std::size_t i = 0; i < g.size(); ++i) clip(o, i, times(sum[i], m), g[i]);
    std::vector<double> dx(x.count());
    for_each_index(x.shape, [&](const dims& i) {
      dx[place(x.shape, i)] = g[broadcast_place(kept, i)] * scale(in) / (scale(y) * static_cast<double>(count));
    });
    add(in, dx);
  }

  void backward_concatenation(const operation& o) {
    const tensor& y = at(made_by(o));
    const auto axis =
        static_cast<std::size_t>(o.how.axis < 0 ? o.how.axis + static_cast<int>(y.shape.size()) : o.how.axis);
    int before = 0;
    for (std::size_t i = 0; i < o.inputs.size(); ++i) {
      const tensor& x = at(input_of(&o, i));
      std::vector<double> dx(x.count());
      for_each_index(x.shape, [&](const dims& from) {
        dims to = from;
        to[axis] += before;
        dx[place(x.shape, from)] = gradient[made_by(o)][place(y.shape, to)];
      });
      before += x.shape[axis];
      add(input_of(&o, i), dx);
    }
  }

  /// Operators that move values: the evaluator moves the numbers of the places instead, which says where each came from.
  void backward_copy(const operation& o) {
    const std::size_t in = input_of(&o), y = made_by(o);
    value places, moved;
    for (std::size_t i = 0; i < at(in).count(); ++i) places.integers.push_back(static_cast<integer>(i) + 1000);
    work w{o, {}, {}, at(y), moved};
    for (std::size_t i = 0; i < o.inputs.size(); ++i) {
      w.in.push_back(&at(input_of(&o, i)));
      w.values.push_back(i == 0 ? &places : &values[input_of(&o, i)]);
    }
    evaluate_operation(w);
    std::vector<double> dx(places.integers.size(), 0.0);
    for (std::size_t i = 0; i < moved.integers.size(); ++i)
      if (moved.integers[i] >= 1000)
        dx[static_cast<std::size_t>(moved.integers[i]) - 1000] += gradient[y][i];  // else a border
    add(in, dx);
  }

  std::size_t last_ = none, logits_ = none;
  loss what_;
};

}  // namespace thimble::test::tflite
