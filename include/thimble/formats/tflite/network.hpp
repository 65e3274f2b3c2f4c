// A network read out of a .tflite file by the compiler.
#pragma once
#include <utility>

#include <thimble/detail/fault.hpp>
#include <thimble/formats/tflite/weighted_operators.hpp>
#include <thimble/layers/dense.hpp>
#include <thimble/layers/input.hpp>
#include <thimble/network/parameters.hpp>

namespace thimble::tflite {

// What a file can have wrong. Numbers are the file's; texts are short, as clang prints 34 characters of each.

template <long Offset>
struct at_byte {};
template <long Size>
struct file_bytes {};
template <int Number>
struct operator_number {};
template <int Code>
struct operator_code {};
template <int Number>
struct tensor_number {};

template <thimble::detail::text File, thimble::detail::text Why, class Where, class Size>
struct file_cannot_be_read {
  static_assert(sizeof(Where) == 0, "the .tflite file cannot be read: see its name, why, where and its size above");
};
template <thimble::detail::text File, thimble::detail::text Why, class Where>
struct network_not_supported {
  static_assert(sizeof(Where) == 0, "the .tflite file's network is none that thimble can hold: see the reason above");
};
template <thimble::detail::text File, thimble::detail::text Operator, class Code, class Number, class Where>
struct operator_not_supported {
  static_assert(sizeof(Code) == 0,
                "the .tflite file has an operator that thimble lacks: see its name, code and number above");
};
template <thimble::detail::text File, thimble::detail::text Operator, class Number, thimble::detail::text Why,
          class Where>
struct form_not_supported {
  static_assert(
      sizeof(Number) == 0,
      "the .tflite file has an operator in a form that thimble cannot take: see it, its number and why above");
};
template <thimble::detail::text File, thimble::detail::text Type, class Number, thimble::detail::text Why, class Where>
struct tensor_type_not_supported {
  static_assert(sizeof(Number) == 0,
                "the .tflite file has a tensor of a type that thimble cannot take there: see the type and why above");
};
template <thimble::detail::text File, thimble::detail::text Type, class Number, thimble::detail::text Why, class Where>
struct tensor_not_supported {
  static_assert(sizeof(Number) == 0,
                "the .tflite file has a tensor that thimble cannot take: see its type, its number and why above");
};

namespace detail {

using thimble::detail::as_text;

template <class File, bool Readable>
inline constexpr fault first_fault_of_file = fault_of_bytes<File>;
template <class File>
inline constexpr fault first_fault_of_file<File, true> = imported_of<File>.wrong;

template <class File>
struct fault_type {
  static constexpr const fault& wrong = first_fault_of_file<File, !fault_of_bytes<File>.found()>;
  static constexpr auto name = [] { return File::name; };
  static constexpr auto reason = [] { return wrong.reason; };
  static constexpr auto type_name = [] { return name_of_type(wrong.code); };
  static constexpr auto operator_name = [] { return name_of_operator(wrong.code); };
  using where = at_byte<static_cast<long>(wrong.offset)>;
  enum class message { nothing, file, graph_of_file, operator_unknown, form, type, tensor };
  static constexpr message which = [] {
    switch (wrong.kind) {
      case fault_kind::none:
        return message::nothing;
      case fault_kind::operator_unknown:
        return message::operator_unknown;
      case fault_kind::type_unknown:
        return message::type;
      case fault_kind::damaged:
      case fault_kind::not_supported:
        if (wrong.about == subject::operation) return message::form;
        if (wrong.about == subject::tensor) return message::tensor;
        return wrong.kind == fault_kind::damaged ? message::file : message::graph_of_file;
      default:
        return message::file;
    }
  }();
  template <message What, class = void>
  struct of {
    using type = thimble::detail::no_fault;
  };
  template <class Dummy>
  struct of<message::file, Dummy> {
    using type = file_cannot_be_read<as_text(name), as_text(reason), where, file_bytes<File::size>>;
  };
  template <class Dummy>
  struct of<message::graph_of_file, Dummy> {
    using type = network_not_supported<as_text(name), as_text(reason), where>;
  };
  template <class Dummy>
  struct of<message::operator_unknown, Dummy> {
    using type = operator_not_supported<as_text(name), as_text(operator_name), operator_code<wrong.code>,
                                        operator_number<wrong.number>, where>;
  };
  template <class Dummy>
  struct of<message::form, Dummy> {
    using type = form_not_supported<as_text(name), as_text(operator_name), operator_number<wrong.number>,
                                    as_text(reason), where>;
  };
  template <class Dummy>
  struct of<message::type, Dummy> {
    using type = tensor_type_not_supported<as_text(name), as_text(type_name), tensor_number<wrong.number>,
                                           as_text(reason), where>;
  };
  template <class Dummy>
  struct of<message::tensor, Dummy> {
    using type =
        tensor_not_supported<as_text(name), as_text(type_name), tensor_number<wrong.number>, as_text(reason), where>;
  };
  using type = typename of<which>::type;
};

}  // namespace detail

/// A node of File as a layer.
template <class File, int Node, int Operator = imported_of<File>.at[Node].number>
struct op : layer_for<contents_of<File>.op[Operator].what(), File, Node> {};

template <class File, int Node>
struct op<File, Node, imported_node::input_node> {
  using forward = mp::mp_list<>;
  using gradient = mp::mp_list<>;
  static constexpr void complete(facts& f) {
    f.kind = "input";
    f.in = f.out = shape_of(contents_of<File>.t[imported_of<File>.at[Node].tensor]);
  }
};

template <class File, int Node>
struct op<File, Node, imported_node::constant_node> : constant::rules {
  static constexpr int tensor = imported_of<File>.at[Node].tensor;
  static const std::int8_t* data() { return int8_data<File, tensor>.v; }
  static constexpr void complete(facts& f) {
    complete_constant(f);
    f.out = shape_of(contents_of<File>.t[tensor]);
  }
};

namespace detail {

template <class File, int Node, class Reads>
struct node_of_file;
template <class File, int Node, int... Read>
struct node_of_file<File, Node, std::integer_sequence<int, Read...>> {
  using type = node<op<File, Node>, imported_of<File>.at[Node].read[Read]...>;
};
template <class File, class Numbers>
struct nodes_of_file;
template <class File, int... Node>
struct nodes_of_file<File, std::integer_sequence<int, Node...>> {
  using type = mp::mp_list<
      typename node_of_file<File, Node, std::make_integer_sequence<int, imported_of<File>.at[Node].reads>>::type...>;
};

/// What quantized() wants of a network's numbers, out of the file.
template <class File>
struct parameters_of_file {
  using nodes = typename nodes_of_file<File, std::make_integer_sequence<int, imported_of<File>.count>>::type;

