// A step bound to memory of the host: every tensor has a place of its own, and what learns is known at run time. Host only.
#pragma once
#include <vector>

#include <thimble/kernels/geometry.hpp>
#include <thimble/kernels/gradient_kind.hpp>
#include <thimble/memory/step_sizes.hpp>
#include <thimble/training/exponents.hpp>

namespace thimble::lab {

/// Pointers by tensor number (kind * nodes + node, training/steps.hpp), null for those that an update does not need; and scratch.
struct host_memory {
  std::vector<unsigned char*> at;
  unsigned char* scratch = nullptr;
  lesson now;
};

/// What rules call At, of one node under the widest update: as step_binding in memory/binding.hpp, but for where tensors lie. The
/// weights of a layer that can learn are all in memory.
template <class Net, class Update, int Node, bool Backward, bool Adds>
class host_binding {
  static constexpr const auto& g = marked<Net, Update>;
  static constexpr int n = Node, nodes = g.size;
  using values = node_values<Net, n>;
  using tables = channel_multipliers<Net, n>;
  static constexpr kernels::learning_rule rule = thimble::detail::how_of<Update>.rule;

 public:
  using layer = typename mp::mp_at_c<typename Net::nodes, static_cast<std::size_t>(n)>::layer;
  static constexpr const facts& node = g.at[n];
  static constexpr kernels::geometry geometry{node.in, node.out, node.win, node.trained, node.groups, false};
  static constexpr bool adds = Adds, masks = true, packed = kept_channels(node) > 0;
  using numbers = values;
  static constexpr bool has_float_gradients = thimble::detail::how_of<Update>.float_gradients;
  using gradient_value = mp::mp_if_c<has_float_gradients, float, std::int16_t>;
  using arithmetic = kernels::arithmetic<gradient_value>;

  explicit host_binding(host_memory& memory) : m_(&memory) {}

  static constexpr shape shape_of(role r) { return g.at[values::source(r)].out; }
  static constexpr int first_input = node.inputs[0] < 0 ? 0 : node.inputs[0];
  static constexpr bool reads_logits = node.inputs[0] >= 0 && g.at[g.owner(first_input)].logits;
  static constexpr bool reads_entry = node.inputs[0] >= 0 && g.at[g.owner(first_input)].enters;
  static constexpr quantization quantized(role r) { return values::quantized(r); }
  static constexpr int zero(role r) { return values::zero(r); }
  static constexpr double real_scale(role r) { return values::real_scale(r); }
  static constexpr limits range() { return values::range(); }
  static constexpr multipliers scale() { return {tables::mantissa.v, tables::shift.v}; }
  static constexpr rows part() { return {0, node.out.h}; }

  template <class Operation, class Target = native, class Arguments>
  static void call(const Arguments& a) {
    kernels::call<Operation, geometry, Target>(a);
  }

  static constexpr int exponent(role r) {
    if constexpr (has_float_gradients)
      return 0;
    else if (r == role::dy)
      return exponents<Net, Update>::template of_gradient<g.owner(n)>;
    else
      return exponent_of_input(slot_of(r), std::make_integer_sequence<int, most_inputs>{});
  }
  static constexpr int gradient_limit = [] {
    if constexpr (requires { layer::terms(node); })
      return thimble::gradient_limit(layer::terms(node));
    else
      return 32767;
  }();
  static constexpr int scaled_exponent = [] {
    if constexpr (node.biases > 0 && Backward && !has_float_gradients)
      return exponents<Net, Update>::template of_scaled<n, gradient_limit>;
    else
      return 0;
  }();

  template <role R>
  const std::int8_t* input() const {
    constexpr int source = g.owner(values::source(R));
    if constexpr (g.at[source].is_constant)
      return kernels::launder(mp::mp_at_c<typename Net::nodes, static_cast<std::size_t>(source)>::layer::data());
    else
      return at<const std::int8_t, R>();
  }
  const std::int8_t* x0() const { return input<role::x0>(); }
  const std::int8_t* x1() const { return input<role::x1>(); }
  std::int8_t* y() const { return at<std::int8_t, role::y>(); }
  std::int32_t* logits() const { return at<std::int32_t, role::y>(); }
  const std::int32_t* logits_in() const { return at<const std::int32_t, role::x0>(); }
  std::uint8_t* mask() const { return at<std::uint8_t, role::mask>(); }
  std::uint8_t* kept() const { return at<std::uint8_t, role::kept>(); }
  gradient_value* dy() const { return at<gradient_value, role::dy>(); }
  gradient_value* dx0() const { return at<gradient_value, role::dx0>(); }
  template <role R>
  gradient_value* gradient() const {
    return at<gradient_value, R>();
  }
  unsigned char* scratch() const { return m_->scratch; }

  kernels::weights weights() const {
    return {values::flash(), node.trained > 0 ? parameters<std::int8_t, weight>() : nullptr};
  }
  const std::int32_t* bias() const {
    if constexpr (node.bias_trained)
      return parameters<std::int32_t, bias_of>();
    else
      return values::bias();
  }
  kernels::weight_sink<rule> weight_sink(int dropped) const {
    const step_sizes<Net, Update, n> sizes(&m_->now);
    return {sizes.of_weights(exponent(role::dy) + k() + dropped),
            {parameters<std::int8_t, weight>(), parameters<unsigned char, residual_of_weight>(), sizes.salt()},
            parameters<std::int16_t, velocity_of_weight>(),
            parameters<std::int32_t, sum_of_weight>()};
  }
  kernels::bias_sink<rule> bias_sink() const {
    const step_sizes<Net, Update, n> sizes(&m_->now);
    return {sizes.of_biases(exponent(role::dy) + k()), parameters<std::int32_t, bias_of>(), node.bias_limit(),
            parameters<std::int32_t, velocity_of_bias>(), parameters<std::int32_t, sum_of_bias>()};
  }

  int label() const { return m_->now.label; }
  const float* target() const { return m_->now.target; }
  void begin_gradient(int exponent, fixed16 loss) const {
    m_->now.loss_exponent = exponent;
    m_->now.loss = loss;
  }
  void begin_body(int exponent, fixed16 loss) const {
    m_->now.body_exponent = exponent;
    m_->now.loss = loss;
  }
  void enter_body(int exponent) const { m_->now.body_exponent = m_->now.loss_exponent + exponent; }

 private:
  template <int Slot>
  static constexpr int input_exponent() {
    if constexpr (node.inputs[Slot] < 0)
      return 0;
    else
      return exponents<Net, Update>::template of_gradient<g.owner(node.inputs[Slot])>;
  }
  template <int... Slot>
  static constexpr int exponent_of_input(int slot, std::integer_sequence<int, Slot...>) {
    int e = 0;
    ((Slot == slot ? void(e = input_exponent<Slot>()) : void()), ...);
    return e;
  }
  [[nodiscard]] int k() const {
    return has_float_gradients ? 0 : node.enters ? m_->now.loss_exponent : m_->now.body_exponent;
  }
  template <class T, role R>
  T* at() const {
    constexpr int id = thimble::detail::tensor_of(R, g, n);
    return id < 0 ? nullptr : reinterpret_cast<T*>(m_->at[static_cast<std::size_t>(id < 0 ? 0 : id)]);
  }
  template <class T, int Kind>
  T* parameters() const {
    return reinterpret_cast<T*>(m_->at[static_cast<std::size_t>(Kind * nodes + n)]);
  }

  host_memory* m_;
};

}  // namespace thimble::lab
