# Toolchain: Arm GNU toolchain for bare-metal Cortex-M. -DTHIMBLE_CORE=cortex-m7 chooses the core and the board that QEMU emulates for it.
set(THIMBLE_CORE "" CACHE STRING "cortex-m0, -m3, -m4, -m7, -m33 or -m55")
list(APPEND CMAKE_TRY_COMPILE_PLATFORM_VARIABLES THIMBLE_CORE)

set(CMAKE_SYSTEM_NAME Generic)
set(CMAKE_SYSTEM_PROCESSOR arm)
set(CMAKE_C_COMPILER arm-none-eabi-gcc)
set(CMAKE_CXX_COMPILER arm-none-eabi-g++)
set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY) # nothing links without start-up and linker script
set(CMAKE_EXECUTABLE_SUFFIX .elf)

set(hard_float -mfloat-abi=hard)
if(THIMBLE_CORE STREQUAL cortex-m0)
  set(THIMBLE_BOARD microbit)
  set(hard_float "")
elseif(THIMBLE_CORE STREQUAL cortex-m3)
  set(THIMBLE_BOARD mps2-an385)
  set(hard_float "")
elseif(THIMBLE_CORE STREQUAL cortex-m4)
  set(THIMBLE_BOARD mps2-an386)
elseif(THIMBLE_CORE STREQUAL cortex-m7)
  set(THIMBLE_BOARD mps2-an500)
elseif(THIMBLE_CORE STREQUAL cortex-m33)
  set(THIMBLE_BOARD mps2-an505)
elseif(THIMBLE_CORE STREQUAL cortex-m55)
  set(THIMBLE_BOARD mps3-an547)
else()
  message(FATAL_ERROR "THIMBLE_CORE is '${THIMBLE_CORE}'; it must be cortex-m0, -m3, -m4, -m7, -m33 or -m55")
endif()

foreach(language IN ITEMS C CXX)
  set(CMAKE_${language}_FLAGS_INIT "-mcpu=${THIMBLE_CORE} -mthumb ${hard_float}")
endforeach()

# The host's programs may be used; its libraries and headers may not.
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
