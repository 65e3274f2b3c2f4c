// Means, and paired differences with their 95% intervals.
#pragma once
#include <cmath>
#include <cstddef>
#include <vector>

namespace bench {

inline double mean(const std::vector<double>& v) {
  double sum = 0;
  for (const double x : v) sum += x;
  return sum / static_cast<double>(v.size());
}

/// Half the 95% interval of the mean, by Student's t.
inline double interval(const std::vector<double>& v) {
  constexpr double t[] = {0,     12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262,
                          2.228, 2.201,  2.179, 2.160, 2.145, 2.131, 2.120, 2.110, 2.101, 2.093};
  const std::size_t n = v.size();
  if (n < 2) return std::nan("");
  double squares = 0;
  for (const double x : v) squares += (x - mean(v)) * (x - mean(v));
  const double deviation = std::sqrt(squares / static_cast<double>(n - 1));
  return (n <= 20 ? t[n - 1] : 1.96) * deviation / std::sqrt(static_cast<double>(n));
}

inline std::vector<double> differences(const std::vector<double>& a, const std::vector<double>& b) {
  std::vector<double> d;
  for (std::size_t i = 0; i < a.size(); ++i) d.push_back(a[i] - b[i]);
  return d;
}

}  // namespace bench
