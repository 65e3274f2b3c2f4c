// One step bound to a learner's memory: everything about it constant, handed to its rule.
#pragma once
#include <thimble/kernels/geometry.hpp>
#include <thimble/kernels/gradient_kind.hpp>
#include <thimble/memory/rule_table.hpp>
#include <thimble/memory/sinks.hpp>
#include <thimble/network/geometry.hpp>
#include <thimble/training/exponents.hpp>
#include <thimble/training/largest_channels.hpp>

namespace thimble {

/// Rules see a step through this (they call it At). Pointers to tensors that the plan does not hold are null.
template <class Net, class Update, int Step>
class step_binding {
  static constexpr const auto& g = marked<Net, Update>;
  static constexpr const auto& plan = plan_of<Net, Update>;
  static constexpr const step& s = plan.s[Step];
  static constexpr int n = s.node, nodes = g.size;
  using values = node_values<Net, n>;
  using tables = channel_multipliers<Net, n>;

 public:
  using layer = typename mp::mp_at_c<typename Net::nodes, static_cast<std::size_t>(n)>::layer;
  using numbers = values;  ///< of the node: its weights and scales
  static constexpr facts node = detail::within_scratch(g.at[n], s);
  static constexpr kernels::geometry geometry = geometry_of(node);
  static constexpr bool adds = s.adds;
  /// Whether the weights' gradient reads the trained channels of the input, saved together; else the input.
  static constexpr bool packed = kept_channels(node) > 0 && !s.unpacked;
  /// Whether any node has a mask.
  static constexpr bool masks = [] {
    for (int i = 0; i < nodes; ++i)
      if (plan.t[thimble::mask * nodes + i].needed) return true;
    return false;
  }();
  /// Gradients are float32, whose exponents are all 0, or int16.
  static constexpr bool has_float_gradients = detail::how_of<Update>.float_gradients;
  using gradient_value = mp::mp_if_c<has_float_gradients, float, std::int16_t>;
  using arithmetic = kernels::arithmetic<gradient_value>;

  THIMBLE_INLINE step_binding(unsigned char* arena, unsigned char* trained, lesson* now)
      : arena_(arena), trained_(trained), now_(now) {}

  /// The shape of an input's tensor as its maker has it.
  static constexpr shape shape_of(role r) { return g.at[values::source(r)].out; }
  /// Whether this node reads int32 logits (a loss does, if the layer before can give them).
  static constexpr bool reads_logits =
      node.inputs[0] >= 0 && g.at[node.inputs[0] < 0 ? 0 : g.owner(node.inputs[0])].logits;
  /// Whether that node scales the gradient that enters the body; else this node's is the body's.
  static constexpr bool reads_entry =
      node.inputs[0] >= 0 && g.at[node.inputs[0] < 0 ? 0 : g.owner(node.inputs[0])].enters;
  static constexpr quantization quantized(role r) { return values::quantized(r); }
  static constexpr int zero(role r) { return values::zero(r); }
  static constexpr double real_scale(role r) { return values::real_scale(r); }
  static constexpr limits range() { return values::range(); }
  static constexpr multipliers scale() { return {tables::mantissa.v, tables::shift.v}; }
  static constexpr rows part() { return {0, node.out.h}; }

  /// Runs an operation's kernel on this step's geometry.
  template <class Operation, class Target = native, class Arguments>
  THIMBLE_INLINE static void call(const Arguments& a) {
    kernels::call<Operation, geometry, Target>(a);
  }

  /// e of the gradient in a role.
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
  /// e of the output's gradient scaled per channel.
  static constexpr int scaled_exponent = [] {
    if constexpr (node.biases > 0 && s.backward && !has_float_gradients)
      return exponents<Net, Update>::template of_scaled<n, gradient_limit>;
    else
      return 0;
  }();

  /// An input: in the arena, or in flash if it is a constant.
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
  unsigned char* scratch() const { return arena_ + constant<(s.scratch_at > 0 ? s.scratch_at : 0)>; }

  kernels::weights weights() const {
    if constexpr (geometry.listed)
      return {values::flash(), parameters().template at<std::int8_t, weight>(),
              largest_channels<Net, n, node.trained>::order.v};
    else if constexpr (node.trained > 0)
      return {values::flash(), parameters().template at<std::int8_t, weight>()};
    else
      return {values::flash(), nullptr};
  }
  const std::int32_t* bias() const {
    if constexpr (node.bias_trained)
      return parameters().template at<std::int32_t, bias_of>();
    else
      return values::bias();
  }
  /// Where the gradients of the weights go, `dropped` bits short; and of the biases.
  auto weight_sink(int dropped) const { return parameters().weight_sink(constant<exponent(role::dy)> + k() + dropped); }
  auto bias_sink() const { return parameters().bias_sink(constant<exponent(role::dy)> + k()); }

  int label() const { return now_->label; }
  const float* target() const { return now_->target; }
  void begin_gradient(int exponent, fixed16 loss) const {
    now_->loss_exponent = exponent;
    now_->loss = loss;
  }
  /// For a loss before which no layer scales the gradient: it is the body's.
  void begin_body(int exponent, fixed16 loss) const {
    now_->body_exponent = exponent;
    now_->loss = loss;
  }
  void enter_body(int exponent) const { now_->body_exponent = now_->loss_exponent + exponent; }

 private:
  /// Forces the compiler's answer: at -O0 an expression over the plan would put the plan into the image.
  template <auto V>
  static constexpr auto constant = V;

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
  int k() const {
    return constant<has_float_gradients> ? 0 : constant<node.enters> ? now_->loss_exponent : now_->body_exponent;
  }

  template <class T, role R>
  THIMBLE_INLINE T* at() const {
    constexpr int id = detail::tensor_of(R, g, n);
    constexpr bool is_saved = R == role::mask || R == role::kept;  // not by this step, if it is made again later
    if constexpr (id >= 0 && plan.t[id < 0 ? 0 : id].needed && (!is_saved || detail::touches(s, id)))
      return reinterpret_cast<T*>(arena_ + constant<plan.t[id].offset>);
    else
      return nullptr;
  }
  THIMBLE_INLINE trained_parameters<Net, Update, n> parameters() const { return {trained_, now_}; }

  unsigned char* arena_;
  unsigned char* trained_;
  lesson* now_;
};

namespace detail {

/// A step's rule.
template <class Net, class Update, int Step>
struct rule_of {
  static constexpr step s = plan_of<Net, Update>.s[Step];
  using layer = typename mp::mp_at_c<typename Net::nodes, static_cast<std::size_t>(s.node)>::layer;
  using rules = mp::mp_if_c<s.backward, typename layer::gradient, typename layer::forward>;
  using type = mp::mp_at_c<rules, static_cast<std::size_t>(s.rule)>;
};

}  // namespace detail
}  // namespace thimble
