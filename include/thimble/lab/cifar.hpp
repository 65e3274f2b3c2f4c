#pragma once
// CIFAR's binary files. Host only.

#include <thimble/lab/pictures.hpp>

namespace thimble::lab {

/// Where a CIFAR record has its label. CIFAR-10: one byte of label; CIFAR-100: a coarse and a fine one.
struct cifar_form {
  std::size_t label_bytes = 1, label = 0;
  int classes = 10;
};
inline constexpr cifar_form cifar10{}, cifar100_coarse{2, 0, 20}, cifar100_fine{2, 1, 100};

/// Records of labels and 3,072 bytes: red, green and blue planes of 32 x 32. The files have no magic number, so a length that is no
/// multiple of a record, or a label out of range, is how a wrong file shows. @throws data_error
inline picture_set read_cifar(const std::vector<std::filesystem::path>& files, cifar_form form = cifar10) {
  constexpr std::size_t side = 32, plane = side * side;
  const std::size_t record = form.label_bytes + 3 * plane;
  picture_set all{0, side, side, 3, {}, {}, {}};
  for (const auto& file : files) {
    const auto bytes = detail::whole_file(file);
    if (bytes.empty()) throw data_error{file, "the file is empty"};
    if (bytes.size() % record != 0)
      throw data_error::at_byte(file, bytes.size(),
                                "the file ends in record " + std::to_string(bytes.size() / record) + ", " +
                                    std::to_string(record - bytes.size() % record) + " bytes are missing");
    for (std::size_t at = 0; at < bytes.size(); at += record) {
      const int label = bytes[at + form.label];
      if (label >= form.classes)
        throw data_error::at_byte(file, at + form.label,
                                  "label " + std::to_string(label) + " of record " + std::to_string(at / record) +
                                      " is out of range, there are " + std::to_string(form.classes) + " classes");
      for (std::size_t i = 0; i < plane; ++i)
        for (std::size_t c = 0; c < 3; ++c) all.pixels.push_back(bytes[at + form.label_bytes + c * plane + i]);
      all.labels.push_back(label);
      ++all.count;
    }
  }
  return all;
}

}  // namespace thimble::lab
