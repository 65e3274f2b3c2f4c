#pragma once
// A folder of pictures for each class. Host only.

#include <algorithm>
#include <functional>
#include <map>

#include <thimble/lab/netpbm.hpp>

namespace thimble::lab {

/// What reads the files of an extension.
using picture_readers = std::map<std::string, std::function<picture(const std::filesystem::path&)>>;
inline picture_readers netpbm_readers() {
  return {{".pgm", read_netpbm}, {".ppm", read_netpbm}, {".pnm", read_netpbm}};
}

/// <folder>/<class>/<picture>: classes and pictures in the order of their names, whatever the file system's. All have one size.
/// With PNG: `auto readers = netpbm_readers(); readers[".png"] = read_png;`. @throws data_error
inline picture_set read_folders(const std::filesystem::path& folder,
                                const picture_readers& readers = netpbm_readers()) {
  const auto sorted = [](const std::filesystem::path& of, bool folders) {
    std::error_code why;
    std::vector<std::filesystem::path> found;
    for (std::filesystem::directory_iterator at{of, why}, end; !why && at != end; at.increment(why))
      if (at->is_directory() == folders && at->path().filename().string()[0] != '.') found.push_back(at->path());
    if (why) throw data_error{of, "cannot list: " + why.message()};
    std::sort(found.begin(), found.end());
    return found;
  };
  picture_set all;
  std::filesystem::path first;
  for (const auto& of_class : sorted(folder, true)) {
    const auto files = sorted(of_class, false);
    if (files.empty()) throw data_error{of_class, "a class without pictures"};
    for (const auto& file : files) {
      const auto reader = readers.find(file.extension().string());
      if (reader == readers.end()) {
        std::string known;
        for (const auto& [extension, read] : readers) known += (known.empty() ? "" : ", ") + extension;
        throw data_error{file, "is no picture that is read here (" + known + ")"};
      }
      if (first.empty()) first = file;
      all.add(reader->second(file), static_cast<int>(all.classes.size()), file, first);
    }
    all.classes.push_back(of_class.filename().string());
  }
  if (all.classes.size() < 2)
    throw data_error{folder,
                     "needs a folder for each of two classes or more, there are " + std::to_string(all.classes.size())};
  return all;
}

}  // namespace thimble::lab
