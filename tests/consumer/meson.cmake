# cmake -DSOURCE=... -DWORK=... -P meson.cmake: Meson's build of the host tests and of firmware for a Cortex-M7, of each the tests that
# the lists mark `sample`.
find_program(meson meson)
if(NOT meson)
  message("skipped: meson is missing")
  return()
endif()

function(try folder)
  file(REMOVE_RECURSE ${WORK}/${folder})
  execute_process(COMMAND ${meson} setup ${WORK}/${folder} ${SOURCE} ${ARGN} COMMAND_ERROR_IS_FATAL ANY)
  execute_process(COMMAND ${meson} test -C ${WORK}/${folder} --suite sample --print-errorlogs COMMAND_ERROR_IS_FATAL ANY)
endfunction()

try(meson-host)
try(meson-cortex-m7 --cross-file ${SOURCE}/.meson/cortex-m7.ini)
