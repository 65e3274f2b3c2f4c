// What can be wrong with a .tflite file, as a value: the same in the compiler and on the host.
#pragma once
#include <cstdint>

namespace thimble::tflite {

/// Why a file is not a network that thimble can hold.
enum class fault_kind : unsigned char {
  none,
  cut_short,
  offset_outside,
  wrong_identifier,
  wrong_version,
  damaged,           ///< readable, but it contradicts itself
  operator_unknown,  ///< an operator that we lack
  type_unknown,      ///< a tensor of a type that we lack there
  not_supported,     ///< something known in a form that we lack
};

/// What it is about.
enum class subject : unsigned char { file, tensor, operation };

/// The first thing wrong with a file.
struct fault {
  fault_kind kind = fault_kind::none;
  subject about = subject::file;
  std::uint32_t offset = 0;  ///< in the file: of what cannot be read, or of the tensor's or operator's table
  int number = -1;           ///< of the tensor or of the operator
  int code = -1;             ///< the tensor's type or the operator's code, -1 if it could not be read
  const char* reason = "";   ///< continues "the file: ", "tensor 3: " or "operator 3: "
  [[nodiscard]] constexpr bool found() const { return kind != fault_kind::none; }
};

}  // namespace thimble::tflite
