// A network trained on ImageNet (mcunet-5fps) learns ten classes of clothes in 64 KB of SRAM, image included: pictures come line by
// line, as from a camera, from a file of the host. The published 49 KB scheme; weights are rounded stochastically, so that no residual
// is kept.
//   arguments: FOLDER/ [count]     count: only the instructions and the memory of a step (needs QEMU's -icount)
#include <thimble/firmware/counter.hpp>
#include <thimble/firmware/semihosting.hpp>
#include <thimble/firmware/stack.hpp>
#include <thimble/formats/tflite.hpp>
#include <thimble/thimble.hpp>
#include <thimble/training/published_schemes.hpp>
#include <thimble/training/schedules.hpp>

#include <imagenet_model.hpp>

namespace firmware = thimble::firmware;

struct backbone : thimble::tflite::network<imagenet_model> {};
struct net : thimble::replace_head<backbone, thimble::dense<10>> {};
struct learner
    : thimble::trainer<net, thimble::published::mcunet_5fps_49, thimble::stochastic_rounding<>, IMAGENET_POLICIES> {};

constinit learner learn;

inline constexpr int lessons = 500, questions = 500;

/// Grey pictures of 28 x 28 from a pair of IDX files, enlarged to 128 x 128 by linear interpolation a line at a time: of the file two
/// lines are in memory.
class camera {
 public:
  enum kind { train, test };
  /// False: a file is missing, or is not of that kind.
  [[nodiscard]] bool open(const char* folder) {
    return opens(images_[train], folder, "train-images-idx3-ubyte", 0x803) &&
           opens(labels_[train], folder, "train-labels-idx1-ubyte", 0x801) &&
           opens(images_[test], folder, "t10k-images-idx3-ubyte", 0x803) &&
           opens(labels_[test], folder, "t10k-labels-idx1-ubyte", 0x801);
  }
  /// Shows picture i to a learner; its label, or -1 if it cannot be read.
  template <class Learner>
  int show(Learner& to, kind from, int i) {
    at_[0] = at_[1] = -1;
    for (int y = 0; y < side; ++y) {
      if (!put_line(to, from, i, y)) return -1;
      if constexpr (Learner::pushes_rows) to.push_row();
    }
    return label_of(from, i);
  }

 private:
  static constexpr int side_of_file = 28, side = 128;
  /// Line y of picture i, enlarged, in grey of three channels as the network was trained: pixel - 127.5.
  template <class Learner>
  [[gnu::noinline]] bool put_line(Learner& to, kind from, int i, int y) {
    const int v = position(y), top = v / 256, below = top + 1 < side_of_file ? top + 1 : top;
    for (const int wanted : {top, below})
      if (at_[wanted & 1] != wanted) {
        if (!read(images_[from], 16 + (i * side_of_file + wanted) * side_of_file, line_[wanted & 1], side_of_file))
          return false;
        at_[wanted & 1] = wanted;
      }
    constexpr int at_once = 16;
    for (int x = 0; x < side; x += at_once) {
      unsigned char grey[3 * at_once];
      for (int k = 0; k < at_once; ++k) {
        const int u = position(x + k), left = u / 256, right = left + 1 < side_of_file ? left + 1 : left;
        const auto across = [&](const unsigned char* l) { return l[left] * (256 - u % 256) + l[right] * (u % 256); };
        const int sum = across(line_[top & 1]) * (256 - v % 256) + across(line_[below & 1]) * (v % 256);
        for (int c = 0; c < 3; ++c) grey[3 * k + c] = static_cast<unsigned char>((sum + (1 << 15)) >> 16);
      }
      const int first = 3 * ((Learner::pushes_rows ? 0 : y * side) + x);
      if (thimble::put_bytes<thimble::normalization{127.5f, 1}>(to, std::span<const std::uint8_t>(grey),
                                                                static_cast<std::size_t>(first)) != thimble::status::ok)
        return false;
    }
    return true;
  }
  [[gnu::noinline]] int label_of(kind from, int i) {
    unsigned char label;
    return read(labels_[from], 8 + i, &label, 1) ? label : -1;
  }
  /// Of the centre of pixel i of 128, in 1/256 of the file's.
  static int position(int i) {
    const int v = (2 * i + 1) * side_of_file - 128;
    return v < 0 ? 0 : v;
  }
  static bool read(firmware::host_file& file, int at, unsigned char* to, std::size_t bytes) {
    return file.seek(static_cast<std::uint32_t>(at)) == firmware::file_status::ok &&
           file.read(to, bytes) == firmware::file_status::ok;
  }
  static bool opens(firmware::host_file& file, const char* folder, const char* name, unsigned magic) {
    char path[256];
    std::size_t n = 0;
    for (const char* part : {folder, name})
      for (; *part != 0 && n + 1 < sizeof path; ++part) path[n++] = *part;
    path[n] = 0;
    unsigned char m[4];
    return file.open(path, firmware::file_mode::read) == firmware::file_status::ok && read(file, 0, m, 4) &&
           (static_cast<unsigned>(m[0]) << 24 | static_cast<unsigned>(m[1]) << 16 | static_cast<unsigned>(m[2]) << 8 |
            m[3]) == magic;
  }

