// The stack's high-water mark: it is painted, and what lost its paint was used.
#pragma once
#include <cstddef>
#include <cstdint>

extern "C" {
extern std::uint32_t thimble_stack_bottom[];  // link.ld.S; the stack grows from top to bottom
extern std::uint32_t thimble_stack_top[];
extern std::uint32_t thimble_data_begin[], thimble_data_end[], thimble_bss_begin[], thimble_bss_end[];
}

namespace thimble::firmware {

inline constexpr std::uint32_t stack_paint = 0xc0ffee11;

/// Paints what is unused now. Start-up did it already; call it again before the part to be measured.
/// In assembly, as compiled code could paint over its own return address.
[[gnu::naked, gnu::noinline]] inline void repaint_stack() {
  asm volatile(
      ".syntax unified\n\t"
      "ldr r0, =thimble_stack_bottom\n\t"
      "ldr r1, =0xc0ffee11\n\t"
      "mov r2, sp\n\t"
      "b 2f\n"
      "1: stmia r0!, {r1}\n"
      "2: cmp r0, r2\n\t"
      "blo 1b\n\t"
      "bx lr\n\t"
      ".ltorg");
}

/// Bytes of stack ever used since it was painted, from the top down to the deepest word written.
[[nodiscard]] inline std::size_t stack_bytes_used() {
  const volatile std::uint32_t* word = thimble_stack_bottom;
  while (word < thimble_stack_top && *word == stack_paint) ++word;
  return reinterpret_cast<std::uintptr_t>(thimble_stack_top) - reinterpret_cast<std::uintptr_t>(word);
}

/// Bytes of all static objects: .data and .bss.
[[nodiscard]] inline std::uint32_t static_bytes() {
  const auto at = [](const std::uint32_t* symbol) { return reinterpret_cast<std::uintptr_t>(symbol); };
  return at(thimble_data_end) - at(thimble_data_begin) + at(thimble_bss_end) - at(thimble_bss_begin);
}

}  // namespace thimble::firmware
