// The layers of three networks on this machine against XNNPACK's operators, one thread each, alternating in one run: medians of both
// and their ratios. XNNPACK packs weights when an operator is created, before the clock starts; ours packs none beforehand: what
// its kernels re-lay, they re-lay in every call. Outputs may differ by one, as XNNPACK rounds in float.
#include "host.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>

#include <xnnpack.h>

namespace {

using thimble::benchmark::host_layer;
using thimble::benchmark::host_network;

double seconds() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }
double median(std::vector<double> v) {
  std::nth_element(v.begin(), v.begin() + static_cast<std::ptrdiff_t>(v.size() / 2), v.end());
  return v[v.size() / 2];
}
void require(xnn_status s, const char* what) {
  if (s == xnn_status_success) return;
  std::fprintf(stderr, "XNNPACK: %s: status %d\n", what, static_cast<int>(s));
  std::exit(1);
}

struct deleter {
  void operator()(xnn_operator_t op) const { xnn_delete_operator(op); }
};

/// XNNPACK's operator for a layer, bound to tensors of its own.
class peer {
  std::unique_ptr<xnn_operator, deleter> op_;
  std::vector<std::int8_t> a_, b_, y_;

  static std::vector<std::int8_t> copy(const std::int8_t* from, int n) {
    std::vector<std::int8_t> v(static_cast<std::size_t>(n) + XNN_EXTRA_BYTES);
    if (from != nullptr) std::memcpy(v.data(), from, static_cast<std::size_t>(n));
    return v;
  }
  static auto size(int n) { return static_cast<std::size_t>(n); }
  static auto word(int n) { return static_cast<std::uint32_t>(n); }
  static auto byte(int n) { return static_cast<std::int8_t>(n); }

  void convolution(const host_layer& l) {
    const thimble::facts& f = *l.f;
    const thimble::window& w = f.win;
    const bool depthwise = std::strcmp(f.kind, "DEPTHWISE_CONV_2D") == 0;
    const auto after = [](int in, int out, int pad, int kernel, int stride, int dilation) {
      const int all = (out - 1) * stride + thimble::dilated(kernel, dilation) - in - pad;
      return all > 0 ? all : 0;
    };
    const int groups = depthwise ? f.in.c : f.groups;
    xnn_operator_t op = nullptr;
    require(xnn_create_convolution2d_nhwc_qc8(
                word(w.pad_top), word(after(f.in.w, f.out.w, w.pad_left, w.kernel_w, w.stride_w, w.dilation_w)),
                word(after(f.in.h, f.out.h, w.pad_top, w.kernel_h, w.stride_h, w.dilation_h)), word(w.pad_left),
                word(w.kernel_h), word(w.kernel_w), word(w.stride_h), word(w.stride_w), word(w.dilation_h),
                word(w.dilation_w), word(groups), size(f.in.c / groups), size(f.out.c / groups), size(f.in.c),
                size(f.out.c), byte(l.x.zero_point), l.x.scale, l.weight_scale.data(), l.weights, l.bias,
                byte(l.y.zero_point), l.y.scale, byte(l.range.low), byte(l.range.high),
                depthwise ? XNN_FLAG_DEPTHWISE_CONVOLUTION : 0, &op),
            f.kind);
    op_.reset(op);
    require(xnn_setup_convolution2d_nhwc_qc8(op, 1, size(f.in.h), size(f.in.w), a_.data(), y_.data(), nullptr), f.kind);
  }
  void sum(const host_layer& l) {
    xnn_operator_t op = nullptr;
    require(xnn_create_add_nd_qs8(byte(l.x.zero_point), l.x.scale, byte(l.x1.zero_point), l.x1.scale,
                                  byte(l.y.zero_point), l.y.scale, byte(l.range.low), byte(l.range.high), 0, &op),
            "add");
    op_.reset(op);
    const std::size_t shape[] = {size(l.f->out.h), size(l.f->out.w), size(l.f->out.c)};
    require(xnn_setup_add_nd_qs8(op, 3, shape, 3, shape, a_.data(), b_.data(), y_.data(), nullptr), "add");
  }
  void mean(const host_layer& l) {
    xnn_operator_t op = nullptr;
    require(xnn_create_global_average_pooling_nwc_qs8(size(l.f->in.c), size(l.f->in.c), size(l.f->in.c),
                                                      byte(l.x.zero_point), l.x.scale, byte(l.y.zero_point), l.y.scale,
                                                      byte(l.range.low), byte(l.range.high), 0, &op),
            "average pool");
    op_.reset(op);
    require(xnn_setup_global_average_pooling_nwc_qs8(op, 1, size(l.f->in.h * l.f->in.w), a_.data(), y_.data(), nullptr),
            "average pool");
  }

