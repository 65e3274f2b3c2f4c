# thimble::mp11: Boost's Mp11 and nothing else of the folder that it lies in. A cross compiler that saw /usr/include would take the
# host's C library from there, so the include folder is one of our own that holds only links.
if(TARGET thimble::mp11)
  return()
endif()

find_path(THIMBLE_MP11_INCLUDE boost/mp11.hpp
          PATHS /usr/include /usr/local/include
          NO_CMAKE_FIND_ROOT_PATH
          DOC "folder that holds boost/mp11.hpp")
if(NOT THIMBLE_MP11_INCLUDE)
  message(FATAL_ERROR "Boost.Mp11 is missing: install libboost-dev, or set THIMBLE_MP11_INCLUDE to the folder that holds boost/mp11.hpp")
endif()

set(thimble_mp11_links ${CMAKE_BINARY_DIR}/thimble-mp11)
file(MAKE_DIRECTORY ${thimble_mp11_links}/boost)
foreach(entry IN ITEMS boost/mp11.hpp boost/mp11)
  file(CREATE_LINK ${THIMBLE_MP11_INCLUDE}/${entry} ${thimble_mp11_links}/${entry} SYMBOLIC)
endforeach()

add_library(thimble::mp11 INTERFACE IMPORTED GLOBAL)
target_include_directories(thimble::mp11 INTERFACE ${thimble_mp11_links})
