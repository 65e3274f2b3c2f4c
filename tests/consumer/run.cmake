# Installs from BUILD below WORK, then configures, builds and tests `project` for the host and for a Cortex-M7.
set(prefix ${WORK}/prefix)
file(REMOVE_RECURSE ${prefix} ${WORK}/host ${WORK}/firmware)

function(run)
  execute_process(COMMAND ${ARGN} COMMAND_ERROR_IS_FATAL ANY)
endfunction()

function(try_project folder)
  run(${CMAKE_COMMAND} -S ${CMAKE_CURRENT_LIST_DIR}/project -B ${WORK}/${folder} -G ${GENERATOR}
      -DCMAKE_PREFIX_PATH=${prefix} ${ARGN})
  run(${CMAKE_COMMAND} --build ${WORK}/${folder})
  run(${CMAKE_CTEST_COMMAND} --test-dir ${WORK}/${folder} --output-on-failure --no-tests=error)
endfunction()

run(${CMAKE_COMMAND} --install ${BUILD} --prefix ${prefix})
try_project(host -DCMAKE_CXX_COMPILER=${COMPILER})
find_program(arm_compiler arm-none-eabi-g++)
if(arm_compiler)
  try_project(firmware -DCMAKE_TOOLCHAIN_FILE=${prefix}/share/cmake/thimble/arm-none-eabi.cmake -DTHIMBLE_CORE=cortex-m7)
else()
  message("arm-none-eabi-g++ is missing: the firmware is left out")
endif()
