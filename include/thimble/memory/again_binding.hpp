// Forward steps taken again in the backward pass for a slice of their channels, for the masks alone.
#pragma once
#include <thimble/memory/binding.hpp>

namespace thimble {

/// Rules see a slice of forward step `Step` through this, as a layer of fewer channels, while step `Again` makes it again.
template <class Net, class Update, int Step, int Again>
class again_binding : public step_binding<Net, Update, Step> {
  using base = step_binding<Net, Update, Step>;
  static constexpr const auto& plan = plan_of<Net, Update>;
  static constexpr const auto& g = marked<Net, Update>;
  static constexpr step s = plan.s[Step], by = plan.s[Again];
  static constexpr facts whole = detail::within_scratch(g.at[s.node], by);

 public:
  static constexpr facts node = slice_of(whole, s.slices, false, by.channels);
  static constexpr kernels::geometry geometry = geometry_of(node);

  /// From `x`, or if that is null from the step's own input. `scratch` holds the slice's copied weights, then what the kernel needs.
  THIMBLE_INLINE again_binding(unsigned char* arena, unsigned char* trained, lesson* now, int first,
                               const std::int8_t* x, std::int8_t* y, unsigned char* scratch)
      : base(arena, trained, now), arena_(arena), first_(first), x_(x), y_(y), scratch_(scratch) {}

  template <class Operation, class Target = native, class Arguments>
  THIMBLE_INLINE static void call(const Arguments& a) {
    kernels::call<Operation, geometry, Target>(a);
  }
  [[nodiscard]] const std::int8_t* x0() const { return x_ == nullptr ? base::x0() : x_; }
  [[nodiscard]] std::int8_t* y() const { return y_; }
  [[nodiscard]] std::uint8_t* mask() const { return arena_ + mask_at; }
  [[nodiscard]] unsigned char* scratch() const { return scratch_ + detail::copied_again(node, s.slices); }
  [[nodiscard]] multipliers scale() const {
    const multipliers all = base::scale();
    return {all.mantissa + first_, all.shift + first_};
  }
  [[nodiscard]] const std::int32_t* bias() const {
    const std::int32_t* all = base::bias();
    return all == nullptr ? nullptr : all + first_;
  }
  [[nodiscard]] kernels::weights weights() const {
    if constexpr (is_filter) return {reinterpret_cast<const std::int8_t*>(scratch_), nullptr};
    const kernels::weights all = base::weights();
    const int row = first_ * whole.win.taps();
    return {all.flash == nullptr ? nullptr : all.flash + row * whole.weight_row,
            all.sram == nullptr ? nullptr : all.sram + row * whole.trained};
  }
  /// Of a depthwise layer, whose slice does not lie together: [tap][channel].
  void copy_weights() const {
    if constexpr (is_filter) {
      const std::int8_t* from = kernels::launder(base::weights().flash) + first_;
      auto* to = reinterpret_cast<std::int8_t*>(scratch_);
      for (int tap = 0; tap < whole.weight_rows; ++tap, from += whole.weight_row)
        for (int c = 0; c < node.out.c; ++c) *to++ = from[c];
    }
  }

 private:
  static constexpr bool is_filter = s.slices == slicing::channels;
  static constexpr int mask_at = plan.t[thimble::mask * plan.nodes + s.node].offset;

  unsigned char* arena_;
  int first_;
  const std::int8_t* x_;
  std::int8_t* y_;
  unsigned char* scratch_;
};

namespace detail {

/// In scratch, one after another: what the first makes, what the second makes, and what the kernel needs that runs.
template <class Net, class Update, int Step>
THIMBLE_INLINE void make_slice_again(unsigned char* arena, unsigned char* trained, lesson* now, int first) {
  constexpr step s = plan_of<Net, Update>.s[Step];
  using wide = again_binding<Net, Update, s.again[0], Step>;
  using narrow = again_binding<Net, Update, s.again[1], Step>;
  unsigned char* const made = arena + s.scratch_at;
  constexpr int of_wide = align_up(wide::node.out.size()), of_both = of_wide + align_up(narrow::node.out.size());
  auto* const hidden = reinterpret_cast<std::int8_t*>(made);
  rule_of<Net, Update, s.again[0]>::type::run_slice(wide(arena, trained, now, first, nullptr, hidden, made + of_both));
  rule_of<Net, Update, s.again[1]>::type::run_slice(
      narrow(arena, trained, now, first, hidden, hidden + of_wide, made + of_both));
}

}  // namespace detail
}  // namespace thimble
