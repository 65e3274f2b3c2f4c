/* Memory map and instruction counter of each board that QEMU emulates, for C++ and for the linker script alike.
   The build defines one THIMBLE_BOARD_... (see .cmake/arm-none-eabi.cmake, .meson/). Macros, as ld knows nothing else. */
#pragma once

#if defined(THIMBLE_BOARD_MICROBIT) /* Cortex-M0, nRF51 */
#define THIMBLE_FLASH_ORIGIN 0x00000000
#define THIMBLE_FLASH_LENGTH 256K
#define THIMBLE_SRAM_ORIGIN 0x20000000
#define THIMBLE_SRAM_LENGTH 16K
#define THIMBLE_TIMER 0x40008000
#define THIMBLE_TIMER_IS_NRF51 1
#elif defined(THIMBLE_BOARD_MPS2_AN385) || defined(THIMBLE_BOARD_MPS2_AN386) || defined(THIMBLE_BOARD_MPS2_AN500)
#define THIMBLE_FLASH_ORIGIN 0x00000000 /* Cortex-M3, M4, M7: 4 MB each */
#define THIMBLE_FLASH_LENGTH 4M
#define THIMBLE_SRAM_ORIGIN 0x20000000
#define THIMBLE_SRAM_LENGTH 4M
#define THIMBLE_TIMER 0x40028000
#define THIMBLE_TIMER_IS_NRF51 0
#elif defined(THIMBLE_BOARD_MPS2_AN505) /* Cortex-M33; secure addresses, as it starts in secure state */
#define THIMBLE_FLASH_ORIGIN 0x10000000
#define THIMBLE_FLASH_LENGTH 4M
#define THIMBLE_SRAM_ORIGIN 0x38000000
#define THIMBLE_SRAM_LENGTH 4M
#define THIMBLE_TIMER 0x50302000
#define THIMBLE_TIMER_IS_NRF51 0
#elif defined(THIMBLE_BOARD_MPS3_AN547) /* Cortex-M55; instruction and data tightly coupled memory */
#define THIMBLE_FLASH_ORIGIN 0x00000000
#define THIMBLE_FLASH_LENGTH 512K
#define THIMBLE_SRAM_ORIGIN 0x20000000
#define THIMBLE_SRAM_LENGTH 512K
#define THIMBLE_FAR_ORIGIN 0x11000000 /* SSRAM: room for constants that the flash has not, if THIMBLE_FAR is defined */
#define THIMBLE_FAR_LENGTH 2M
#define THIMBLE_TIMER 0x59302000
#define THIMBLE_TIMER_IS_NRF51 0
#else
#error "no THIMBLE_BOARD_... defined: build firmware with thimble_add_firmware, or add the board to board.h"
#endif