 public:
  /// Copies the layer's inputs as they are now.
  explicit peer(const host_layer& l)
      : a_(copy(l.input, l.f->in.size())),
        b_(copy(l.input1, l.input1 != nullptr ? l.f->in1.size() : 0)),
        y_(copy(nullptr, l.f->out.size())) {
    const std::string_view kind = l.f->kind;
    if (l.weights != nullptr)
      convolution(l);
    else if (l.input1 != nullptr && l.f->in == l.f->in1)
      sum(l);
    else if (kind == "AVERAGE_POOL_2D" && l.f->out.pixels() == 1)
      mean(l);
  }
  [[nodiscard]] bool exists() const { return op_ != nullptr; }
  void run() const { require(xnn_run_operator(op_.get(), nullptr), "run"); }
  /// The largest difference from what the layer has just made.
  [[nodiscard]] int difference(const host_layer& l) const {
    int most = 0;
    for (int i = 0; i < l.f->out.size(); ++i) most = std::max(most, std::abs(l.output[i] - y_[size(i)]));
    return most;
  }
};

/// Seconds of one call of each, medians over rounds in which they alternate, each round long enough for the clock.
struct pair_of_times {
  double ours, theirs;
};
template <class Ours, class Theirs>
pair_of_times alternate(Ours ours, Theirs theirs, int rounds) {
  const auto calls_for = [](auto& f) {  // 60 microseconds
    f();
    const double begin = seconds();
    for (int i = 0; i < 3; ++i) f();
    return std::max(1, static_cast<int>(60e-6 / ((seconds() - begin) / 3 + 1e-9)));
  };
  const auto timed = [](auto& f, int calls) {
    f();  // finds its data and code in the caches, as the other does
    const double begin = seconds();
    for (int i = 0; i < calls; ++i) f();
    return (seconds() - begin) / calls;
  };
  const int calls = calls_for(ours), their_calls = calls_for(theirs);
  std::vector<double> a, b;
  for (int i = 0; i < rounds; ++i) {
    a.push_back(timed(ours, calls));
    b.push_back(timed(theirs, their_calls));
  }
  return {median(a), median(b)};
}

struct mean_of_ratios {
  double logs = 0;
  int count = 0;
  void add(double ratio) { logs += std::log(ratio), ++count; }
  void add(const mean_of_ratios& m) { logs += m.logs, count += m.count; }
  [[nodiscard]] double value() const { return std::exp(logs / count); }
};

constexpr int rounds = 41;

/// XNNPACK of 2022 has no depthwise kernel for more than 25 taps: it takes a general one, fifty times slower.
bool is_slow_there(const thimble::facts& f) {
  return std::strcmp(f.kind, "DEPTHWISE_CONV_2D") == 0 && f.win.taps() > 25;
}

/// Of layers with weights: all, and those without XNNPACK's slow ones.
struct means {
  mean_of_ratios all, usual;
};

