#pragma once
// The progress of long work: one redrawn bar on a terminal, plain lines elsewhere. Host only (POSIX).

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include <sys/ioctl.h>
#include <unistd.h>

namespace thimble::lab {

inline double steady_seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

/// Columns of the terminal that `to` is, 80 if it does not tell, 0 if `to` is no terminal.
inline std::size_t terminal_columns(std::FILE* to) {
  if (to == nullptr) return 0;
  const int descriptor = fileno(to);
  if (descriptor < 0 || isatty(descriptor) == 0) return 0;
  winsize size{};
  return ioctl(descriptor, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

/// Reports how much of `total` is done. Not thread-safe.
/// Terminal: `train  42% [####------] 4200/10000  840/s  0:07 left  loss 0.41`, at most 10 times a second, cut to the
/// columns. Elsewhere the same without the bar as a line of its own, after every 10% or 5 seconds. The rate is the mean
/// since construction. The last report has the time taken instead (`in 0:12`).
class progress {
 public:
  struct options {
    std::FILE* to = stderr;                            ///< null: silent
    std::function<double()> seconds = steady_seconds;  ///< any monotonic clock
    std::size_t columns = terminal_columns(to);        ///< 0: plain lines
  };

  progress(std::string_view name, std::uint64_t total) : progress{name, total, options{}} {}
  progress(std::string_view name, std::uint64_t total, options how)
      : name_{name}, total_{total}, how_{std::move(how)}, start_{how_.seconds()}, reported_{start_} {}
  progress(const progress&) = delete;
  progress& operator=(const progress&) = delete;
  ~progress() { finish(); }

  /// `done` items of the total are done (more than the total counts as the total); `text` is shown until the next call.
  void update(std::uint64_t done, std::string_view text = {}) {
    if (finished_) return;
    done_ = std::min(done, total_);
    text_ = text;
    if (done_ == total_) return finish();
    const double now = how_.seconds();
    const bool due = how_.columns > 0 ? (!drawn_ || now - reported_ >= 0.1)
                                      : (now - reported_ >= 5 || percent() / 10 > reported_percent_ / 10);
    if (due) report(now, false);
  }

  /// The last report; called by the update that reaches the total and by the destructor.
  void finish() {
    if (!std::exchange(finished_, true)) report(how_.seconds(), true);
  }

 private:
  [[nodiscard]] int percent() const {  // 100 only when all is done, rounding notwithstanding
    if (done_ == total_) return 100;
    return std::min(99, static_cast<int>(100 * static_cast<double>(done_) / static_cast<double>(total_)));
  }

  static std::string clock(double seconds) {  // 0:07, 12:34, 1:02:03
    const auto whole = static_cast<std::uint64_t>(std::lround(std::min(seconds, 3.6e9)));
    const auto two = [](std::uint64_t n) { return (n < 10 ? "0" : "") + std::to_string(n); };
    const auto hours = whole / 3600, minutes = whole / 60 % 60;
    return (hours > 0 ? std::to_string(hours) + ':' + two(minutes) : std::to_string(minutes)) + ':' + two(whole % 60);
  }

  static std::string per_second(double rate) {  // 0.25/s, 7.5/s, 840/s, 12.3k/s, 4.0M/s
    std::array<char, 32> text{};
    const double shown = rate < 1e4 ? rate : rate < 1e6 ? rate / 1e3 : rate / 1e6;
    const char* unit = rate < 1e4 ? "" : rate < 1e6 ? "k" : "M";
    std::snprintf(text.data(), text.size(), "%.*f%s/s", rate < 1 ? 2 : rate < 100 || rate >= 1e4 ? 1 : 0, shown, unit);
    return text.data();
  }

  void report(double now, bool last) {
    if (how_.to == nullptr) return;
    const double taken = now - start_;
    const double rate = taken > 0 ? static_cast<double>(done_) / taken : 0;
    const std::string number = std::to_string(percent());
    std::string line = name_ + ' ' + std::string(3 - number.size(), ' ') + number + '%';
    if (how_.columns > 0) {
      constexpr std::size_t width = 20;
      const auto full = static_cast<std::size_t>(percent()) * width / 100;
      line += " [" + std::string(full, '#') + std::string(width - full, '-') + ']';
    }
    line += ' ' + std::to_string(done_) + '/' + std::to_string(total_);
    if (rate > 0) line += "  " + per_second(rate);
    if (last)
      line += "  in " + clock(taken);
    else if (rate > 0)
      line += "  " + clock(static_cast<double>(total_ - done_) / rate) + " left";
    if (!text_.empty()) line += "  " + text_;

    // The last column stays free, as some terminals wrap there; ESC [K erases the rest of a longer earlier line.
    if (how_.columns > 0) line = '\r' + line.substr(0, how_.columns - 1) + "\x1b[K";
    if (how_.columns == 0 || last) line += '\n';
    std::fwrite(line.data(), 1, line.size(), how_.to);
    std::fflush(how_.to);
    drawn_ = true;
    reported_ = now;
    reported_percent_ = percent();
  }

  std::string name_, text_;
  std::uint64_t total_, done_ = 0;
  options how_;
  double start_, reported_;
  int reported_percent_ = 0;
  bool drawn_ = false, finished_ = false;
};

}  // namespace thimble::lab
