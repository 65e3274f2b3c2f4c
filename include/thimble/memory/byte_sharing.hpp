// A small placement: of the windows and scratch of one loop, whose lives are few and known.
#pragma once
#include <cstddef>

#include <thimble/memory/live.hpp>

namespace thimble::detail {

/// Bytes that lie over each other where their lives allow it: each at the lowest offset that is free.
template <int Most>
struct byte_sharing {
  struct piece {
    int first, last, bytes, at;
  };
  piece placed[static_cast<std::size_t>(Most)]{};
  int count = 0;
  int bytes = 0;  ///< of all

  /// Of a life from task `first` to task `last`; its offset.
  constexpr int place(int first, int last, int wanted) {
    piece me{first, last, align_up(wanted), 0};
    for (bool moved = true; moved;) {
      moved = false;
      for (int i = 0; i < count; ++i) {
        const piece& other = placed[i];
        if (me.first > other.last || other.first > me.last || me.bytes == 0 || other.bytes == 0) continue;
        if (me.at >= other.at + other.bytes || other.at >= me.at + me.bytes) continue;
        me.at = other.at + other.bytes;
        moved = true;
      }
    }
    placed[count++] = me;
    if (me.at + me.bytes > bytes) bytes = me.at + me.bytes;
    return me.at;
  }
};

}  // namespace thimble::detail
