# In clang's preset, as its version belongs to the style: the test `format` checks the layout of all sources, the target `format` mends
# it, and the target `lint` checks the layout and runs clang-tidy over the host programs and the headers that they include.
find_program(THIMBLE_CLANG_FORMAT clang-format-19)
find_program(THIMBLE_RUN_CLANG_TIDY run-clang-tidy-19)
mark_as_advanced(THIMBLE_CLANG_FORMAT THIMBLE_RUN_CLANG_TIDY)
if(NOT CMAKE_CXX_COMPILER_ID STREQUAL Clang OR NOT THIMBLE_CLANG_FORMAT)
  return()
endif()

set(check_format ${CMAKE_COMMAND} -DCLANG_FORMAT=${THIMBLE_CLANG_FORMAT} -P ${PROJECT_SOURCE_DIR}/.cmake/check-format.cmake)
add_test(NAME ${THIMBLE_TEST_PREFIX}format COMMAND ${check_format})
add_custom_target(format
  COMMAND ${CMAKE_COMMAND} -DCLANG_FORMAT=${THIMBLE_CLANG_FORMAT} -DFIX=ON -P ${PROJECT_SOURCE_DIR}/.cmake/check-format.cmake VERBATIM)
if(THIMBLE_RUN_CLANG_TIDY)
  add_custom_target(lint
    COMMAND ${check_format}
    COMMAND ${THIMBLE_RUN_CLANG_TIDY} -quiet -clang-tidy-binary clang-tidy-19 -p ${CMAKE_BINARY_DIR} "${PROJECT_SOURCE_DIR}/(tests|examples)/.*"
    WORKING_DIRECTORY ${PROJECT_SOURCE_DIR} USES_TERMINAL VERBATIM)
endif()
