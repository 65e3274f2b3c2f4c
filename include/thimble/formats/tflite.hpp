// What firmware includes to read .tflite files in the compiler.
#pragma once
#include <thimble/formats/tflite/network.hpp>
