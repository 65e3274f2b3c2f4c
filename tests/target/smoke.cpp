// The ground that firmware tests stand on: memory, stack paint, floating point, text, files and the counter.
#include <thimble/firmware/counter.hpp>
#include <thimble/firmware/semihosting.hpp>
#include <thimble/firmware/stack.hpp>

using namespace thimble::firmware;

namespace {

int failures = 0;

void check(bool passed, const char* what) {
  if (passed) return;
  print("failed: ", what, "\n");
  ++failures;
}

volatile std::uint32_t in_data = 0x12345678;
volatile std::uint32_t in_bss[3];
bool constructed = false;

struct static_object {
  static_object() { constructed = in_data == 0x12345678; }
} object;

[[gnu::noinline]] int use_stack() {
  volatile char buffer[256];
  for (unsigned i = 0; i < sizeof buffer; ++i) buffer[i] = static_cast<char>(i);
  return buffer[7];
}

[[gnu::noinline]] void memory() {
  check(in_data == 0x12345678, ".data is copied");
  check((in_bss[0] | in_bss[1] | in_bss[2]) == 0, ".bss is zero");
  check(constructed, "constructors ran after .data");
}

[[gnu::noinline]] void stack() {
  const std::size_t shallow = stack_bytes_used();
  check(use_stack() == 7, "stack is memory");
  const std::size_t deep = stack_bytes_used();
  check(deep >= shallow && deep >= 256 && deep < shallow + 400, "stack paint sees 256 bytes");
  repaint_stack();
  check(stack_bytes_used() < 256, "repainting forgets them");
}

[[gnu::noinline]] void floating_point() {
  volatile float x = 1.5f;
  check(static_cast<int>(x * 3.0f + 0.5f) == 5, "floating point");
}

[[gnu::noinline]] void file() {
  char path[256];
  check(command_line(path, sizeof path), "command line");
  char* argument = path;  // skip the program's name
  while (*argument != '\0' && *argument != ' ') ++argument;
  if (*argument == ' ') ++argument;

  host_file source;
  char text[8]{};
  check(source.read(text, 1) == file_status::not_open, "a closed file cannot be read");
  check(source.open("/nowhere/nothing", file_mode::read) == file_status::not_open, "a missing file cannot be opened");
  check(source.open(argument, file_mode::read) == file_status::ok, "open");
  check(source.seek(3) == file_status::ok, "seek");
  check(source.read(text, 5) == file_status::ok, "read");
  check(text[0] == 'T' && text[4] == 'g', "read begins at the offset");
  check(source.seek(static_cast<std::uint32_t>(source.length()) - 1) == file_status::ok, "length");
  check(source.read(text, 2) == file_status::too_short, "reading past the end is reported");
  check(source.close() == file_status::ok, "close");
}

[[gnu::noinline]] void counting() {
  instruction_counter counter;
  for (std::uint32_t loops = 10; loops <= 1'000'000; loops *= 100) {
    counter.restart();
    instruction_counter::spin(loops);
    const std::uint32_t counted = counter.instructions();
    print(counted, " instructions for ", 2 * loops, "\n");
    check(counted >= 2 * loops && counted < 2 * loops + 100, "counter");
  }
}

}  // namespace

int main() {
  memory();
  stack();
  floating_point();
  file();
  counting();
  print("text: ", 0, " ", -42, " ", 4000000000u, " ", hex{0xbeef}, " ", fixed{9412, 4}, " ", fixed{-5, 1}, " ",
        -5000000000ll, " ", true, "\n");
  print(failures == 0 ? "smoke passed" : "smoke failed", "\n");
  return failures;
}
