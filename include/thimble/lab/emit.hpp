// A found update as a header for firmware. Host only.
#pragma once
#include <fstream>

#include <thimble/lab/data_error.hpp>
#include <thimble/lab/search.hpp>

namespace thimble::lab {

struct emitted {
  std::string name = "found_update";  ///< of the struct
  std::string network;                ///< for people
  std::vector<std::string> notes;     ///< a comment line each
};

/// `struct NAME : thimble::sparse_update<...> {};` with its figures in comments. @throws data_error if it cannot be written
inline void write_update(const std::filesystem::path& file, const candidate& c, const emitted& as) {
  std::ofstream out{file};
  out << "// What of " << as.network << " should learn. Found by thimble's lab.\n";
  out << "// Learner: " << c.takes.learner << " bytes (arena " << c.takes.arena << ", changed by training "
      << c.takes.trained << "), as of portable kernels.\n";
  out << "// A step: " << c.takes.macs << " MACs, of which a latent spares " << c.takes.macs_frozen << ".\n";
  for (const std::string& note : as.notes) out << "// " << note << "\n";
  out << "#pragma once\n#include <thimble/training/sparse_update.hpp>\n\n";
  out << "struct " << as.name << "\n    : " << text_of(c.choice, "thimble::") << " {};\n";
  if (!out.flush()) throw data_error{file, "cannot be written"};
}

}  // namespace thimble::lab
