// The one place for macros that are not about a target.
#pragma once

/// Kernel bodies and step bindings: inlined always, so that what is constant at the call is constant in the loop.
#define THIMBLE_INLINE [[gnu::always_inline]] inline

/// One copy in the image, whoever calls.
#define THIMBLE_NOINLINE [[gnu::noinline]]

/// After a lambda's parameters: GCC 12 leaves nested lambdas as calls otherwise.
#define THIMBLE_LAMBDA_INLINE __attribute__((always_inline))
