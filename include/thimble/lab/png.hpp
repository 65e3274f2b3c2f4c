#pragma once
// PNG pictures, by libpng. Host only; link with PNG::PNG.

#include <png.h>

#include <thimble/lab/pictures.hpp>

namespace thimble::lab {

/// Grey pictures stay grey, all others become RGB; an alpha channel is laid over black. @throws data_error
inline picture read_png(const std::filesystem::path& file) {
  if (const auto bytes = detail::whole_file(file);  // says what is wrong with the file itself
      bytes.size() < 8 || png_sig_cmp(bytes.data(), 0, 8) != 0)
    throw data_error::at_byte(file, 0, "wrong magic, this is no PNG");
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  if (png_image_begin_read_from_file(&image, file.string().c_str()) == 0)
    throw data_error{file, std::string("libpng: ") + image.message};
  image.format = (image.format & PNG_FORMAT_FLAG_COLOR) != 0 ? PNG_FORMAT_RGB : PNG_FORMAT_GRAY;
  picture p{image.height, image.width, image.format == PNG_FORMAT_RGB ? std::size_t{3} : std::size_t{1}, {}};
  p.pixels.resize(p.height * p.width * p.channels);
  const png_color black{};
  if (png_image_finish_read(&image, &black, p.pixels.data(), 0, nullptr) == 0) {
    const std::string why = image.message;
    png_image_free(&image);
    throw data_error{file, "libpng: " + why};
  }
  return p;
}

}  // namespace thimble::lab
