# Workflows have one configure preset; this one configures and builds the others, one after another as each uses all processors, and
# lets one ctest run all their tests.
cmake_host_system_information(RESULT processors QUERY NUMBER_OF_LOGICAL_CORES)

set(what --parallel ${processors})
if(THIMBLE_SUPERBUILD_TARGET)
  list(APPEND what --target ${THIMBLE_SUPERBUILD_TARGET})
endif()
set(previous "")
set(subdirs "")
foreach(preset IN LISTS THIMBLE_SUPERBUILD)
  set(folder ${CMAKE_SOURCE_DIR}/build/${preset})
  add_custom_target(${preset} ALL
    COMMAND ${CMAKE_COMMAND} --preset ${preset} -DTHIMBLE_FULL_TESTS=${THIMBLE_FULL_TESTS} -DTHIMBLE_SHARED=${THIMBLE_SHARED}
            -DTHIMBLE_VECTORS=${THIMBLE_VECTORS} -DTHIMBLE_MODELS=${THIMBLE_MODELS} -DTHIMBLE_GRADIENTS=${THIMBLE_GRADIENTS}
    COMMAND ${CMAKE_COMMAND} --build ${folder} ${what}
    WORKING_DIRECTORY ${CMAKE_SOURCE_DIR}
    COMMENT "${preset}"
    USES_TERMINAL VERBATIM)
  if(previous)
    add_dependencies(${preset} ${previous})
  endif()
  set(previous ${preset})
  string(APPEND subdirs "subdirs(\"${folder}\")\n")
endforeach()

if(THIMBLE_SUPERBUILD_TARGET STREQUAL benchmark)
  list(TRANSFORM THIMBLE_SUPERBUILD REPLACE "^cortex-" "" OUTPUT_VARIABLE cores)
  list(JOIN cores , cores)
  set(table ${CMAKE_COMMAND} -DBUILD=${CMAKE_SOURCE_DIR}/build -DCORES=${cores})
  set(script -P ${CMAKE_SOURCE_DIR}/benchmarks/table.cmake)
  add_custom_target(table ALL COMMAND ${table} ${script} USES_TERMINAL VERBATIM)
  add_custom_target(record_baseline COMMAND ${table} -DRECORD=ON ${script} USES_TERMINAL VERBATIM)
  add_dependencies(table ${previous})
  add_dependencies(record_baseline ${previous})
endif()

file(WRITE ${CMAKE_BINARY_DIR}/presets.cmake "${subdirs}")
set_property(DIRECTORY PROPERTY TEST_INCLUDE_FILES ${CMAKE_BINARY_DIR}/presets.cmake)
