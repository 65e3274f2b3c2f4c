#pragma once
// Features with labels from comma-separated values. Host only.

#include <charconv>
#include <cmath>
#include <sstream>

#include <thimble/lab/data_error.hpp>

namespace thimble::lab {

/// values: {count, width}; labels: count, each < the classes asked for.
struct feature_set {
  std::size_t count{}, width{};
  std::vector<float> values;
  std::vector<int> labels;
};

struct csv_form {
  int classes = 10;
  int label_column = -1;  ///< from 0; -1: the last
  char separator = ',';
};

namespace detail {

/// The whole text as a finite number.
template <class T>
bool parse_number(std::string_view text, T& to) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t' || text.back() == '\r')) text.remove_suffix(1);
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), to);
  return error == std::errc{} && end == text.data() + text.size() && !text.empty();
}

}  // namespace detail

/// One sample a line: real values and one whole number, the label. A first line that begins with no number is a heading; empty lines are
/// passed over. @throws data_error
inline feature_set read_csv(const std::filesystem::path& file, csv_form form = {}) {
  const auto bytes = detail::whole_file(file);
  std::istringstream lines{std::string{bytes.begin(), bytes.end()}};
  feature_set all;
  std::size_t number = 0, columns = 0;
  for (std::string line; std::getline(lines, line);) {
    ++number;
    if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
    std::vector<std::string_view> cells;
    for (std::string_view rest = line;;) {
      const auto comma = rest.find(form.separator);
      cells.push_back(rest.substr(0, comma));
      if (comma == std::string_view::npos) break;
      rest.remove_prefix(comma + 1);
    }
    float v = 0;
    if (columns == 0 && all.count == 0 && !detail::parse_number(cells[0], v)) {
      columns = cells.size();
      continue;
    }
    if (columns == 0) columns = cells.size();
    if (cells.size() != columns)
      throw data_error::at_line(
          file, number, std::to_string(cells.size()) + " columns, before there were " + std::to_string(columns));
    if (columns < 2) throw data_error::at_line(file, number, "one column; a label and a value are needed at least");
    const std::size_t at = form.label_column < 0 ? columns - 1 : static_cast<std::size_t>(form.label_column);
    if (at >= columns) throw data_error::at_line(file, number, "no column " + std::to_string(at) + " for the label");
    for (std::size_t i = 0; i < columns; ++i) {
      if (i == at) continue;
      if (!detail::parse_number(cells[i], v) || !std::isfinite(v))
        throw data_error::at_line(file, number,
                                  "column " + std::to_string(i) + " is no number: '" + std::string{cells[i]} + "'");
      all.values.push_back(v);
    }
    int label = 0;
    if (!detail::parse_number(cells[at], label))
      throw data_error::at_line(file, number, "the label is no whole number: '" + std::string{cells[at]} + "'");
    if (label < 0 || label >= form.classes)
      throw data_error::at_line(file, number,
                                "label " + std::to_string(label) + " is out of range, there are " +
                                    std::to_string(form.classes) + " classes");
    all.labels.push_back(label);
    ++all.count;
  }
  if (all.count == 0) throw data_error{file, "no samples"};
  all.width = columns - 1;
  return all;
}

}  // namespace thimble::lab
