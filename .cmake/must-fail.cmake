# Runs a compiler command on a source that must not compile, and looks for the words that its first lines demand:
#   // error: <regular expression, as CMake writes them>
# cmake -P must-fail.cmake SOURCE COMPILER [FLAG...]
set(command "")
math(EXPR last "${CMAKE_ARGC} - 1")
foreach(i RANGE 4 ${last})
  list(APPEND command "${CMAKE_ARGV${i}}")
endforeach()
set(source ${CMAKE_ARGV3})

execute_process(COMMAND ${command} -fsyntax-only -fdiagnostics-color=never -fmessage-length=0 ${source}
                RESULT_VARIABLE status OUTPUT_VARIABLE output ERROR_VARIABLE output)
if(status EQUAL 0)
  message(FATAL_ERROR "compiled, but must not: ${source}")
endif()

file(READ ${source} text)
set(demanded 0)
set(missing "")
while(text MATCHES "^// error: ([^\n]*)\n(.*)$")
  set(regex "${CMAKE_MATCH_1}")
  set(text "${CMAKE_MATCH_2}")
  math(EXPR demanded "${demanded} + 1")
  if(NOT output MATCHES "${regex}")
    string(APPEND missing "not said: ${regex}\n")
  endif()
endwhile()
if(demanded EQUAL 0)
  message(FATAL_ERROR "${source} does not begin with // error: ...")
endif()
if(missing)
  message(FATAL_ERROR "${missing}${output}")
endif()
string(REPLACE ";" "," lines "${output}") # a semicolon would divide a list
string(REGEX MATCHALL ": (fatal )?error: " errors "${lines}")
list(LENGTH errors count)
if(NOT count EQUAL 1) # one mistake, one error
  message(FATAL_ERROR "${count} errors instead of one:\n${output}")
endif()
message("failed as demanded:\n${output}")
