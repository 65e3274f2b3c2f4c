// Instruction-set tags. A tag inherits what it falls back to; overload resolution finds the nearest kernel.
#pragma once

namespace thimble {

/// Plain C++: the specification. Every other target gives the same bytes.
struct portable {};

/// The best target of this translation unit. Appears only as a default template argument.
using native = portable;

}  // namespace thimble
