// Ten classes of Fashion-MNIST, learnt by an imported ImageNet network under several conditions, over the same seeds: accuracy, loss,
// and paired differences with their 95% intervals.
//
// usage: study [--data FOLDER] [--seeds N] [--train N] [--samples N] [--test N] [--epochs N] [--only NAME,...] [--sweep NAME [--rate MIDDLE]]
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <string_view>

#include <thimble/lab/idx.hpp>
#include <thimble/lab/parallel.hpp>
#include <thimble/lab/progress.hpp>

#include "study.hpp"

namespace {

using transfer::condition, transfer::pictures, transfer::result;
namespace lab = thimble::lab;

struct settings {
  std::string data = "/usr/share/datasets/fashion-mnist", only, sweep;
  std::size_t seeds = 6, train = 4000, test = 2000;  // pictures
  transfer::lesson_plan plan;
};

[[noreturn]] void stop(const std::string& why) {
  std::fprintf(stderr, "study: %s\n", why.c_str());
  std::exit(1);
}

std::size_t number(std::string_view text, std::string_view option) {
  char* end = nullptr;
  const unsigned long v = std::strtoul(text.data(), &end, 10);
  if (text.empty() || *end != '\0' || v == 0 || v > 1'000'000)
    stop(std::string(option) + " takes a number from 1 to 1000000, not '" + std::string(text) + "'");
  return v;
}

settings read(int count, char** arguments) {
  settings s;
  for (int i = 1; i < count; i += 2) {
    const std::string_view option = arguments[i];
    if (i + 1 == count) stop(std::string(option) + ": a value is missing");
    const char* value = arguments[i + 1];
    if (option == "--data")
      s.data = value;
    else if (option == "--only")
      s.only = std::string(",") + value + ",";
    else if (option == "--sweep")
      s.sweep = value;
    else if (option == "--rate")
      s.plan.rate = std::strtof(value, nullptr);
    else if (option == "--seeds")
      s.seeds = number(value, option);
    else if (option == "--train")
      s.train = number(value, option);
    else if (option == "--samples")
      s.plan.samples = number(value, option);
    else if (option == "--test")
      s.test = number(value, option);
    else if (option == "--epochs")
      s.plan.epochs = number(value, option);
    else
      stop("unknown option " + std::string(option));
  }
  return s;
}

/// `count` pictures from number `first` on, enlarged to 128 x 128 by linear interpolation, grey in three channels.
pictures enlarged(const lab::labelled_images& from, std::size_t first, std::size_t count) {
  constexpr int side = 128;
  pictures p;
  if (first + count > from.count) stop("there are only " + std::to_string(from.count) + " pictures");
  p.count = count;
  const auto begin = from.labels.begin() + static_cast<std::ptrdiff_t>(first);
  p.labels.assign(begin, begin + static_cast<std::ptrdiff_t>(count));
  p.show = [&from, first](std::size_t i, std::span<std::uint8_t> to) {
    const auto image = from.image(first + i);
    const int h = static_cast<int>(from.height), w = static_cast<int>(from.width);
    const auto pixel = [&](int y, int x) {
      return static_cast<int>(image[static_cast<std::size_t>(std::min(y, h - 1) * w + std::min(x, w - 1))]);
    };
    std::size_t at = 0;
    for (int y = 0; y < side; ++y)
      for (int x = 0; x < side; ++x) {
        // 1/256 of a pixel of the small picture; centres meet
        const int v = std::max(0, (2 * y + 1) * h * 128 / side - 128),
                  u = std::max(0, (2 * x + 1) * w * 128 / side - 128);
        const int fy = v & 255, fx = u & 255, top = v >> 8, left = u >> 8;
        const int sum = (pixel(top, left) * (256 - fx) + pixel(top, left + 1) * fx) * (256 - fy) +
                        (pixel(top + 1, left) * (256 - fx) + pixel(top + 1, left + 1) * fx) * fy;
        for (int c = 0; c < 3; ++c) to[at++] = static_cast<std::uint8_t>((sum + 32768) >> 16);
      }
  };
  return p;
}

std::vector<result> run_seeds(const transfer::runner& r, const transfer::lesson_plan& plan, std::size_t seeds,
                              const std::string& name) {
  std::vector<result> results(seeds);
  lab::parallel_for(seeds, [&](std::size_t seed, std::size_t) {
    results[seed] = r.run(plan, static_cast<std::uint32_t>(seed + 1));
    std::fprintf(stderr, "%s: seed %zu: accuracy %.4f, loss %.4f\n", name.c_str(), seed + 1, results[seed].accuracy,
                 results[seed].loss);
  });
  return results;
}

std::unique_ptr<transfer::runner> prepare(const condition& c, const pictures& train, const pictures& test) {
  lab::progress bar(c.name + ": the frozen part", train.count + test.count);
  return c.prepare(train, test, [&](std::size_t done) { bar.update(done); });
}

double mean(const std::vector<double>& v) {
  double sum = 0;
  for (const double x : v) sum += x;
  return sum / static_cast<double>(v.size());
}

/// Half the 95% interval of the mean, by Student's t.
double interval(const std::vector<double>& v) {
  constexpr double t[] = {0,     12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262,
                          2.228, 2.201,  2.179, 2.160, 2.145, 2.131, 2.120, 2.110, 2.101, 2.093};
  const std::size_t n = v.size();
  if (n < 2) return std::nan("");
  double squares = 0;
  for (const double x : v) squares += (x - mean(v)) * (x - mean(v));
  const double deviation = std::sqrt(squares / static_cast<double>(n - 1));
  return t[std::min(n, std::size(t)) - 1] * deviation / std::sqrt(static_cast<double>(n));
}

std::vector<double> accuracies(const std::vector<result>& r) {
  std::vector<double> v;
  for (const result& x : r) v.push_back(x.accuracy);
  return v;
}
double mean_loss(const std::vector<result>& r) {
  std::vector<double> v;
  for (const result& x : r) v.push_back(x.loss);
  return mean(v);
}

/// Rates from a 16th to 16 times, examined on training pictures that are not learnt from.
void sweep(const condition& c, const settings& s, const pictures& train, const pictures& held_out) {
  const auto runner = prepare(c, train, held_out);
  for (int e = -4; e <= 4; ++e) {
    transfer::lesson_plan plan = s.plan;
    plan.rate = (s.plan.rate > 0 ? s.plan.rate : c.rate) * std::pow(2.0f, static_cast<float>(e));
    const auto results = run_seeds(*runner, plan, s.seeds, c.name + " at " + std::to_string(plan.rate));
    std::printf("%s: rate %g: accuracy %.4f, loss %.4f\n", c.name.c_str(), static_cast<double>(plan.rate),
                mean(accuracies(results)), mean_loss(results));
    std::fflush(stdout);
  }
}

void print_difference(const std::vector<result>* a, const std::vector<result>& b) {
  if (a == nullptr) {
    std::printf(" %16s", "");
    return;
  }
  std::vector<double> d;
  for (std::size_t i = 0; i < b.size(); ++i) d.push_back(100 * (b[i].accuracy - (*a)[i].accuracy));
  std::printf("   %+6.2f +- %4.2f", mean(d), interval(d));
}

}  // namespace

