# A silent fallback to portable would still be right, and slow: the kernels' instructions must be in the image, or must not.
# cmake -DOBJDUMP=... -DIMAGE=x.elf -DCORE=m4 -P instructions.cmake
cmake_minimum_required(VERSION 3.25)
execute_process(COMMAND ${OBJDUMP} -d ${IMAGE} OUTPUT_VARIABLE code COMMAND_ERROR_IS_FATAL ANY)
set(pairs "[\t ]smlad[\t ]")
set(vectors "[\t ]eef0 [0-9a-f]f2[0-9a-f] ") # VMLADAVA.S8, which objdump takes for a coprocessor's
set(gradients "[\t ]eef0 [0-9a-f]e2[0-9a-f] ") # VMLADAVA.S16, likewise
set(wanted "")
set(unwanted "")
if(CORE MATCHES "^m(4|7|33)$")
  list(APPEND wanted ${pairs} "[\t ]smmlar[\t ]")
elseif(CORE STREQUAL m55)
  list(APPEND wanted ${vectors} ${gradients} "[\t ]vqrdmulh[.]s32[\t ]")
else()
  list(APPEND unwanted ${pairs} ${vectors} ${gradients})
  if(CORE STREQUAL m3)
    list(APPEND wanted "ldmia[.]w[\t ]r0!, {r3, ip, lr}" "[\t ]smlal[\t ]") # a tile's activations; requantization
  else()
    list(APPEND wanted "[\t ]add[\t ]pc, r3" "[\t ]adcs[\t ]r2, r0") # where a tile's loop is entered; requantization
  endif()
endif()
foreach(pattern IN LISTS wanted)
  if(NOT code MATCHES "${pattern}")
    message(FATAL_ERROR "${IMAGE} has no instruction ${pattern}: do the kernels of this target still serve?")
  endif()
endforeach()
foreach(pattern IN LISTS unwanted)
  if(code MATCHES "${pattern}")
    message(FATAL_ERROR "${IMAGE} has an instruction ${pattern} that ${CORE} has not")
  endif()
endforeach()
