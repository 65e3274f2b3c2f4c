# What a learner's memory holds, as a table and a picture. For host builds: a small program is compiled and run.
#
#   thimble_memory_report(digits HEADER learners.hpp LEARNER digits::sparse_learner [LIBRARIES target...])
#
# makes a build target digits that writes digits.txt and digits.svg beside its program: each step of the plan with its bytes, and the
# arena over time, a box a tensor. Included with quotes, HEADER must declare the type.
function(thimble_memory_report name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "HEADER;LEARNER" "LIBRARIES")
  if(CMAKE_CROSSCOMPILING)
    return()
  endif()
  if(arg_UNPARSED_ARGUMENTS OR NOT arg_HEADER OR NOT arg_LEARNER)
    message(FATAL_ERROR "thimble_memory_report(${name}): HEADER or LEARNER is missing, or unknown ${arg_UNPARSED_ARGUMENTS}")
  endif()
  set(source ${CMAKE_CURRENT_BINARY_DIR}/${name}_report.cpp)
  file(CONFIGURE OUTPUT ${source} @ONLY CONTENT [[
#include "@arg_HEADER@"

#include <cstdio>
#include <exception>

#include <thimble/lab/plan_chart.hpp>

int main(int count, char** arguments) try {
  if (count != 3) return 2;
  thimble::lab::write_report<@arg_LEARNER@>("@arg_LEARNER@", arguments[1], arguments[2]);
} catch (const std::exception& e) {
  std::fprintf(stderr, "%s\n", e.what());
  return 1;
}
]])
  add_executable(${name}_report EXCLUDE_FROM_ALL ${source})
  target_include_directories(${name}_report PRIVATE ${CMAKE_CURRENT_SOURCE_DIR})
  target_link_libraries(${name}_report PRIVATE thimble::thimble ${arg_LIBRARIES})
  set(files ${CMAKE_CURRENT_BINARY_DIR}/${name}.txt ${CMAKE_CURRENT_BINARY_DIR}/${name}.svg)
  add_custom_command(OUTPUT ${files} COMMAND ${name}_report ${files} DEPENDS ${name}_report VERBATIM)
  add_custom_target(${name} DEPENDS ${files})
endfunction()
