# What an image holds, by its symbols and sections. cmake -DNM=... -DSIZE=... -DIMAGE=x.elf -DTRAINS=ON|OFF -P check.cmake
execute_process(COMMAND ${NM} -S --demangle ${IMAGE} OUTPUT_VARIABLE symbols COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND ${SIZE} -A ${IMAGE} OUTPUT_VARIABLE sections COMMAND_ERROR_IS_FATAL ANY)

# The learner: one object in .bss
if(NOT symbols MATCHES "[0-9a-f]+ ([0-9a-f]+) [bB] learner\n")
  message(FATAL_ERROR "no learner in .bss:\n${symbols}")
endif()
math(EXPR learner "0x${CMAKE_MATCH_1}")

# Symbols of learning: in the image that trains, and in no other
string(REGEX MATCHALL "[^\n]*(gradient|backward|cross_entropy_args|copy_parameters|clip_args)[^\n]*" learning "${symbols}")
list(LENGTH learning learning_symbols)
if(TRAINS AND learning_symbols LESS 5)
  message(FATAL_ERROR "only ${learning_symbols} symbols of learning: has something been renamed? Mend this check")
elseif(NOT TRAINS AND learning_symbols GREATER 0)
  string(REPLACE ";" "\n" learning "${learning}")
  message(FATAL_ERROR "an image that only infers holds symbols of learning:\n${learning}")
endif()

# Nothing of the graph or the plan
string(REGEX MATCHALL "[^\n]* [rRdDbBvVuwW] [^\n]*thimble::(detail::)?(graph|plan|attempted|marked|derived|facts|graph_of|rule_book|rules_of|exponents|channel_multipliers<[^\n]*>::all)[^\n]*" plan "${symbols}")
if(plan)
  string(REPLACE ";" "\n" plan "${plan}")
  message(FATAL_ERROR "graph or plan in the image:\n${plan}")
endif()

# No constructor runs before main
string(REGEX MATCHALL "[^\n]*(_GLOBAL__sub_I|__static_initialization|__cxa_guard|__cxa_atexit)[^\n]*" constructors "${symbols}")
if(constructors)
  message(FATAL_ERROR "static constructors: ${constructors}")
endif()

# .data and .bss beside the learner
set(others -${learner})
foreach(section IN ITEMS data bss)
  if(sections MATCHES "\n[.]${section} +([0-9]+)")
    math(EXPR others "${others} + ${CMAKE_MATCH_1}")
  endif()
endforeach()
message("learner ${learner} bytes in .bss; .data and .bss beside it ${others} bytes; ${learning_symbols} symbols of learning")
if(others GREATER 512)
  message(FATAL_ERROR "more than 512 bytes of .data and .bss outside the learner")
endif()
