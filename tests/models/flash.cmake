# What an image stores: each tensor once, the file never. cmake -DNM=... -DSIZE=... -DIMAGE=x.elf -DMODEL=x -P flash.cmake
cmake_minimum_required(VERSION 3.25)
execute_process(COMMAND ${NM} -S --demangle ${IMAGE} OUTPUT_VARIABLE symbols COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND ${SIZE} ${IMAGE} OUTPUT_VARIABLE sizes COMMAND_ERROR_IS_FATAL ANY)

string(REGEX MATCHALL "[0-9a-f]+ [0-9a-f]+ [^\n]*(int8_data<|int32_data<|limited_bias)[^\n]*" tensors "${symbols}")
list(LENGTH tensors count)
if(count EQUAL 0)
  message(FATAL_ERROR "no tensor in ${IMAGE}: has something been renamed? Mend this check")
endif()
set(weights 0)
set(seen "")
foreach(tensor IN LISTS tensors)
  string(REGEX MATCH "^[0-9a-f]+ ([0-9a-f]+) . (.*)$" parts "${tensor}")
  if(CMAKE_MATCH_2 IN_LIST seen)
    message(FATAL_ERROR "stored twice: ${CMAKE_MATCH_2}")
  endif()
  list(APPEND seen "${CMAKE_MATCH_2}")
  math(EXPR weights "${weights} + 0x${CMAKE_MATCH_1}")
endforeach()

if(symbols MATCHES "\n[^\n]* model_${MODEL}::data")
  message(FATAL_ERROR "the file's bytes are in the image")
endif()
string(REGEX MATCH "\n *([0-9]+)[ \t]+([0-9]+)" found "${sizes}")
math(EXPR flash "${CMAKE_MATCH_1} + ${CMAKE_MATCH_2}")
math(EXPR rest "${flash} - ${weights}")
execute_process(COMMAND ${CMAKE_COMMAND} -E echo "${count} tensors
figure model.${MODEL}.flash_bytes ${flash} bytes
figure model.${MODEL}.weight_bytes ${weights} bytes
figure model.${MODEL}.code_and_tables_bytes ${rest} bytes")

# Code, and requantization: 5 bytes a channel
math(EXPR most "49152 + ${weights} / 8")
if(rest GREATER most)
  message(FATAL_ERROR "more than ${most} bytes beside the weights")
endif()
