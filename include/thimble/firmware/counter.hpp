// Counts executed instructions in QEMU, exact to about two, where `-icount shift=6` makes each last 64 ns of virtual time (ICOUNT in
// thimble_add_firmware_test). Emulators know no cycles. Without -icount the figures mean nothing.
#pragma once
#include <cstdint>

#include "board.h"

namespace thimble::firmware {

class instruction_counter {
 public:
  /// Starts the board's timer and calibrates it.
  instruction_counter() {
    start_timer();
    static_cast<void>(ticks_of(1));  // the emulator translates the loop
    calibration_ticks_ = ticks_of(1 + calibration_loops) - ticks_of(1);
    restart();
  }

  void restart() { start_ = ticks(); }

  /// Instructions since restart(); the timer wraps after about 2.6 thousand million.
  [[nodiscard]] std::uint32_t instructions() const {
    const std::uint64_t elapsed = ticks() - start_;
    return static_cast<std::uint32_t>(elapsed * calibration_loops * 2 / calibration_ticks_);
  }

  /// Exactly 2 * `loops` instructions, besides the call.
  [[gnu::noinline]] static void spin(std::uint32_t loops) {
    asm volatile(
        ".syntax unified\n"
        "1: subs %0, #1\n\t"
        "bne 1b"
        : "+l"(loops)
        :
        : "cc");
  }

 private:
  static constexpr std::uint32_t calibration_loops = 1'000'000;

  static volatile std::uint32_t& io(std::uint32_t address) {
    return *reinterpret_cast<volatile std::uint32_t*>(address);
  }

  /// Of the nRF51: TIMER0, 32 bits at 16 MHz, read by capturing into CC[0]. Of MPS2 and MPS3: COUNTER at 0x18, at the full clock with
  /// PRESCALE at 0x1c zero.
  static constexpr std::uint32_t timer = THIMBLE_TIMER;
  static constexpr bool is_nrf51 = THIMBLE_TIMER_IS_NRF51 != 0;
  static void start_timer() {
    if constexpr (is_nrf51) {
      io(timer + 0x508) = 3;
      io(timer + 0x510) = 0;
      io(timer + 0x000) = 1;
    } else {
      io(timer + 0x1c) = 0;
    }
  }
  static std::uint32_t ticks() {
    if constexpr (is_nrf51) io(timer + 0x040) = 1;
    return io(timer + (is_nrf51 ? 0x540 : 0x18));
  }

  static std::uint32_t ticks_of(std::uint32_t loops) {
    const std::uint32_t before = ticks();
    spin(loops);
    return ticks() - before;
  }

  std::uint32_t start_ = 0;
  std::uint32_t calibration_ticks_ = 0;
};

}  // namespace thimble::firmware
