# A .tflite file as a C++ header that thimble::tflite::network reads in the compiler.
#
#   thimble_embed(app models/person_detect.tflite [NAME person_detect])
#
# lets the target app write #include "person_detect.hpp" and thimble::tflite::network<person_detect>. The name is the file's
# without what is no letter, digit or underscore, unless given. The header is made again when the file changes.
set(THIMBLE_EMBED_SCRIPT ${CMAKE_CURRENT_LIST_DIR}/embed.cmake)

function(thimble_embed target file)
  cmake_parse_arguments(PARSE_ARGV 2 arg "" "NAME" "")
  cmake_path(ABSOLUTE_PATH file OUTPUT_VARIABLE path)
  if(NOT arg_NAME)
    cmake_path(GET path STEM LAST_ONLY arg_NAME)
    string(MAKE_C_IDENTIFIER ${arg_NAME} arg_NAME)
  endif()
  if(arg_UNPARSED_ARGUMENTS OR NOT EXISTS ${path})
    message(FATAL_ERROR "thimble_embed(${target} ${file}): no such file, or unknown ${arg_UNPARSED_ARGUMENTS}")
  endif()
  # One header for each file and name, whoever asks
  string(SHA1 id ${path})
  string(SUBSTRING ${id} 0 8 id)
  set(folder ${CMAKE_BINARY_DIR}/thimble-embedded/${id})
  set(header ${folder}/${arg_NAME}.hpp)
  set(embedded thimble_embedded_${arg_NAME}_${id})
  if(NOT TARGET ${embedded})
    file(MAKE_DIRECTORY ${folder})
    add_custom_command(OUTPUT ${header}
      COMMAND ${CMAKE_COMMAND} -DFILE=${path} -DNAME=${arg_NAME} -DHEADER=${header} -P ${THIMBLE_EMBED_SCRIPT}
      DEPENDS ${path} ${THIMBLE_EMBED_SCRIPT} COMMENT "Embedding ${file}" VERBATIM)
    add_custom_target(${embedded} DEPENDS ${header})
  endif()
  add_dependencies(${target} ${embedded})
  target_include_directories(${target} PRIVATE ${folder})
endfunction()