means compare(const host_network& n) {
  n.show_sample();
  std::vector<peer> peers;
  int most = 0;
  for (const host_layer& l : n.layers) {
    peers.emplace_back(l);
    l.forward();
    if (!peers.back().exists()) continue;
    peers.back().run();
    const int d = peers.back().difference(l);
    if (d > 2) std::printf("%s: outputs differ by %d\n", l.f->kind, d);
    most = std::max(most, d);
  }
  means qc8;
  mean_of_ratios all;
  for (std::size_t i = 0; i < n.layers.size(); ++i) {
    const host_layer& l = n.layers[i];
    const thimble::facts& f = *l.f;
    if (!peers[i].exists()) continue;
    const pair_of_times t = alternate(l.forward, [&] { peers[i].run(); }, rounds);
    std::printf("%s %-20s %3dx%3dx%4d -> %3dx%3dx%4d window %dx%d stride %d: %8.2f us, XNNPACK %8.2f us, ratio %.2f\n",
                n.name.data(), f.kind, f.in.h, f.in.w, f.in.c, f.out.h, f.out.w, f.out.c, f.win.kernel_h,
                f.win.kernel_w, f.win.stride_h, t.ours * 1e6, t.theirs * 1e6, t.theirs / t.ours);
    if (l.weights != nullptr) qc8.all.add(t.theirs / t.ours);
    if (l.weights != nullptr && !is_slow_there(f)) qc8.usual.add(t.theirs / t.ours);
    all.add(t.theirs / t.ours);
  }
  const auto all_layers = [&] {
    for (std::size_t i = 0; i < n.layers.size(); ++i)
      if (peers[i].exists()) peers[i].run();
  };
  const pair_of_times whole = alternate(n.infer, all_layers, rounds);
  const int length = static_cast<int>(n.name.size());
  std::printf(
      "%.*s: outputs of single layers differ by at most %d; an inference %.1f us, XNNPACK's operators %.1f us\n",
      length, n.name.data(), most, whole.ours * 1e6, whole.theirs * 1e6);
  std::printf("figure host.%.*s.ratio %.3f\n", length, n.name.data(), qc8.all.value());
  std::printf("figure host.%.*s.ratio_without_7x7_depthwise %.3f\n", length, n.name.data(), qc8.usual.value());
  std::printf("figure host.%.*s.ratio_with_sums_and_pools %.3f\n", length, n.name.data(), all.value());
  std::printf("figure host.%.*s.inference_ratio %.3f\n", length, n.name.data(), whole.theirs / whole.ours);
  if (n.step != nullptr) {
    bool fine = true;
    const auto usual_layers = [&] {
      for (std::size_t i = 0; i < n.layers.size(); ++i)
        if (peers[i].exists() && !is_slow_there(*n.layers[i].f)) peers[i].run();
    };
    const pair_of_times step = alternate([&] { fine = n.step() && fine; }, usual_layers, rounds);
    if (!fine) std::printf("a step failed\n");
    std::printf("%.*s: a training step, 49 KB, 10 classes: %.1f us\n", length, n.name.data(), step.ours * 1e6);
    std::printf("%.*s: XNNPACK's operators without its 7x7 depthwise ones: %.1f us\n", length, n.name.data(),
                step.theirs * 1e6);
    const auto figure = [&](const char* of, double value) {
      std::printf("figure host.%.*s.step_49_over_%s %.3f\n", length, n.name.data(), of, value);
    };
    figure("xnnpack_forward", step.ours / whole.theirs);
    figure("xnnpack_forward_without_7x7_depthwise", step.ours / step.theirs);
    figure("own_inference", step.ours / whole.ours);
  }
  return qc8;
}

}  // namespace

int main() {
  require(xnn_initialize(nullptr), "initialize");
  const char* most = __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl")
                         ? "AVX-512 (F, BW, DQ, VL)"
                     : __builtin_cpu_supports("avx2") ? "AVX2"
                                                      : "SSE";
  std::printf("thimble: %s, compiled for it. XNNPACK: %s, chosen at run time: %s of this machine\n",
              thimble::benchmark::name_of_target().data(), THIMBLE_XNNPACK_VERSION, most);
  means all;
  for (const auto make :
       {thimble::benchmark::mcunet_5fps, thimble::benchmark::mbv2_w035, thimble::benchmark::proxyless_w03}) {
    const means m = compare(make());
    all.all.add(m.all);
    all.usual.add(m.usual);
  }
  std::printf("figure host.ratio %.3f\nfigure host.ratio_without_7x7_depthwise %.3f\n", all.all.value(),
              all.usual.value());
}