  firmware::host_file images_[2], labels_[2];
  unsigned char line_[2][side_of_file]{};
  int at_[2]{};  ///< which lines they are
};

// The one that there is: its destructor, which closes files, is not needed.
union lasting_camera {
  camera is;
  constexpr lasting_camera() : is{} {}
  ~lasting_camera() {}
};
constinit lasting_camera view;

/// Of the test pictures, how many are named rightly; -1: one cannot be read.
[[gnu::noinline]] static int examine() {
  int right = 0;
  for (int i = 0; i < questions; ++i) {
    const int label = view.is.show(learn, camera::test, i);
    if (label < 0) return -1;
    right += learn.infer().label == label ? 1 : 0;
  }
  return right;
}

// Functions of their own, so that their frames are gone while the network learns: of the stack nothing is to spare.
[[gnu::noinline]] static void print_memory() {
  const auto stack = static_cast<std::uint32_t>(firmware::stack_bytes_used());
  firmware::print("figure imagenet.", IMAGENET_NAME, ".sizeof ", static_cast<std::uint32_t>(sizeof learn), " bytes\n");
  firmware::print("figure imagenet.", IMAGENET_NAME, ".stack ", stack, " bytes\n");
  firmware::print("figure imagenet.", IMAGENET_NAME, ".sram ", firmware::static_bytes() + stack, " bytes\n");
}

[[gnu::noinline]] static void print_instructions(std::uint32_t spent) {
  firmware::print("figure imagenet.", IMAGENET_NAME, ".instructions ", spent, " instructions\n");
}

/// The third step: the head starts from zero, and its first steps have nothing to pass on. Instructions without the reading of files.
[[gnu::noinline]] static int count() {
  firmware::instruction_counter counter;
  std::uint32_t spent = 0;
  for (int i = 0; i < 3; ++i) {
    counter.restart();
    const int label = view.is.show(learn, camera::train, i);
    const std::uint32_t shown = counter.instructions();
    counter.restart();
    if (!learn.step(label, {.learning_rate = 0.01f}).ok()) return 1;
    spent = shown + counter.instructions();
  }
  print_instructions(spent);
  print_memory();
  return 0;
}

[[gnu::noinline]] static void print_progress(int step, std::int64_t loss) {
  firmware::print("step ", step, " of ", lessons, "  mean loss ",
                  firmware::fixed{static_cast<std::int32_t>(loss * 1000 / 50 >> 16), 3}, "\n");
}
[[gnu::noinline]] static void print_fraction(const char* name, int right) {
  firmware::print("figure imagenet.", name, " ", firmware::fixed{right * 1000 / questions, 3}, " fraction\n");
}

[[gnu::noinline]] static int teach() {
  firmware::print(
      "policies: pushed_rows, least_memory, memory_budget<64000>, stochastic_rounding; scheme mcunet_5fps_49\n");
  const int before = examine();
  const thimble::cosine_rate rate{.learning_rate = 0.01f, .steps = lessons, .warm_up_steps = lessons / 10};
  std::int64_t loss = 0;
  for (int i = 0; i < lessons; ++i) {
    const thimble::outcome o =
        learn.step(view.is.show(learn, camera::train, i), rate.at(static_cast<std::uint32_t>(i)));
    if (!o.ok() && o.what != thimble::status::loss_out_of_range) return 1;
    loss += o.loss.bits;
    if ((i + 1) % 50 == 0) {
      print_progress(i + 1, loss);
      loss = 0;
    }
  }
  const int after = examine();
  if (before < 0 || after < 0) return 1;
  print_fraction("accuracy_before", before);
  print_fraction("accuracy_after", after);
  print_memory();
  return 0;
}

/// What the command line asks for.
enum class work { none, counts, teaches };
[[gnu::noinline]] static work prepare() {
  char arguments[200];
  char* words[3]{};  // the program, the folder, "count"
  int n = 0;
  if (!firmware::command_line(arguments, sizeof arguments)) arguments[0] = 0;
  for (char* c = arguments; *c != 0 && n < 3; ++n) {
    words[n] = c;
    while (*c != 0 && *c != ' ') ++c;
    if (*c == ' ') *c++ = 0;
  }
  if (n < 2 || !view.is.open(words[1])) {
    firmware::print("imagenet: cannot read the IDX files of Fashion-MNIST in ", n < 2 ? "(no folder named)" : words[1],
                    "\n");
    return work::none;
  }
  return n > 2 ? work::counts : work::teaches;
}

int main() {
  switch (prepare()) {
    case work::counts:
      return count();
    case work::teaches:
      return teach();
    default:
      return 2;
  }
}
