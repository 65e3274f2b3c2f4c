// A quantized network as one C++ header that firmware includes. Host only.
#pragma once
#include <cstdio>
#include <stdexcept>
#include <string>
#include <vector>

#include <thimble/formats/quantized_parameters.hpp>
#include <thimble/network/graph.hpp>

namespace thimble::formats {

struct header_names {
  std::string network;       ///< the struct that the header defines
  std::string architecture;  ///< the struct that it quantizes
  std::string include;       ///< the header that declares the architecture
  std::string comment;       ///< where the numbers come from
};

namespace detail {

template <class T>
void write_array(std::FILE* f, const char* declaration, const std::vector<T>& v, const char* format, int per_line) {
  std::fprintf(f, "  %s[] = {", declaration);
  int column = 0;
  for (const T& x : v) {
    std::fputs(column++ % per_line == 0 ? "\n      " : " ", f);
    std::fprintf(f, format, x);
    std::fputs(",", f);
  }
  std::fputs("};\n", f);
}

}  // namespace detail

/// Writes `struct <network>_parameters` and `struct <network> : quantized<architecture, ...>`. Values are exact: floats as
/// hexadecimal. Throws std::runtime_error naming the file if it cannot be written.
template <class Architecture>
void write_cpp_header(const std::string& file, const header_names& names, const quantized_parameters& q) {
  std::FILE* f = std::fopen(file.c_str(), "w");
  if (f == nullptr) throw std::runtime_error(file + ": cannot be opened for writing");
  const std::string parameters = names.network + "_parameters";
  std::fprintf(f, "// %s. Written by thimble's lab; do not edit.\n", names.comment.c_str());
  std::fputs("// clang-format off\n#pragma once\n#include <thimble/network/parameters.hpp>\n\n", f);
  std::fprintf(f, "#include \"%s\"\n\n", names.include.c_str());
  std::fprintf(f, "static_assert(thimble::fingerprint<%s> == 0x%08xu,\n", names.architecture.c_str(),
               fingerprint<Architecture>);
  std::fputs("              \"these parameters belong to another architecture: export them again\");\n\n", f);
  std::fprintf(f, "struct %s {\n  static constexpr thimble::quantization activation[] = {\n", parameters.c_str());
  for (const quantization& a : q.activation)
    std::fprintf(f, "      {%af, %d},\n", static_cast<double>(a.scale), a.zero_point);
  std::fputs("  };\n  template <int Number>\n  struct layer;\n};\n", f);
  for (std::size_t n = 0; n < q.weight.size(); ++n) {
    std::fprintf(f, "\ntemplate <>\nstruct %s::layer<%zu> {\n", parameters.c_str(), n);
    detail::write_array(f, "alignas(16) static constexpr std::int8_t weight", q.weight[n], "%d", 24);
    detail::write_array(f, "static constexpr std::int32_t bias", q.bias[n], "%d", 12);
    std::vector<double> scale(q.weight_scale[n].begin(), q.weight_scale[n].end());
    detail::write_array(f, "static constexpr float weight_scale", scale, "%af", 6);
    std::fputs("};\n", f);
  }
  std::fprintf(f, "\nstruct %s : thimble::quantized<%s, %s> {};\n", names.network.c_str(), names.architecture.c_str(),
               parameters.c_str());
  const bool failed = std::ferror(f) != 0;
  if (std::fclose(f) != 0 || failed) throw std::runtime_error(file + ": could not be written completely");
}

}  // namespace thimble::formats
