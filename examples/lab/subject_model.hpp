// An imported network, LAB_MODEL of LAB_MODEL_HEADER, with a fresh head of ten classes.
#pragma once
#include <thimble/formats/tflite.hpp>
#include <thimble/thimble.hpp>

#include LAB_MODEL_HEADER

namespace bench {
struct backbone : thimble::tflite::network<LAB_MODEL> {};
struct net : thimble::replace_head<backbone, thimble::dense<10>> {};
inline constexpr char network[] = LAB_MODEL_NAME;
inline constexpr thimble::normalization scaled{LAB_MODEL_MEAN, LAB_MODEL_DEVIATION};
}  // namespace bench
