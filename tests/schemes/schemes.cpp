// The fifteen published schemes on the three published networks: the analytic memory that names them, exact, and the steps of the
// derived backward list: none below the first layer that learns, no weight's or bias's gradient that was not asked for, all that
// were. It compiles or it does not.
#include <thimble/formats/tflite.hpp>
#include <thimble/thimble.hpp>
#include <thimble/training/published_schemes.hpp>

#include "mbv2_w0_35.hpp"
#include "mcunet_5fps.hpp"
#include "proxyless_w0_3.hpp"

namespace {

using namespace thimble;

struct mcunet : tflite::network<mcunet_5fps> {};
struct mbv2 : tflite::network<mbv2_w0_35> {};
struct proxyless : tflite::network<proxyless_w0_3> {};

/// Whether the backward list is what the update asks for.
template <class Net, class Update>
constexpr bool steps_are_right() {
  using trained_net = with_loss<Net, cross_entropy>;
  constexpr const auto& p = derived<trained_net, Update>;
  constexpr const auto& g = marked<trained_net, Update>;
  constexpr int n = g.size;
  int weight_steps[static_cast<std::size_t>(n)]{}, bias_steps[static_cast<std::size_t>(n)]{}, first = n;
  for (int i = n - 1; i >= 0; --i)
    if (g.at[i].trained > 0 || g.at[i].bias_trained) first = i;
  for (int k = 0; k < p.steps; ++k) {
    const step& s = p.s[k];
    if (!s.backward) continue;
    if (s.node < first) return false;
    for (const int w : s.writes) {
      if (w < 0) continue;
      if (w / n == weight) ++weight_steps[s.node];
      if (w / n == bias_of) ++bias_steps[s.node];
      // The gradient of a tensor is made only if something at or before its maker learns.
      if (w / n == gradient && w % n < first) return false;
    }
  }
  for (int i = 0; i < n; ++i)
    if (weight_steps[i] != (g.at[i].trained > 0 ? 1 : 0) || bias_steps[i] != (g.at[i].bias_trained ? 1 : 0))
      return false;
  return true;
}

/// In hundredths of a KiB, rounded: as published.
template <class Net, class Update>
constexpr long hundredths() {
  return (analytic_memory<Net, Update>() * 100 + 512) / 1024;
}

template <class Net, class Update, long Published>
constexpr bool is_published = hundredths<Net, Update>() == Published && steps_are_right<Net, Update>();

using namespace published;
static_assert(is_published<mcunet, mcunet_5fps_49, 4975>);
static_assert(is_published<mcunet, mcunet_5fps_74, 7481>);
static_assert(is_published<mcunet, mcunet_5fps_99, 9984>);
static_assert(is_published<mcunet, mcunet_5fps_124, 12497>);
static_assert(is_published<mcunet, mcunet_5fps_148, 14841>);
static_assert(is_published<mbv2, mbv2_w035_49, 4981>);
static_assert(is_published<mbv2, mbv2_w035_73, 7388>);
static_assert(is_published<mbv2, mbv2_w035_99, 9941>);
static_assert(is_published<mbv2, mbv2_w035_123, 12356>);
static_assert(is_published<mbv2, mbv2_w035_138, 13825>);
static_assert(is_published<proxyless, proxyless_w03_49, 4966>);
static_assert(is_published<proxyless, proxyless_w03_74, 7488>);
static_assert(is_published<proxyless, proxyless_w03_98, 9853>);
static_assert(is_published<proxyless, proxyless_w03_120, 12025>);
static_assert(is_published<proxyless, proxyless_w03_148, 14822>);

}  // namespace

int main() {}
