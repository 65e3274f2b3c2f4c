# Firmware for one Cortex-M core, run in QEMU. Configure with the toolchain file arm-none-eabi.cmake that lies beside this file and
# -DTHIMBLE_CORE=cortex-m0, -m3, -m4, -m7, -m33 or -m55.
#
#   thimble_add_firmware(blink SOURCES main.cpp SRAM 64K FLASH 256K)
#
# makes blink.elf from main.cpp, the library, its start-up (include/thimble/firmware) and a linker script with these budgets; what
# exceeds a budget does not link. Beside it lies the link map, blink.map; the bytes used are printed after the link.
#   SOURCES file...     with `int main()`; it may use thimble/firmware/*.hpp, and ends the program when it returns
#   SRAM size           budget, stack included; as ld writes sizes: 65536, 64K. Default: all that the board has
#   FLASH size          likewise
#   STACK size          bytes for the stack, at the bottom of SRAM, where overflow faults. Default: 3K
#   OPTIMIZE flag...    e.g. -O3, or -Os -flto. Default: -O2
#   LIBRARIES target... linked besides thimble::thimble
#   QUIET               no report of the bytes used
#   FAR                 constants in a memory of their own, on boards whose flash is small (board.h, THIMBLE_FAR_ORIGIN)
#
#   thimble_run_firmware(blink [TARGET name] [ARGUMENTS text...] [ICOUNT] [TIMEOUT seconds])
# makes a build target (default: run_blink) that runs it.
#
#   thimble_add_firmware_test(blink [TEST name] [ARGUMENTS text...] [ICOUNT] [TIMEOUT seconds])
# makes a test (default: blink) that passes if main returns 0.
#
#   thimble_firmware_command(variable blink [ARGUMENTS text...] [ICOUNT] [TIMEOUT seconds])
# gives the command line, for add_custom_command.
#
# ARGUMENTS are what command_line() of semihosting.hpp returns; ICOUNT makes counter.hpp count instructions (and halves the speed).

set(THIMBLE_CMAKE_DIR ${CMAKE_CURRENT_LIST_DIR})

function(thimble_add_firmware name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "QUIET;FAR" "SRAM;FLASH;STACK" "SOURCES;OPTIMIZE;LIBRARIES")
  if(NOT THIMBLE_CORE)
    message(FATAL_ERROR "thimble_add_firmware(${name}): configure with the toolchain file ${THIMBLE_CMAKE_DIR}/arm-none-eabi.cmake")
  endif()
  if(arg_UNPARSED_ARGUMENTS OR NOT arg_SOURCES)
    message(FATAL_ERROR "thimble_add_firmware(${name}): unknown ${arg_UNPARSED_ARGUMENTS}, or no SOURCES; "
                        "see ${CMAKE_CURRENT_FUNCTION_LIST_FILE}")
  endif()
  if(NOT arg_STACK)
    set(arg_STACK 3K)
  endif()
  if(NOT arg_OPTIMIZE)
    set(arg_OPTIMIZE -O2)
  endif()
  string(TOUPPER ${THIMBLE_BOARD} board)
  string(REPLACE - _ board THIMBLE_BOARD_${board})

  # The linker script, with the board's memory and the budgets
  set(script ${CMAKE_CURRENT_BINARY_DIR}/${name}.ld)
  set(definitions -D${board} -DTHIMBLE_STACK=${arg_STACK})
  foreach(budget IN ITEMS SRAM FLASH)
    if(arg_${budget})
      list(APPEND definitions -DTHIMBLE_${budget}=${arg_${budget}})
    endif()
  endforeach()
  if(arg_FAR)
    list(APPEND definitions -DTHIMBLE_FAR)
  endif()
  add_custom_command(OUTPUT ${script}
    COMMAND ${CMAKE_CXX_COMPILER} -E -P -x c ${definitions} ${THIMBLE_FIRMWARE_DIR}/link.ld.S -o ${script}
    DEPENDS ${THIMBLE_FIRMWARE_DIR}/link.ld.S ${THIMBLE_FIRMWARE_DIR}/board.h
    VERBATIM)

  add_executable(${name} ${arg_SOURCES} ${THIMBLE_FIRMWARE_DIR}/startup.cpp ${script})
  target_link_libraries(${name} PRIVATE thimble::thimble ${arg_LIBRARIES})
  target_compile_definitions(${name} PRIVATE ${board})
  target_compile_options(${name} PRIVATE
    -fno-exceptions -fno-rtti -fno-threadsafe-statics # nothing is there to catch, to ask or to lock
    -ffunction-sections -fdata-sections
    -ffp-contract=off # a * b + c rounds twice on every core, so that all give the same bytes
    ${arg_OPTIMIZE})
  target_link_options(${name} PRIVATE
    ${arg_OPTIMIZE} --specs=nano.specs --specs=nosys.specs -nostartfiles
    -T ${script} -Wl,--gc-sections -Wl,--no-warn-rwx-segments -Wl,-Map,${CMAKE_CURRENT_BINARY_DIR}/${name}.map)
  if(NOT arg_QUIET)
    target_link_options(${name} PRIVATE -Wl,--print-memory-usage)
  endif()
  set_target_properties(${name} PROPERTIES
    LINK_DEPENDS ${script} RUNTIME_OUTPUT_DIRECTORY ${CMAKE_CURRENT_BINARY_DIR} SUFFIX .elf)
endfunction()

function(thimble_firmware_command variable name)
  cmake_parse_arguments(PARSE_ARGV 2 arg ICOUNT TIMEOUT ARGUMENTS)
  set(command ${THIMBLE_CMAKE_DIR}/thimble-qemu)
  if(arg_ICOUNT)
    list(APPEND command --icount)
  endif()
  if(arg_TIMEOUT)
    list(APPEND command --timeout ${arg_TIMEOUT})
  endif()
  set(${variable} ${command} ${THIMBLE_BOARD} $<TARGET_FILE:${name}> ${arg_ARGUMENTS} PARENT_SCOPE)
endfunction()

function(thimble_run_firmware name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" TARGET "")
  if(NOT arg_TARGET)
    set(arg_TARGET run_${name})
  endif()
  thimble_firmware_command(command ${name} ${arg_UNPARSED_ARGUMENTS})
  add_custom_target(${arg_TARGET} COMMAND ${command} DEPENDS ${name} USES_TERMINAL VERBATIM)
endfunction()

function(thimble_add_firmware_test name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" TEST "")
  if(NOT arg_TEST)
    set(arg_TEST ${name})
  endif()
  thimble_firmware_command(command ${name} ${arg_UNPARSED_ARGUMENTS})
  add_test(NAME ${THIMBLE_TEST_PREFIX}${arg_TEST} COMMAND ${command})
endfunction()
