// Operators with weights as layers, and where their weights lie in the file.
#pragma once
#include <thimble/formats/tflite/operators.hpp>
#include <thimble/layers/convolution_rules.hpp>
#include <thimble/layers/depthwise_conv2d.hpp>
#include <thimble/layers/transposed_convolution.hpp>

namespace thimble::tflite {

/// What operators with weights share. Weights are operand 1. (That weights and bias are what they should be, the importer has
/// checked: operands.hpp.)
template <class File, int Node, int Bias = 2>
struct with_weights : described<File, Node> {
  using file = described<File, Node>;
  static constexpr int weight_tensor = file::o.at(1);
  static constexpr int bias_tensor = file::o.at(Bias);
};

template <class File, int Node>
struct layer_for<operation::conv_2d, File, Node> : with_weights<File, Node>, convolution_rules {
  using file = described<File, Node>;
  static constexpr void complete(facts& f) {
    file::begin(f);
    const tensor& w = file::operand(1);
    f.reject(f.in.c % w.dim[3] != 0, "its input channels are no multiple of its filters'");
    if (f.fault != nullptr) return;
    f.groups = f.in.c / w.dim[3];
    shape out = file::slide(f, w.dim[1], w.dim[2]);
    out.c = w.dim[0];
    complete_weights(f, w.dim[0]);
    f.can_be_logits = f.act == activation::none && f.in.pixels() == 1 && f.win.taps() == 1 && out.pixels() == 1 &&
                      f.groups == 1 && f.win.pad_top == 0 && f.win.pad_left == 0;
    file::end(f, out);
  }
};

template <class File, int Node>
struct layer_for<operation::depthwise_conv_2d, File, Node> : with_weights<File, Node>, depthwise_rules {
  using file = described<File, Node>;
  static constexpr void complete(facts& f) {
    file::begin(f);
    const tensor& w = file::operand(1);
    f.reject(w.dim[3] % f.in.c != 0, "its output channels are no multiple of its input's");
    if (f.fault != nullptr) return;
    shape out = file::slide(f, w.dim[1], w.dim[2]);
    out.c = w.dim[3];
    complete_weights(f, w.dim[3] / f.in.c);
    file::end(f, out);
  }
};

/// Several rows of the input (a rank over 2) are pixels.
template <class File, int Node>
struct layer_for<operation::fully_connected, File, Node> : with_weights<File, Node>, convolution_rules {
  using file = described<File, Node>;
  static constexpr void complete(facts& f) {
    file::begin(f);
    const tensor& w = file::operand(1);
    const shape out = shape_of(file::made);
    f.reject(out.c != w.dim[0] || f.in.size() != out.pixels() * w.dim[1],
             "its input and output do not match its weights");
    if (f.fault != nullptr) return;
    f.in = {out.h, out.w, w.dim[1]};
    f.weight_zero = w.zero_point;
    if (w.zero_point != 0) f.infers_only = "its weights have a zero point";
    f.float_product = w.scales == 1;
    complete_weights(f, w.dim[0]);
    f.can_be_logits = f.act == activation::none && out.pixels() == 1 && w.zero_point == 0;
    file::end(f, out);
  }
};

template <class File, int Node>
struct layer_for<operation::transpose_conv, File, Node> : with_weights<File, Node, 3>, transposed::rules {
  using file = described<File, Node>;
  static constexpr void complete(facts& f) {
    file::begin(f);
    const tensor& w = file::operand(1);
    const shape out = shape_of(file::made);
    f.reject(w.dim[3] != f.in.c || w.dim[0] != out.c, "its input and output do not match its weights");
    f.reject(file::made.rank != 4 || file::made.dim[0] != 1, "it makes an image of batch 1");
    if (f.fault != nullptr) return;
    // The padding is that of the convolution which would lead back.
    const auto y = file::place(out.h, w.dim[1], file::o.stride_h, 1);
    const auto x = file::place(out.w, w.dim[2], file::o.stride_w, 1);
    f.reject(y.out != f.in.h || x.out != f.in.w, "its output shape does not lead back to its input's");
    f.win = {w.dim[1], w.dim[2], file::o.stride_h, file::o.stride_w, y.before, x.before};
    complete_weights(f, w.dim[0]);
    f.out = out;
  }
};

}  // namespace thimble::tflite
