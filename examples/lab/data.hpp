// Data sets by their form and place, split by a seed into what is learnt from, what is chosen by, and what is examined at the end.
#pragma once
#include <string>
#include <string_view>

#include <thimble/lab/cifar.hpp>
#include <thimble/lab/folders.hpp>
#include <thimble/lab/samples.hpp>
#if __has_include(<png.h>)
#include <thimble/lab/png.hpp>
#endif

namespace bench {

namespace lab = thimble::lab;

struct parts {
  lab::sample_set training, held_out, test;
  std::string name;  ///< with sizes and seed: tells analyses apart
};

inline std::vector<std::string> words_of(const std::string& text, char separator) {
  std::vector<std::string> words;
  for (std::size_t begin = 0; begin <= text.size();) {
    const auto end = std::min(text.find(separator, begin), text.size());
    words.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return words;
}

/// ../handwriting/data/digits.bin: records of 8 x 8 values from 0 to 16, and a label.
inline lab::picture_set read_digits(const std::filesystem::path& file) {
  constexpr std::size_t record = 65;
  const auto bytes = lab::detail::whole_file(file);
  if (bytes.empty() || bytes.size() % record != 0)
    throw lab::data_error{file, "is no whole number of records of 65 bytes"};
  lab::picture_set set{bytes.size() / record, 8, 8, 1, {}, {}, {}};
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const int v = bytes[i];
    if (i % record == record - 1 && v > 9)
      throw lab::data_error::at_byte(file, i, "label " + std::to_string(v) + " is out of range, there are 10 classes");
    if (i % record == record - 1)
      set.labels.push_back(v);
    else
      set.pixels.push_back(static_cast<std::uint8_t>(v > 16 ? 255 : v * 255 / 16));
  }
  return set;
}

/// `idx:IMAGES,LABELS`, `cifar10:FILE,...`, `cifar100:FILE,...`, `folders:FOLDER`, `digits:FILE`. CSV has no pictures: see load.
inline lab::picture_set read_pictures(const std::string& what, int classes) {
  const auto colon = what.find(':');
  const std::string form = what.substr(0, colon), place = colon == std::string::npos ? "" : what.substr(colon + 1);
  const auto files = words_of(place, ',');
  if (form == "idx" && files.size() == 2)
    return pictures_of(lab::read_labelled_images(files[0], files[1], static_cast<std::size_t>(classes)));
  if (form == "cifar10") return lab::read_cifar({files.begin(), files.end()});
  if (form == "cifar100") return lab::read_cifar({files.begin(), files.end()}, lab::cifar100_fine);
  if (form == "digits") return read_digits(place);
  if (form == "folders") {
    auto readers = lab::netpbm_readers();
#if __has_include(<png.h>)
    readers[".png"] = lab::read_png;
#endif
    return lab::read_folders(place, readers);
  }
  throw std::invalid_argument("data '" + what +
                              "': there are idx:IMAGES,LABELS  cifar10:FILE,...  cifar100:FILE,...  folders:FOLDER  "
                              "digits:FILE  csv:FILE");
}

struct split_sizes {
  std::size_t training = 1000, held_out = 500, test = 1000;
  std::uint32_t seed = 1;
  std::uint32_t draw =
      0;  ///< not 0: training and held-out samples are drawn anew, from all that are not the split's test samples
};

/// Indices of the three parts, disjoint.
inline std::vector<std::vector<std::size_t>> parts_of(std::size_t count, const split_sizes& s) {
  auto parts = lab::split(count, {s.training, s.held_out, s.test}, s.seed);
  if (s.draw == 0) return parts;
  std::vector<bool> is_test(count);
  for (const std::size_t i : parts[2]) is_test[i] = true;
  auto order = lab::shuffled(count, s.seed + s.draw);
  std::erase_if(order, [&](std::size_t i) { return is_test[i]; });
  const auto middle = order.begin() + static_cast<std::ptrdiff_t>(s.training);
  parts[0].assign(order.begin(), middle);
  parts[1].assign(middle, middle + static_cast<std::ptrdiff_t>(s.held_out));
  return parts;
}

/// The data for a learner's input and classes; all three parts from one set.
template <class Learner>
parts load(const std::string& what, const split_sizes& s, thimble::normalization raw) {
  parts p;
  p.name = what + ", " + std::to_string(s.training) + " + " + std::to_string(s.held_out) + ", seed " +
           std::to_string(s.seed);
  if (what.starts_with("csv:")) {
    const auto all = lab::read_csv(what.substr(4), {.classes = Learner::classes});
    const auto split = parts_of(all.count, s);
    lab::sample_set* to[] = {&p.training, &p.held_out, &p.test};
    for (std::size_t i = 0; i < 3; ++i)
      *to[i] = lab::samples_of(all, split[i], Learner::input_shape, Learner::input_quantization);
    return p;
  }
  const auto all = read_pictures(what, Learner::classes);
  for (const int label : all.labels)
    if (label >= Learner::classes)
      throw std::invalid_argument(what + ": a label " + std::to_string(label) + ", the network has " +
                                  std::to_string(Learner::classes) + " classes");
  const auto split = parts_of(all.count, s);
  lab::sample_set* to[] = {&p.training, &p.held_out, &p.test};
  for (std::size_t i = 0; i < 3; ++i)
    *to[i] = lab::samples_of(all, split[i], Learner::input_shape, Learner::input_quantization, raw);
  return p;
}

}  // namespace bench
