#include <thimble/lab/progress.hpp>

#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

using thimble::lab::progress;

/// A file instead of a terminal, and a clock that stands still until told.
struct recorder {
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> file{std::tmpfile(), &std::fclose};
  double now = 1000;

  progress::options plain() {
    return {.to = file.get(), .seconds = [this] { return now; }, .columns = 0};
  }
  progress::options terminal(std::size_t columns) {
    return {.to = file.get(), .seconds = [this] { return now; }, .columns = columns};
  }
  std::string text() const {
    std::rewind(file.get());
    std::string result;
    for (int c = std::fgetc(file.get()); c != EOF; c = std::fgetc(file.get())) result += static_cast<char>(c);
    return result;
  }
};

}  // namespace

TEST_CASE("progress on a terminal redraws one line and ends it once") {
  recorder out;
  {
    progress bar{"train", 200, out.terminal(80)};
    bar.update(0);
    out.now += 0.05;
    bar.update(1);  // too soon to redraw
    out.now += 9.95;
    bar.update(50, "loss 0.41");
    out.now += 10;
    bar.update(200, "loss 0.07");
    bar.update(200);
  }
  CHECK(out.text() ==
        "\rtrain   0% [--------------------] 0/200\x1b[K"
        "\rtrain  25% [#####---------------] 50/200  5.0/s  0:30 left  loss 0.41\x1b[K"
        "\rtrain 100% [####################] 200/200  10.0/s  in 0:20  loss 0.07\x1b[K\n");
}

TEST_CASE("progress on a narrow terminal stays on its line") {
  recorder out;
  progress bar{"train", 200, out.terminal(20)};
  bar.update(0);
  CHECK(out.text() == "\rtrain   0% [-------\x1b[K");
}

TEST_CASE("progress elsewhere writes a plain line after every 10% or 5 seconds") {
  recorder out;
  progress bar{"calibrate", 1000, out.plain()};
  out.now += 1;
  bar.update(50, "a");  // 5% after 1 s: nothing
  CHECK(out.text() == "");
  out.now += 1;
  bar.update(109, "b");
  bar.update(199, "c");
  out.now += 5;
  bar.update(200);
  bar.update(201);
  out.now += 4.9;
  bar.update(202);
  out.now += 0.1;
  bar.update(203, "d");
  CHECK(out.text() ==
        "calibrate  10% 109/1000  54.5/s  0:16 left  b\n"
        "calibrate  20% 200/1000  28.6/s  0:28 left\n"
        "calibrate  20% 203/1000  16.9/s  0:47 left  d\n");
}

TEST_CASE("progress of a full plain run has one line for each 10%, the last with the time taken") {
  recorder out;
  {
    progress bar{"x", 1000, out.plain()};
    for (std::uint64_t i = 1; i <= 1000; ++i) {
      out.now += 0.001;
      bar.update(i);
    }
  }
  const auto text = out.text();
  std::size_t lines = 0;
  for (const char c : text) lines += c == '\n' ? 1 : 0;
  CHECK(lines == 10);
  CHECK(text.ends_with("x 100% 1000/1000  1000/s  in 0:01\n"));
}

TEST_CASE("progress of work that stops early says where, and says 100% only when all is done") {
  recorder out;
  try {
    progress bar{"x", 1'000'000, out.plain()};
    out.now += 2 * 3600 + 3 * 60 + 4;
    bar.update(999'999);
    throw std::runtime_error{"stop"};
  } catch (const std::runtime_error&) {}
  CHECK(out.text() == "x  99% 999999/1000000  135/s  0:00 left\nx  99% 999999/1000000  135/s  in 2:03:04\n");
}

TEST_CASE("progress bears no items, too many items, a clock that stands still, and extreme rates") {
  const auto last_line = [](std::uint64_t total, std::uint64_t done, double seconds) {
    recorder out;
    {
      progress bar{"x", total, out.plain()};
      out.now += seconds;
      bar.update(done);
    }
    const auto text = out.text();
    const auto before = text.rfind('\n', text.size() - 2);
    return before == std::string::npos ? text : text.substr(before + 1);
  };
  CHECK(last_line(0, 0, 1) == "x 100% 0/0  in 0:01\n");
  CHECK(last_line(5, 9, 1) == "x 100% 5/5  5.0/s  in 0:01\n");
  CHECK(last_line(5, 5, 0) == "x 100% 5/5  in 0:00\n");
  CHECK(last_line(1, 1, 4) == "x 100% 1/1  0.25/s  in 0:04\n");
  CHECK(last_line(12'345, 12'345, 1) == "x 100% 12345/12345  12.3k/s  in 0:01\n");
  CHECK(last_line(4'000'000, 4'000'000, 1) == "x 100% 4000000/4000000  4.0M/s  in 0:01\n");
  CHECK(last_line(~std::uint64_t{0}, 1, 1).starts_with("x   0% 1/18446744073709551615  1.0/s"));
}

TEST_CASE("progress takes a file for no terminal") {
  recorder out;
  CHECK(thimble::lab::terminal_columns(out.file.get()) == 0);
  { progress bar{"x", 1, {.to = out.file.get()}}; }
  CHECK(out.text() == "x   0% 0/1  in 0:00\n");
}
