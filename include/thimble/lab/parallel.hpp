#pragma once
// Loops over independent host work on several threads. Host only.

#include <algorithm>
#include <atomic>
#include <concepts>
#include <cstddef>
#include <exception>
#include <thread>
#include <vector>

namespace thimble::lab {

/// Indices first <= i < last.
struct index_block {
  std::size_t first{}, last{};
  friend bool operator==(const index_block&, const index_block&) = default;
};

/// The block of `worker` < `workers` when [0, count) is cut into contiguous blocks in the workers' order, whose sizes
/// differ by at most one, the longer ones first. Depends on the arguments only, never on timing.
[[nodiscard]] constexpr index_block block_of(std::size_t count, std::size_t workers, std::size_t worker) {
  const auto start = [&](std::size_t w) { return w * (count / workers) + std::min(w, count % workers); };
  return {start(worker), start(worker + 1)};
}

/// std::thread::hardware_concurrency(), at least 1.
[[nodiscard]] inline std::size_t default_workers() { return std::max(1U, std::thread::hardware_concurrency()); }

/// Calls f(index, worker) once for each index < count: worker w walks block_of(count, min(workers, count), w) in
/// ascending order, at the same time as the others. Worker 0 is the calling thread; `workers` of 0 counts as 1. Returns
/// when all have ended.
/// Where f throws, the exception of the lowest failing index is rethrown: all indices below it were done, of those
/// above it some were.
template <class F>
  requires std::invocable<F&, std::size_t, std::size_t>
void parallel_for(std::size_t count, std::size_t workers, F&& f) {
  workers = std::clamp(workers, std::size_t{1}, std::max(count, std::size_t{1}));
  std::vector<std::exception_ptr> errors(workers);
  std::atomic<std::size_t> failed{workers};  // the lowest worker that failed; those above it may stop, those below not

  const auto work = [&](std::size_t worker) noexcept {
    try {
      const auto block = block_of(count, workers, worker);
      for (auto i = block.first; i < block.last && failed.load(std::memory_order_relaxed) > worker; ++i) f(i, worker);
    } catch (...) {
      errors[worker] = std::current_exception();
      for (auto lowest = failed.load(); worker < lowest && !failed.compare_exchange_weak(lowest, worker);) {}
    }
  };

  struct joined {  // joins even if a later thread cannot be started
    std::vector<std::thread> threads;
    ~joined() {
      for (auto& thread : threads) thread.join();
    }
  };
  {
    joined others;
    others.threads.reserve(workers - 1);
    for (std::size_t w = 1; w < workers; ++w) others.threads.emplace_back(work, w);
    work(0);
  }
  const auto error = std::find_if(errors.begin(), errors.end(), [](const auto& e) { return e != nullptr; });
  if (error != errors.end()) std::rethrow_exception(*error);
}

/// The same with default_workers(). What depends on the worker, such as partial sums, then depends on the machine.
template <class F>
  requires std::invocable<F&, std::size_t, std::size_t>
void parallel_for(std::size_t count, F&& f) {
  parallel_for(count, default_workers(), f);
}

}  // namespace thimble::lab
