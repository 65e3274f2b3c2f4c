#include <thimble/lab/parallel.hpp>

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace lab = thimble::lab;

static_assert(lab::block_of(10, 4, 0) == lab::index_block{0, 3});
static_assert(lab::block_of(10, 4, 1) == lab::index_block{3, 6});
static_assert(lab::block_of(10, 4, 2) == lab::index_block{6, 8});
static_assert(lab::block_of(10, 4, 3) == lab::index_block{8, 10});
static_assert(lab::block_of(0, 1, 0) == lab::index_block{0, 0});
static_assert(lab::block_of(~std::size_t{0}, 3, 2).last == ~std::size_t{0}, "no overflow");

TEST_CASE("parallel_for calls each index once, by the worker whose block it is") {
  for (const std::size_t count : {0U, 1U, 2U, 7U, 64U, 1000U}) {
    for (const std::size_t workers : {1U, 2U, 3U, 8U, 70U}) {
      CAPTURE(count);
      CAPTURE(workers);
      std::vector<int> calls(count);
      std::vector<std::size_t> by(count);
      lab::parallel_for(count, workers, [&](std::size_t i, std::size_t worker) {
        ++calls[i];
        by[i] = worker;
      });
      CHECK(calls == std::vector<int>(count, 1));
      const auto used = workers < count ? workers : count;
      for (std::size_t w = 0; w < used; ++w) {
        const auto block = lab::block_of(count, used, w);
        CHECK(block.first < block.last);
        for (auto i = block.first; i < block.last; ++i) CHECK(by[i] == w);
      }
    }
  }
}

TEST_CASE("parallel_for walks a block in ascending order, block 0 on the calling thread") {
  std::vector<std::vector<std::size_t>> seen(4);
  std::vector<std::thread::id> threads(4);
  lab::parallel_for(101, 4, [&](std::size_t i, std::size_t worker) {
    seen[worker].push_back(i);
    threads[worker] = std::this_thread::get_id();
  });
  std::size_t next = 0;
  for (const auto& block : seen) {
    for (const auto i : block) CHECK(i == next++);
  }
  CHECK(next == 101);
  CHECK(threads[0] == std::this_thread::get_id());
  CHECK(threads[1] != threads[0]);
}

TEST_CASE("parallel_for takes no workers as one, and as many as the machine has by default") {
  std::size_t sum = 0;
  lab::parallel_for(5, 0, [&](std::size_t i, std::size_t worker) { sum += i + worker; });
  CHECK(sum == 10);

  CHECK(lab::default_workers() >= 1);
  std::atomic<std::size_t> calls{0};
  lab::parallel_for(1000, [&](std::size_t, std::size_t worker) { calls += worker < lab::default_workers() ? 1U : 0U; });
  CHECK(calls == 1000);
}

TEST_CASE("parallel_for rethrows the exception of the lowest failing index, every time") {
  for (int round = 0; round < 200; ++round) {
    std::vector<int> calls(100);
    const auto fail_at = [&](std::size_t i, std::size_t) {
      ++calls[i];
      if (i == 41 || i == 44 || i == 60 || i == 99) throw std::runtime_error{"index " + std::to_string(i)};
    };
    CHECK_THROWS_WITH_AS(lab::parallel_for(100, 5, fail_at), "index 41", std::runtime_error);
    for (std::size_t i = 0; i <= 41; ++i) CHECK(calls[i] == 1);
    for (std::size_t i = 42; i < 60; ++i) CHECK(calls[i] == 0);
  }
}

TEST_CASE("parallel_for lets workers above a failure stop early") {
  std::atomic<bool> failing{false};
  std::atomic<std::size_t> calls{0};
  const auto work = [&](std::size_t, std::size_t worker) {
    if (worker == 0) {
      failing = true;
      throw 7;
    }
    while (!failing) std::this_thread::yield();
    ++calls;
    std::this_thread::sleep_for(std::chrono::milliseconds{1});
  };
  CHECK_THROWS_AS(lab::parallel_for(200'000, 2, work), int);
  CHECK(calls < 100'000);
}
