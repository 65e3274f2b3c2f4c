# What the compiler took for one network, of the last build: cmake -DCOST=FILE -DCOMPILER=... -P compile.cmake
cmake_minimum_required(VERSION 3.25)
# Each line of FILE is a translation unit's SECONDS_KILOBYTES (the compiler's processor time); the network's is the largest of the last two (firmware has start-up).
file(STRINGS ${COST} lines)
list(LENGTH lines count)
if(count GREATER 2)
  math(EXPR begin "${count} - 2")
  list(SUBLIST lines ${begin} 2 lines)
endif()
set(largest 0)
foreach(line IN LISTS lines)
  string(REGEX MATCH "^([0-9.]+)_([0-9]+)$" parts "${line}")
  if(CMAKE_MATCH_2 GREATER largest)
    set(seconds ${CMAKE_MATCH_1})
    set(largest ${CMAKE_MATCH_2})
  endif()
endforeach()
math(EXPR megabytes "${largest} / 1024")
execute_process(COMMAND ${CMAKE_COMMAND} -E echo "${COMPILER}
figure compile.mcunet_inference_seconds ${seconds} s
figure compile.mcunet_inference_megabytes ${megabytes} MB")
if(megabytes GREATER 1200)
  message(FATAL_ERROR "more than 1.2 GB")
endif()
