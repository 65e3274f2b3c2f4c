/* Linker script, preprocessed with the board's macros and the budgets THIMBLE_FLASH, THIMBLE_SRAM and THIMBLE_STACK.
   The stack lies at the bottom of SRAM, so that overflow runs off the memory and faults instead of eating the data.
   What exceeds a budget stops the link: "region `SRAM' overflowed by N bytes". */
#include "board.h"

#ifndef THIMBLE_FLASH
#define THIMBLE_FLASH THIMBLE_FLASH_LENGTH
#endif
#ifndef THIMBLE_SRAM
#define THIMBLE_SRAM THIMBLE_SRAM_LENGTH
#endif

#if defined(THIMBLE_FAR) && defined(THIMBLE_FAR_ORIGIN)
#define THIMBLE_CONSTANTS_FAR
#endif

MEMORY
{
#ifdef THIMBLE_CONSTANTS_FAR
  FAR (r) : ORIGIN = THIMBLE_FAR_ORIGIN, LENGTH = THIMBLE_FAR_LENGTH
#endif
  FLASH (rx) : ORIGIN = THIMBLE_FLASH_ORIGIN, LENGTH = THIMBLE_FLASH
  SRAM (rwx) : ORIGIN = THIMBLE_SRAM_ORIGIN, LENGTH = THIMBLE_SRAM
}

ENTRY(thimble_reset)

SECTIONS
{
  .text :
  {
    KEEP(*(.vectors))
    *(.text .text.*)
#ifndef THIMBLE_CONSTANTS_FAR
    *(.rodata .rodata.*)
#endif
    . = ALIGN(4);
    thimble_init_begin = .;
    KEEP(*(SORT_BY_INIT_PRIORITY(.init_array.*)))
    KEEP(*(.init_array))
    thimble_init_end = .;
  } > FLASH

#ifdef THIMBLE_CONSTANTS_FAR
  .rodata : { *(.rodata .rodata.*) } > FAR
#endif

  .ARM.exidx : { *(.ARM.exidx*) } > FLASH

  .stack (NOLOAD) : ALIGN(8)
  {
    thimble_stack_bottom = .;
    . += THIMBLE_STACK;
    . = ALIGN(8);
    thimble_stack_top = .;
  } > SRAM

  .data : ALIGN(8)
  {
    thimble_data_begin = .;
    *(.data .data.*)
    . = ALIGN(8);
    thimble_data_end = .;
  } > SRAM AT > FLASH
  thimble_data_image = LOADADDR(.data);
  thimble_flash_begin = ORIGIN(FLASH);
  thimble_flash_end = LOADADDR(.data) + SIZEOF(.data); /* of the image */

  .bss (NOLOAD) : ALIGN(8)
  {
    thimble_bss_begin = .;
    *(.bss .bss.* COMMON)
    . = ALIGN(8);
    thimble_bss_end = .;
  } > SRAM
  PROVIDE(end = .); /* where a C library's heap would begin; nothing of thimble has one */

  /DISCARD/ : { *(.ARM.extab*) *(.comment) }
}

ASSERT(THIMBLE_FLASH <= THIMBLE_FLASH_LENGTH, "the FLASH budget exceeds the board's memory")
ASSERT(THIMBLE_SRAM <= THIMBLE_SRAM_LENGTH, "the SRAM budget exceeds the board's memory")