  struct activations {
    quantization v[static_cast<std::size_t>(imported_of<File>.count)];
    constexpr quantization operator[](int n) const { return v[n]; }
  };
  static constexpr activations activation = [] {
    activations a{};
    for (int n = 0; n < imported_of<File>.count; ++n) {
      const tensor& t = contents_of<File>.t[imported_of<File>.at[n].tensor];
      a.v[n] = {t.scale, t.zero_point};
    }
    if (imported_of<File>.in.type == tensor_type::uint8) a.v[0].zero_point -= 128;  // taken as int8
    return a;
  }();

  template <int Node, int Bias>
  struct bias_of {
    static constexpr const std::int32_t* bias = int32_data<File, Bias>.v;
  };
  template <int Node>
  struct bias_of<Node, -1> {
    static constexpr bool has_no_bias = true;
  };
  template <int Node>
  struct layer_at : bias_of<Node, op<File, Node>::bias_tensor> {
    using file = op<File, Node>;
    static constexpr const std::int8_t* weight = int8_data<File, file::weight_tensor>.v;
    static constexpr const float* weight_scale =
        scales_of<File, file::weight_tensor, graph_of<parameters_of_file>.at[Node].biases>.v;
  };
  template <int Number>
  using layer = layer_at<graph_of<parameters_of_file>.node_numbered(Number)>;
};

/// Stands in for a file that cannot be one, so that one error is printed.
struct inert_parameters {
  static constexpr quantization activation[2]{};
  template <int>
  struct layer {
    static constexpr bool is_fresh = true;
  };
};

template <class Fault, class File>
struct network_of {
  using fault = Fault;
  using nodes = typename thimble::network<thimble::input<shape{}>, thimble::dense<1>>::nodes;
  using parameters = inert_parameters;
};
template <class File>
struct network_of<thimble::detail::no_fault, File> {
  using fault = thimble::detail::no_fault;
  using parameters = parameters_of_file<File>;
  using nodes = typename parameters::nodes;
};

}  // namespace detail

/// The network of an embedded file. Name it with a struct: `struct backbone : tflite::network<person_detect> {};`.
/// Batch 1; int8 inside; one input, one output. A layer's name is its output tensor's up to the first `;`.
template <class File>
struct network : detail::network_of<typename detail::fault_type<File>::type, File> {};

}  // namespace thimble::tflite
