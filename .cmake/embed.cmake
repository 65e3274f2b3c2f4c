# Writes a .tflite file as a C++ header: cmake -DFILE=x.tflite -DNAME=x -DHEADER=x.hpp -P embed.cmake
# The header defines `struct NAME` with the bytes; thimble/formats/tflite/network.hpp reads them in the compiler. Compilers with
# #embed read the file itself, others a string literal (four times cheaper than a list of numbers).
foreach(argument IN ITEMS FILE NAME HEADER)
  if(NOT ${argument})
    message(FATAL_ERROR "embed.cmake: ${argument} is missing")
  endif()
endforeach()
if(NOT NAME MATCHES "^[A-Za-z_][A-Za-z0-9_]*$")
  message(FATAL_ERROR "embed.cmake: ${NAME} is no C++ name")
endif()
if(NOT EXISTS ${FILE})
  message(FATAL_ERROR "embed.cmake: ${FILE} does not exist")
endif()
file(SIZE ${FILE} size)
get_filename_component(file_name ${FILE} NAME)
get_filename_component(path ${FILE} ABSOLUTE)
file(READ ${FILE} bytes HEX)
string(REGEX REPLACE "(..)" "\\\\x\\1" bytes "${bytes}")
string(REPEAT "...." 64 line)
string(REGEX REPLACE "(${line})" "\\1\"\n    \"" bytes "${bytes}")
file(WRITE ${HEADER}.new "// ${file_name}, embedded by thimble_embed; do not edit.
// clang-format off
#pragma once

struct ${NAME} {
  static constexpr char name[] = \"${file_name}\";
  static constexpr unsigned size = ${size};
#ifdef __has_embed
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored \"-Wc23-extensions\"
  static constexpr unsigned char data[] = {
#embed \"${path}\"
  };
#pragma GCC diagnostic pop
#else
  static constexpr char data[] =
    \"${bytes}\";
#endif
};
")
file(RENAME ${HEADER}.new ${HEADER})
