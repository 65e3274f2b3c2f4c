// A folder of its own for one test, removed after it.
#pragma once
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <random>
#include <string>
#include <vector>

namespace thimble::test {

class temporary_folder {
 public:
  temporary_folder() { std::filesystem::create_directory(path_); }
  temporary_folder(const temporary_folder&) = delete;
  temporary_folder& operator=(const temporary_folder&) = delete;
  ~temporary_folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }

  [[nodiscard]] std::string name(const std::string& file) const { return (path_ / file).string(); }
  /// Makes folders on the way. Returns the file's name.
  std::string write(const std::string& file, const std::vector<std::uint8_t>& content) const {
    std::filesystem::create_directories(std::filesystem::path(name(file)).parent_path());
    std::ofstream out{name(file), std::ios::binary};
    for (const auto byte : content) out.put(static_cast<char>(byte));
    return name(file);
  }

 private:
  std::filesystem::path path_ =
      std::filesystem::temp_directory_path() / ("thimble_test_" + std::to_string(std::random_device{}()));
};

}  // namespace thimble::test
