// Pictures and features from files: what is read, and one clear message for each thing that can be wrong.
#include <doctest/doctest.h>

#include <thimble/lab/cifar.hpp>
#include <thimble/lab/folders.hpp>
#include <thimble/lab/samples.hpp>
#if __has_include(<png.h>)
#include <thimble/lab/png.hpp>
#endif

#include "../support/temporary_folder.hpp"

namespace lab = thimble::lab;
using bytes = std::vector<std::uint8_t>;
using thimble::test::temporary_folder;

namespace {

/// The words of a data_error after "<file>: ", "" if there is none.
template <class Read>
std::string error_of(const std::string& file, Read read) {
  try {
    read();
  } catch (const lab::data_error& error) {
    const std::string text = error.what(), head = file + ": ";
    return text.starts_with(head) ? text.substr(head.size()) : "not about " + file + ": " + text;
  }
  return "";
}

bytes cifar_record(std::initializer_list<std::uint8_t> labels) {
  bytes b(labels);
  for (std::size_t i = 0; i < 3072; ++i) b.push_back(static_cast<std::uint8_t>(i / 1024 * 80 + i % 80));
  return b;
}
bytes text(const std::string& s) { return {s.begin(), s.end()}; }
bytes operator+(bytes a, const bytes& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

}  // namespace

TEST_CASE("CIFAR files") {
  const temporary_folder folder;
  const auto two = folder.write("two", cifar_record({3}) + cifar_record({9}));
  const auto set = lab::read_cifar({two, two});
  CHECK(set.count == 4);
  CHECK(set.labels == std::vector<int>{3, 9, 3, 9});
  CHECK(set[1][3] == 1);  // pixel 1, red
  CHECK(set[1][4] == (1024 + 1) / 1024 * 80 + 1025 % 80);
  const auto fine = lab::read_cifar({folder.write("hundred", cifar_record({19, 99}))}, lab::cifar100_fine);
  CHECK(fine.labels == std::vector<int>{99});

  const auto about = [&](const std::string& file, lab::cifar_form form = lab::cifar10) {
    return error_of(file, [&] { (void)lab::read_cifar({file}, form); });
  };
  CHECK(about(folder.name("gone")) == "cannot open: No such file or directory");
  CHECK(about(folder.name("")) == "cannot read: it is a folder");
  CHECK(about(folder.write("empty", {})) == "the file is empty");
  bytes cut = cifar_record({3}) + cifar_record({4});
  cut.resize(cut.size() - 5);
  CHECK(about(folder.write("short", cut)) == "byte 6141: the file ends in record 1, 5 bytes are missing");
  CHECK(about(folder.write("label", cifar_record({3}) + cifar_record({10}))) ==
        "byte 3073: label 10 of record 1 is out of range, there are 10 classes");
  CHECK(about(folder.write("coarse", cifar_record({20, 7})), lab::cifar100_coarse) ==
        "byte 0: label 20 of record 0 is out of range, there are 20 classes");
}

TEST_CASE("PGM and PPM") {
  const temporary_folder folder;
  const auto grey =
      lab::read_netpbm(folder.write("a.pgm", text("P5\n# made by hand\n3 2\n255\n") + bytes{1, 2, 3, 4, 5, 6}));
  CHECK(grey.height == 2);
  CHECK(grey.width == 3);
  CHECK(grey.channels == 1);
  CHECK(grey.pixels == bytes{1, 2, 3, 4, 5, 6});
  CHECK(lab::read_netpbm(folder.write("b.ppm", text("P6 1 1 255 ") + bytes{7, 8, 9})).pixels == bytes{7, 8, 9});

  const auto about = [&](const std::string& file) { return error_of(file, [&] { (void)lab::read_netpbm(file); }); };
  CHECK(about(folder.name("gone.ppm")) == "cannot open: No such file or directory");
  CHECK(about(folder.write("magic", text("P3 1 1 255 1 2 3"))) ==
        "byte 0: wrong magic, binary PGM and PPM begin with P5 or P6");
  CHECK(about(folder.write("width", text("P6\nx"))) == "byte 3: the header has no width");
  CHECK(about(folder.write("zero", text("P6 0 1 255 "))) == "byte 3: the width is not in [1, 65535]");
  CHECK(about(folder.write("deep", text("P5 1 1 4095 ") + bytes{1, 2})) ==
        "byte 7: the largest value is 4095, only 255 is read");
  CHECK(about(folder.write("short", text("P6 2 1 255 ") + bytes{1, 2})) ==
        "byte 13: the file ends in its pixels, 4 bytes are missing");
}

TEST_CASE("folders by class") {
  const temporary_folder folder;
  const auto one = text("P5 2 1 255 ");
  folder.write("set/cats/2.pgm", one + bytes{3, 4});
  folder.write("set/cats/1.pgm", one + bytes{1, 2});
  const auto dog = folder.write("set/dogs/1.pgm", one + bytes{5, 6});
  const auto set = lab::read_folders(folder.name("set"));
  CHECK(set.classes == std::vector<std::string>{"cats", "dogs"});
  CHECK(set.labels == std::vector<int>{0, 0, 1});
  CHECK(set.pixels == bytes{1, 2, 3, 4, 5, 6});

  const auto read = [&] { (void)lab::read_folders(folder.name("set")); };
  folder.write("set/dogs/1.pgm", text("P5 1 2 255 ") + bytes{5, 6});
  CHECK(error_of(dog, read) ==
        "the picture is 2 x 1 x 1, but that of " + folder.name("set/cats/1.pgm") + " is 1 x 2 x 1");
  folder.write("set/dogs/1.pgm", one + bytes{5, 6});
  CHECK(error_of(folder.write("set/dogs/2.jpg", {}), read) == "is no picture that is read here (.pgm, .pnm, .ppm)");
  CHECK(error_of(folder.name("set/cats"), [&] { (void)lab::read_folders(folder.name("set/cats")); }) ==
        "needs a folder for each of two classes or more, there are 0");
  CHECK(error_of(folder.name("none"), [&] { (void)lab::read_folders(folder.name("none")); }) ==
        "cannot list: No such file or directory");
  std::filesystem::create_directory(folder.name("set/ants"));
  CHECK(error_of(folder.name("set/ants"), read) == "a class without pictures");
}

#if __has_include(<png.h>)
TEST_CASE("PNG") {
  const temporary_folder folder;
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  image.width = 2, image.height = 1, image.format = PNG_FORMAT_RGB;
  const bytes pixels{10, 20, 30, 40, 50, 60};
  REQUIRE(png_image_write_to_file(&image, folder.name("a.png").c_str(), 0, pixels.data(), 0, nullptr) != 0);
  const auto p = lab::read_png(folder.name("a.png"));
  CHECK(p.height == 1);
  CHECK(p.width == 2);
  CHECK(p.channels == 3);
  CHECK(p.pixels == pixels);
  const auto about = [&](const std::string& file) { return error_of(file, [&] { (void)lab::read_png(file); }); };
  CHECK(about(folder.name("gone.png")) == "cannot open: No such file or directory");
  CHECK(about(folder.write("magic.png", text("GIF89a..."))) == "byte 0: wrong magic, this is no PNG");
  auto cut = lab::detail::whole_file(folder.name("a.png"));
  cut.resize(cut.size() - 20);
  CHECK(about(folder.write("cut.png", cut)).starts_with("libpng: "));
}
#else
TEST_CASE("PNG") { MESSAGE("skipped: no libpng-dev"); }
#endif

TEST_CASE("CSV") {
  const temporary_folder folder;
  const auto set = lab::read_csv(folder.write("a.csv", text("x,y,label\n1.5,-2,1\r\n\n 3e1 ,4,0\n")), {.classes = 2});
  CHECK(set.count == 2);
  CHECK(set.width == 2);
  CHECK(set.values == std::vector<float>{1.5f, -2, 30, 4});
  CHECK(set.labels == std::vector<int>{1, 0});
  CHECK(lab::read_csv(folder.write("b.csv", text("1;2.5")), {.label_column = 0, .separator = ';'}).labels ==
        std::vector<int>{1});

  const auto about = [&](const std::string& content) {
    const auto file = folder.write("bad.csv", text(content));
    return error_of(file, [&] { (void)lab::read_csv(file, {.classes = 3}); });
  };
  CHECK(about("a,b\n1,2\n1,3\n") == "line 3: label 3 is out of range, there are 3 classes");
  CHECK(about("1,2\n1,-1\n") == "line 2: label -1 is out of range, there are 3 classes");
  CHECK(about("1,2\n1,2,2\n") == "line 2: 3 columns, before there were 2");
  CHECK(about("1,2\none,2\n") == "line 2: column 0 is no number: 'one'");
  CHECK(about("1,2\nnan,2\n") == "line 2: column 0 is no number: 'nan'");
  CHECK(about("1,1.5\n") == "line 1: the label is no whole number: '1.5'");
  CHECK(about("7\n") == "line 1: one column; a label and a value are needed at least");
  CHECK(about("a,b\n") == "no samples");
  CHECK(error_of(folder.name("gone"), [&] { (void)lab::read_csv(folder.name("gone")); }) ==
        "cannot open: No such file or directory");
}

TEST_CASE("resizing and channels") {
  lab::picture p{2, 2, 1, {0, 100, 200, 60}};
  CHECK(lab::resized(p, 1, 1).pixels == bytes{90});
  CHECK(lab::resized(p, 2, 4).pixels == bytes{0, 25, 75, 100, 200, 165, 95, 60});
  CHECK(lab::resized({1, 3, 1, {0, 90, 30}}, 1, 2).pixels == bytes{30, 50});
  const lab::picture flat{28, 28, 1, bytes(784, 77)};
  for (const int side : {7, 13, 28, 40, 128}) {
    const auto f = lab::fitted(flat, {side, side, 3});
    CHECK(f.pixels == bytes(static_cast<std::size_t>(3 * side * side), 77));
  }
  CHECK(lab::with_channels({1, 2, 3, {255, 255, 255, 255, 0, 0}}, 1).pixels == bytes{255, 77});
  CHECK_THROWS_WITH(lab::with_channels(p, 2), "pictures of 1 channels for a network's input of 2");
}

TEST_CASE("splits and samples") {
  const auto parts = lab::split(100, {60, 40}, 5);
  std::vector<int> seen(100);
  for (const auto& part : parts)
    for (const std::size_t i : part) ++seen[i];
  CHECK(seen == std::vector<int>(100, 1));
  CHECK(lab::split(100, {60, 40}, 5) == parts);
  CHECK(lab::split(100, {60, 40}, 6) != parts);
  CHECK_THROWS_WITH((void)lab::split(3, {2, 2}, 1), "a split into 4 samples, there are 3");

  lab::picture_set set{2, 1, 2, 1, {0, 128, 255, 1}, {1, 0}, {}};
  const auto s = lab::samples_of(set, {1, 0}, {1, 2, 1}, {1.0f / 255, -128}, {0, 255});
  CHECK(s.labels == std::vector<int>{0, 1});
  CHECK(s.stored == std::vector<std::int8_t>{127, -127, -128, 0});
  const lab::feature_set f{1, 2, {0.5f, -1}, {0}};
  CHECK(lab::samples_of(f, {0}, {1, 1, 2}, {0.25f, 1}).stored == std::vector<std::int8_t>{3, -3});
  CHECK_THROWS_WITH((void)lab::samples_of(f, {0}, {1, 1, 3}, {}), "samples of 2 values, the network's input has 3");
}