int main(int count, char** arguments) {
  const settings s = read(count, arguments);
  try {
    const auto load = [&](const char* part) {
      const std::string stem = s.data + "/" + part;
      return lab::read_labelled_images(stem + "-images-idx3-ubyte.gz", stem + "-labels-idx1-ubyte.gz", 10);
    };
    const lab::labelled_images train_images = load("train"), test_images = load("t10k");
    const pictures train = enlarged(train_images, 0, s.train), test = enlarged(test_images, 0, s.test);

    auto all = transfer::conditions();
    std::sort(all.begin(), all.end(), [](const condition& a, const condition& b) { return a.place < b.place; });
    if (!s.sweep.empty()) {
      for (const condition& c : all)
        if (c.name == s.sweep) return sweep(c, s, train, enlarged(train_images, s.train, s.test)), 0;
      stop("no condition is called " + s.sweep);
    }

    std::printf(TRANSFER_NETWORK ": %zu of %zu training pictures, %zu epochs, %zu test pictures, %zu seeds\n\n",
                s.plan.samples, train.count, s.plan.epochs, test.count, s.seeds);
    std::map<std::string, std::vector<result>> results;
    for (const condition& c : all) {
      if (!s.only.empty() && s.only.find("," + c.name + ",") == std::string::npos) continue;
      results[c.name] = run_seeds(*prepare(c, train, test), s.plan, s.seeds, c.name);
    }
    if (results.empty()) stop("no condition is called so");

    const auto find = [&](const char* name) {
      const auto at = results.find(name);
      return at == results.end() ? nullptr : &at->second;
    };
    const auto *floats = find("kb49_float_shadow_float_gradients"), *classifier = find("classifier_only");
    std::printf("%-36s %6s %8s %9s %9s %16s %16s\n", "", "KB", "rate", "accuracy", "loss", "points to floats",
                "to classifier");
    for (const condition& c : all) {
      const auto* r = find(c.name.c_str());
      if (r == nullptr) continue;
      std::printf("%-36s %6.1f %8g %9.4f %9.4f", c.name.c_str(), static_cast<double>(c.bytes) / 1024,
                  static_cast<double>(c.rate), mean(accuracies(*r)), mean_loss(*r));
      print_difference(floats, *r);
      print_difference(classifier, *r);
      std::printf("\n");
    }
    for (const condition& c : all) {
      const auto* r = find(c.name.c_str());
      if (r == nullptr) continue;
      std::printf("figure transfer." TRANSFER_NETWORK ".%s.accuracy %.4f fraction\n", c.name.c_str(),
                  mean(accuracies(*r)));
      std::printf("figure transfer." TRANSFER_NETWORK ".%s.loss %.4f nats\n", c.name.c_str(), mean_loss(*r));
    }
  } catch (const std::exception& e) {
    stop(e.what());
  }
}
