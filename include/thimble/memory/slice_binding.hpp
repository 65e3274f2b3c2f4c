// One step of a block bound to a learner's memory for a slice of the block's channels, and the walk over the slices.
#pragma once
#include <utility>

#include <thimble/memory/again_binding.hpp>

namespace thimble {

/// Rules see a slice of a step through this, as a layer of fewer channels.
template <class Net, class Update, int Step>
class slice_binding : public step_binding<Net, Update, Step> {
  using base = step_binding<Net, Update, Step>;
  static constexpr const auto& plan = plan_of<Net, Update>;
  static constexpr step s = plan.s[Step];
  static constexpr bool makes_slices = s.mixes != mixing::sums;

 public:
  static constexpr mixing mixes = s.mixes;
  static constexpr facts whole = base::node;  ///< the layer itself
  static constexpr facts node = slice_of(whole, s.slices, makes_slices, s.channels);
  static constexpr kernels::geometry geometry = geometry_of(node);
  static constexpr bool has_mask_of_slice = s.of_slice;

  THIMBLE_INLINE slice_binding(unsigned char* arena, unsigned char* trained, lesson* now, int first)
      : base(arena, trained, now), arena_(arena), trained_(trained), now_(now), first_(first) {}

  /// The first channel of the slice.
  [[nodiscard]] int first() const { return first_; }
  /// Of the output's channels: the slice's, unless the slice is the input's.
  [[nodiscard]] multipliers scale() const {
    const multipliers all = base::scale();
    return makes_slices ? all : multipliers{all.mantissa + first_, all.shift + first_};
  }
  /// Of the whole layer if the slice is the input's, else of the slice's output channels.
  [[nodiscard]] kernels::weights weights() const {
    const kernels::weights all = base::weights();
    if constexpr (makes_slices) {
      return all;
    } else if constexpr (s.slices == slicing::channels) {
      return {all.flash == nullptr ? nullptr : all.flash + first_, nullptr};
    } else {
      const int row = first_ * taps;
      return {all.flash == nullptr ? nullptr : all.flash + row * whole.weight_row,
              all.sram == nullptr ? nullptr : all.sram + row * whole.trained};
    }
  }
  /// Values [first, first + count) of dy, which is not there: from what it was made of.
  void remake_dy(int first, int count, std::int16_t* to) const;
  /// The slice's weights of a depthwise layer: [tap][channel].
  THIMBLE_NOINLINE void copy_weights(std::int8_t* to) const {
    const kernels::weights w = kernels::launder(base::weights(), false);
    for (int tap = 0; tap < whole.weight_rows; ++tap)
      for (int c = first_; c < first_ + node.out.c; ++c)
        *to++ = c < whole.trained ? w.sram[tap * whole.trained + c] : w.flash[tap * whole.weight_row + c];
  }
  [[nodiscard]] auto weight_sink(int dropped) const {
    const auto all = base::weight_sink(dropped);
    if constexpr (s.slices == slicing::outputs)
      return all.from(first_ * taps * whole.trained);
    else
      return all;
  }
  [[nodiscard]] auto bias_sink() const { return base::bias_sink().from(first_); }
  /// Sums of the gradient of all input channels, over the slices so far.
  [[nodiscard]] std::int32_t* sums() const { return reinterpret_cast<std::int32_t*>(arena_ + sums_at); }

 private:
  static constexpr int taps = whole.win.taps();
  /// Whether dy was clipped after it was made.
  static constexpr bool clips_dy = s.reads[2] >= 0;
  static constexpr int sums_at = plan.t[tensor_kinds * plan.nodes + s.block].offset;

  unsigned char* arena_;
  unsigned char* trained_;
  lesson* now_;
  int first_;
};

template <class Net, class Update, int Step>
THIMBLE_INLINE void slice_binding<Net, Update, Step>::remake_dy(int first, int count, std::int16_t* to) const {
  using rule = typename detail::rule_of<Net, Update, s.remade_by>::type;
  rule::remake(step_binding<Net, Update, s.remade_by>(arena_, trained_, now_), first, count, to);
  if constexpr (clips_dy) kernels::run(kernels::clip_args{base::mask() + first / 8, to, count});
}

namespace detail {

/// A function each, so that the stack holds the arguments of one step only.
template <class Net, class Update, int Step>
THIMBLE_NOINLINE void run_slice_of(unsigned char* arena, unsigned char* trained, lesson* now, int first) {
  using rule = typename rule_of<Net, Update, Step>::type;
  if constexpr (plan_of<Net, Update>.s[Step].again[0] >= 0) {
    make_slice_again<Net, Update, Step>(arena, trained, now, first);
  } else {
    const slice_binding<Net, Update, Step> at(arena, trained, now, first);
    if constexpr (requires { rule::run_slice(at); })
      rule::run_slice(at);
    else
      rule::run(at);
  }
}
/// Before the first slice, and after the last.
template <class Net, class Update, int Step>
THIMBLE_INLINE void begin_slices_of(unsigned char* arena, unsigned char* trained, lesson* now) {
  using rule = typename rule_of<Net, Update, Step>::type;
  if constexpr (plan_of<Net, Update>.s[Step].slices == slicing::mixes)
    rule::begin_slices(slice_binding<Net, Update, Step>(arena, trained, now, 0));
}
template <class Net, class Update, int Step>
THIMBLE_INLINE void finish_slices_of(unsigned char* arena, unsigned char* trained, lesson* now) {
  using rule = typename rule_of<Net, Update, Step>::type;
  constexpr step s = plan_of<Net, Update>.s[Step];
  if constexpr (s.slices == slicing::mixes && s.mixes == mixing::sums)
    rule::finish_slices(slice_binding<Net, Update, Step>(arena, trained, now, 0));
}

/// All slices of a block.
template <class Net, class Update, int Loop, int... Step>
THIMBLE_INLINE void run_block(unsigned char* arena, unsigned char* trained, lesson* now,
                              std::integer_sequence<int, Step...>) {
  constexpr loop around = plan_of<Net, Update>.l[Loop];
  constexpr int channels = plan_of<Net, Update>.s[around.first].channels;
  (begin_slices_of<Net, Update, around.first + Step>(arena, trained, now), ...);
  for (int first = 0; first < around.slices * channels; first += channels)
    (run_slice_of<Net, Update, around.first + Step>(arena, trained, now, first), ...);
  (finish_slices_of<Net, Update, around.first + Step>(arena, trained, now), ...);
}
template <class Net, class Update, int Loop>
THIMBLE_NOINLINE void run_slices(unsigned char* arena, unsigned char* trained, lesson* now) {
  run_block<Net, Update, Loop>(arena, trained, now,
                               std::make_integer_sequence<int, plan_of<Net, Update>.l[Loop].count>{});
}

}  // namespace detail
}  // namespace thimble
