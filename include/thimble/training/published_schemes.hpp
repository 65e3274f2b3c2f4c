// The update schemes that were published with the method, by name, and the memory that names them.
// Source: arXiv 2206.15472, "On-Device Training Under 256KB Memory", and its repository's configurations.
#pragma once
#include <thimble/training/sparse_update.hpp>

namespace thimble {

/// Bytes by the published analytic model: for each layer before the head that trains its bias one bit an output and 4 bytes a
/// channel; for its weights that train one byte each, and one for each trained channel of each input pixel; and the head's input.
/// The head's weights count nothing. (What a learner really takes is its sizeof.)
template <class Net, class Update>
constexpr long analytic_memory() {
  const auto g = Update::template apply<Net>();
  const int head = g.node_numbered(g.numbered - 1);
  long bits = 0, bytes = g.at[head].in.size();
  for (int n = 0; n < head; ++n) {
    const facts& f = g.at[n];
    if (f.bias_trained) bits += f.out.size(), bytes += 4 * f.biases;
    bytes += static_cast<long>(f.trained) * (f.weight_rows + (f.trained > 0 ? f.in.pixels() : 0));
  }
  return bytes + bits / 8;
}

/// Fifteen schemes of three networks. Layers are numbered from the stem = 0; fractions are of input channels; the number at the end
/// is the analytic memory in KB.
namespace published {

namespace detail {
inline constexpr ratio eighth{1, 8}, quarter{1, 4}, half{1, 2};
}

using namespace detail;  // NOLINT(google-build-using-namespace): three ratios, for the table below

// clang-format off
struct mcunet_5fps_49 : sparse_update<biases_of_last<20>, weights<24, quarter>, weights<27, half>, weights<30, half>,
    weights_of_head> {};
struct mcunet_5fps_74 : sparse_update<biases_of_last<21>, weights<21>, weights<24>, weights<27, half>, weights<30>,
    weights_of_head> {};
struct mcunet_5fps_99 : sparse_update<biases_of_last<22>, weights<21>, weights<24>, weights<27>, weights<30>,
    weights<36, eighth>, weights<39, quarter>, weights_of_head> {};
struct mcunet_5fps_124 : sparse_update<biases_of_last<24>, weights<21, quarter>, weights<24>, weights<27>, weights<30>,
    weights<33, half>, weights<39, half>, weights_of_head> {};
struct mcunet_5fps_148 : sparse_update<biases_of_last<23>, weights<21>, weights<24>, weights<27>, weights<30>,
    weights<36>, weights<39, half>, weights_of_head> {};

struct mbv2_w035_49 : sparse_update<biases_of_last<16>, weights<36>, weights<39>, weights<41, quarter>,
    weights<42, eighth>, weights<45, eighth>, weights<48, eighth>, weights<49, eighth>, weights_of_head> {};
struct mbv2_w035_73 : sparse_update<biases_of_last<20>, weights<32, eighth>, weights<33, half>, weights<36, half>,
    weights<39>, weights<41, quarter>, weights<42, eighth>, weights<45, eighth>, weights<48>, weights_of_head> {};
struct mbv2_w035_99 : sparse_update<biases_of_last<25>, weights<27>, weights<30>, weights<33>, weights<36>, weights<39>,
    weights<42, eighth>, weights<45, half>, weights<48>, weights_of_head> {};
struct mbv2_w035_123 : sparse_update<biases_of_last<31>, weights<27>, weights<30>, weights<33>, weights<36>, weights<39>,
    weights<42, half>, weights<45>, weights<48>, weights_of_head> {};
struct mbv2_w035_138 : sparse_update<biases_of_last<34>, weights<27>, weights<30>, weights<33>, weights<36>, weights<39>,
    weights<42>, weights<45>, weights<48>, weights_of_head> {};

struct proxyless_w03_49 : sparse_update<biases_of_last<21>, weights<39, quarter>, weights<42>, weights<45>,
    weights<51, eighth>, weights<54, quarter>, weights<57, quarter>, weights_of_head> {};
struct proxyless_w03_74 : sparse_update<biases_of_last<28>, weights<33, half>, weights<36, quarter>, weights<39>,
    weights<42>, weights<45>, weights<51, half>, weights<54, quarter>, weights<57, half>, weights_of_head> {};
struct proxyless_w03_98 : sparse_update<biases_of_last<25>, weights<36>, weights<39, half>, weights<42>, weights<45>,
    weights<48, quarter>, weights<51, half>, weights<54>, weights<57>, weights_of_head> {};
struct proxyless_w03_120 : sparse_update<biases_of_last<32>, weights<36>, weights<39>, weights<42>, weights<45>,
    weights<48, half>, weights<51>, weights<54>, weights<57>, weights_of_head> {};
struct proxyless_w03_148 : sparse_update<biases_of_last<45>, weights<36>, weights<39>, weights<42>, weights<45>,
    weights<48>, weights<51>, weights<54>, weights<57>, weights_of_head> {};
// clang-format on

}  // namespace published
}  // namespace thimble
