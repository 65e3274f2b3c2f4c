// The words of a command line: `--name value` pairs, and updates as `BIASES[,LAYER:FRACTION]...`, say 20,24:1/4,27:1/2,30:1.
#pragma once
#include <charconv>
#include <map>

#include <thimble/lab/update_choice.hpp>

#include "data.hpp"

namespace bench {

class options {
 public:
  /// From argv[first] on. @throws std::invalid_argument
  options(int count, char** words, int first, std::map<std::string, std::string> usual) : values_(std::move(usual)) {
    for (int i = first; i < count; i += 2) {
      const std::string name = words[i];
      std::string known;
      for (const auto& [option, value] : values_) known += " " + option;
      if (!values_.contains(name)) throw std::invalid_argument(name + " is not known here; there are" + known);
      if (i + 1 == count) throw std::invalid_argument(name + " needs a value");
      values_[name] = words[i + 1];
    }
  }
  [[nodiscard]] const std::string& text(const std::string& name) const { return values_.at(name); }
  template <class T>
  [[nodiscard]] T number(const std::string& name) const {
    return number_of<T>(values_.at(name), name);
  }
  template <class T>
  [[nodiscard]] std::vector<T> numbers(const std::string& name) const {
    std::vector<T> all;
    for (const auto& word : words_of(values_.at(name), ',')) all.push_back(number_of<T>(word, name));
    return all;
  }

  template <class T>
  static T number_of(const std::string& word, const std::string& what) {
    T v{};
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), v);
    if (error != std::errc{} || end != word.data() + word.size() || v < T{})
      throw std::invalid_argument(what + ": '" + word + "' is no number that fits");
    return v;
  }

 private:
  std::map<std::string, std::string> values_;
};

/// 20,24:1/4,27:1/2,30:1
inline thimble::lab::update_choice parse_update(const std::string& text) {
  const auto words = words_of(text, ',');
  thimble::lab::update_choice c;
  c.biases = options::number_of<int>(words[0], "update");
  for (std::size_t i = 1; i < words.size(); ++i) {
    const auto layer = words_of(words[i], ':');
    const auto fraction = words_of(layer.size() > 1 ? layer[1] : "1", '/');
    c.set(options::number_of<std::size_t>(layer[0], "update"),
          {options::number_of<int>(fraction[0], "update"),
           fraction.size() > 1 ? options::number_of<int>(fraction[1], "update") : 1});
  }
  return c;
}
inline std::string short_text(const thimble::lab::update_choice& c) {
  std::string s = std::to_string(c.biases);
  for (std::size_t n = 0; n < c.weights.size(); ++n) {
    const auto r = c.weights[n];
    if (r.numerator == 0) continue;
    s += "," + std::to_string(n) + ":" + std::to_string(r.numerator);
    if (r.denominator != 1) s += "/" + std::to_string(r.denominator);
  }
  return s;
}

}  // namespace bench
