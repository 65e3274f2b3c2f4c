// What can be wrong with a network and an update, asked in one place, the first thing first.
#pragma once
#include <type_traits>

#include <thimble/memory/plan.hpp>
#include <thimble/training/loss.hpp>

namespace thimble {

template <class Net>
struct network_has_no_parameters {
  static_assert(sizeof(Net) == 0,
                "this network has no parameters yet: quantize it with the lab and include the exported header");
};
template <class Net>
struct fresh_head_does_not_train {
  static_assert(sizeof(Net) == 0,
                "the new head starts from zero, so the update must train all of it: add weights_of_head");
};
template <detail::text Layer, detail::text Name, int Node, detail::text Why>
struct layer_only_infers {
  static_assert(Node < 0, "nothing can learn at or before a layer that only infers: see it, its node and why above");
};

template <detail::text Layer, detail::text Name>
struct rows_cannot_be_pushed {
  static_assert(
      sizeof(Layer) == 0,
      "policy pushed_rows: the first layer, seen above, learns or cannot be made row by row (as where the sample is "
      "more than 4096 rows high), so the sample must be whole: use row_by_row");
};

template <detail::text Layer, detail::text Name>
struct sample_cannot_be_patched {
  static_assert(
      sizeof(Layer) == 0,
      "policy patches: the first layer, seen above, learns or cannot make part of its output (as where the sample is "
      "more than 4096 rows high or 32767 pixels wide), or a later one reads the sample too, so the sample must be "
      "whole: use row_by_row or layer_by_layer");
};

template <detail::text Layer, detail::text Name, int Number>
struct block_cannot_be_recomputed {
  static_assert(
      Number < 0,
      "policy recompute_blocks: with the layer numbered above begins no block that saves bytes if its hidden values "
      "are made again: a layer that widens (not trained by its largest channels), a depthwise one whose weights are "
      "frozen, and one that narrows, of which not all channels train; and before them something that learns");
};

namespace detail {

/// Whether rows or patches of the sample can be worked into the network as they come.
template <class Net, class Update>
struct rows_fault {
  static constexpr const facts& first = graph_of<Net>.at[1];
  static constexpr bool cannot = [] {
    if constexpr (how_of<Update>.pushes_rows()) {
      constexpr const auto& p = layer_by_layer_plan<Net, Update>;
      return p.steps == 0 || first_to_learn(p) == 0 || p.s[0].rows.kernel == 0 || p.s[0].reads[0] != 0;
    } else if constexpr (how_of<Update>.reads_patches()) {
      return next_end<Net, Update>(0) < 0;
    } else {
      return false;
    }
  }();
  template <bool Cannot, class = void>
  struct said {
    using type = no_fault;
  };
  template <class Dummy>
  struct said<true, Dummy> {
    static constexpr auto kind = as_text([] { return first.kind; }), name = as_text([] { return first.name; });
    using type = std::conditional_t<how_of<Update>.pushes_rows(), rows_cannot_be_pushed<kind, name>,
                                    sample_cannot_be_patched<kind, name>>;
  };
  using type = typename said<cannot>::type;
};

/// The first layer named in recompute_blocks whose block is not made again all the same.
template <class Net, class Update>
struct blocks_fault {
  static constexpr const auto& g = marked<Net, Update>;
  static constexpr bool names_any = [] {
    for (const facts& f : g.at)
      if (f.recomputed) return true;
    return false;
  }();
  static constexpr int refused = [] {
    if constexpr (names_any) {
      constexpr const auto& p = layer_by_layer_plan<Net, Update>;
      for (int n = 0; n < g.size; ++n) {
        bool again = !g.at[n].recomputed;
        for (int i = 0; i < p.steps; ++i) again = again || (p.s[i].again[0] >= 0 && p.s[p.s[i].again[0]].node == n);
        if (!again) return n;
      }
    }
    return -1;
  }();
  template <int Node, class = void>
  struct at {
    static constexpr const facts& f = g.at[Node];
    using type = block_cannot_be_recomputed<as_text([] { return f.kind; }), as_text([] { return f.name; }), f.number>;
  };
  template <class Dummy>
  struct at<-1, Dummy> {
    using type = no_fault;
  };
  using type = typename at<refused>::type;
};

template <class Net, class Update>
struct fresh_head_fault {
  static constexpr const auto& g = marked<Net, Update>;
  static constexpr int head = g.node_numbered(g.numbered - 1);
  static constexpr bool stays_zero = [] {
    if constexpr (head < 0)
      return false;
    else
      return node_values<Net, head>::is_fresh && g.at[head].trained < g.at[head].weight_row;
  }();
  using type = mp::mp_if_c<stays_zero, fresh_head_does_not_train<Net>, no_fault>;
};

/// The first layer that only infers but would have to pass a gradient, or learn.
template <class Net, class Update>
struct gradient_fault {
  static constexpr const auto& g = marked<Net, Update>;
  static constexpr int blocked = [] {
    bool learns[static_cast<std::size_t>(g.size)]{};
    for (int n = 0; n < g.size; ++n) {
      const facts& f = g.at[n];
      learns[n] = f.trained > 0 || f.bias_trained;
      for (const int from : f.inputs) learns[n] = learns[n] || (from >= 0 && learns[from]);
      if (learns[n] && f.infers_only != nullptr) return n;
    }
    return -1;
  }();
  template <int Node, class = void>
  struct at {
    static constexpr const facts& f = g.at[Node];
    using type = layer_only_infers<as_text([] { return f.kind; }), as_text([] { return f.name; }), Node,
                                   as_text([] { return f.infers_only; })>;
  };
  template <class Dummy>
  struct at<-1, Dummy> {
    using type = no_fault;
  };
  using type = typename at<blocked>::type;
};

/// Each check is asked only if those before found nothing, for else it could not be answered.
template <class Found, template <class...> class Next, class... Arguments>
struct otherwise {
  using type = Found;
};
template <template <class...> class Next, class... Arguments>
struct otherwise<no_fault, Next, Arguments...> {
  using type = typename Next<Arguments...>::type;
};

template <class Net, class Update>
struct update_fault {
  using type = typename Update::template fault<Net>;
};
template <class Net>
struct network_fault {
  using made = first_fault<
      mp::mp_if_c<std::is_same_v<typename Net::parameters, no_parameters>, network_has_no_parameters<Net>, no_fault>,
      fault_of<Net>>;
  template <class N>
  struct shapes {
    using type = shape_fault<N>;
  };
  using type = typename otherwise<made, shapes, Net>::type;
};

/// The first thing that is wrong with a learner.
template <class Net, class Update>
struct learner_fault {
  using network = typename network_fault<Net>::type;
  using update = typename otherwise<network, update_fault, Net, Update>::type;
  using gradient = typename otherwise<update, gradient_fault, Net, Update>::type;
  using head = typename otherwise<gradient, fresh_head_fault, Net, Update>::type;
  using rows = typename otherwise<head, rows_fault, Net, Update>::type;
  using type = typename otherwise<rows, blocks_fault, Net, Update>::type;
};

}  // namespace detail
}  // namespace thimble
