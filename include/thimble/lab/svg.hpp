// Charts as SVG files. Host only.
#pragma once
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <thimble/lab/data_error.hpp>

namespace thimble::lab {

struct point {
  double x = 0, y = 0;
};

/// Lines, marks, bars and boxes over two linear axes. Axes fit what was added, zero included where asked for.
class chart {
 public:
  chart(std::string title, std::string x_title, std::string y_title)
      : title_(std::move(title)), x_title_(std::move(x_title)), y_title_(std::move(y_title)) {}

  void include(double x, double y) {
    low_.x = std::min(low_.x, x), low_.y = std::min(low_.y, y);
    high_.x = std::max(high_.x, x), high_.y = std::max(high_.y, y);
  }
  /// A line through points, named in the legend if it has a name.
  void line(const std::string& name, const std::vector<point>& points, int color, bool dots = true) {
    for (const point p : points) include(p.x, p.y);
    shapes_.push_back({kind::line, points, color, name, dots});
    in_legend(name, color);
  }
  /// A ring with a text beside it.
  void mark(const std::string& text, point at, int color) {
    include(at.x, at.y);
    shapes_.push_back({kind::mark, {at}, color, text, false});
  }
  /// A filled rectangle between two corners; `hint` is shown under the pointer.
  void box(const std::string& hint, point from, point to, int color) {
    include(from.x, from.y);
    include(to.x, to.y);
    shapes_.push_back({kind::box, {from, to}, color, hint, false});
  }
  void in_legend(const std::string& name, int color) {
    for (const auto& [known, c] : legend_)
      if (known == name) return;
    if (!name.empty()) legend_.emplace_back(name, color);
  }

  [[nodiscard]] std::string text() const {
    std::string s =
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 900 480\" font-family=\"sans-serif\" "
        "font-size=\"12\">\n<rect width=\"900\" height=\"480\" fill=\"white\"/>\n";
    s += label({450, 22}, title_, "middle", 15) + label({(left + right) / 2, 470}, x_title_, "middle");
    s += "<text transform=\"translate(16," + number((top + bottom) / 2) + ") rotate(-90)\" text-anchor=\"middle\">" +
         escaped(y_title_) + "</text>\n";
    for (const double v : ticks(low_.y, high_.y)) {
      const double y = place({low_.x, v}).y;
      s += stroke({left, y}, {right, y}, "#dddddd") + label({left - 6, y + 4}, number(v), "end");
    }
    for (const double v : ticks(low_.x, high_.x)) {
      const double x = place({v, low_.y}).x;
      s += stroke({x, bottom}, {x, bottom + 4}, "black") + label({x, bottom + 18}, number(v), "middle");
    }
    for (const shape& one : shapes_) s += drawn(one);
    s += stroke({left, bottom}, {right, bottom}, "black") + stroke({left, top}, {left, bottom}, "black");
    for (std::size_t i = 0; i < legend_.size(); ++i) {
      const double y = top + 8 + 16 * static_cast<double>(i);
      s += "<rect x=\"" + number(right + 10) + "\" y=\"" + number(y - 9) + "\" width=\"10\" height=\"10\" fill=\"" +
           color(legend_[i].second) + "\"/>\n" + label({right + 25, y}, legend_[i].first, "start");
    }
    return s + "</svg>\n";
  }
  /// @throws data_error if it cannot be written
  void write(const std::filesystem::path& file) const {
    std::ofstream out{file};
    out << text();
    if (!out.flush()) throw data_error{file, "cannot be written"};
  }

 private:
  enum class kind { line, mark, box };
  struct shape {
    kind what;
    std::vector<point> points;
    int color;
    std::string text;
    bool dots;
  };
  static constexpr double left = 70, right = 740, top = 40, bottom = 430;

  static const char* color(int i) {
    static constexpr const char* all[] = {"#1b6ca8", "#d1495b", "#3d9a50", "#edae49",
                                          "#7a5195", "#8c8c8c", "#00798c", "#b07156"};
    return all[static_cast<std::size_t>(i) % std::size(all)];
  }
  static std::string number(double v) {
    char text[32];
    std::snprintf(text, sizeof text, "%.6g", std::fabs(v) < 1e-12 ? 0 : v);
    return text;
  }
  static std::string escaped(const std::string& s) {
    std::string t;
    for (const char c : s) t += c == '<' ? "&lt;" : c == '>' ? "&gt;" : c == '&' ? "&amp;" : std::string(1, c);
    return t;
  }
  static std::string label(point at, const std::string& s, const char* anchor, int size = 12) {
    return "<text x=\"" + number(at.x) + "\" y=\"" + number(at.y) + "\" text-anchor=\"" + anchor + "\" font-size=\"" +
           std::to_string(size) + "\">" + escaped(s) + "</text>\n";
  }
  static std::string stroke(point a, point b, const char* how) {
    return "<line x1=\"" + number(a.x) + "\" y1=\"" + number(a.y) + "\" x2=\"" + number(b.x) + "\" y2=\"" +
           number(b.y) + "\" stroke=\"" + how + "\"/>\n";
  }
  /// About six round numbers.
  static std::vector<double> ticks(double low, double high) {
    const double rough = (high - low) / 6;
    if (!(rough > 0)) return {low};
    double step = std::pow(10, std::floor(std::log10(rough)));
    for (const double factor : {2.0, 2.5, 2.0})
      if (step < rough) step *= factor;
    std::vector<double> all;
    for (double v = std::ceil(low / step - 1e-9) * step; v <= high + step * 1e-9; v += step) all.push_back(v);
    return all;
  }
  [[nodiscard]] point place(point p) const {
    const double w = high_.x > low_.x ? high_.x - low_.x : 1, h = high_.y > low_.y ? high_.y - low_.y : 1;
    return {left + (p.x - low_.x) / w * (right - left), bottom - (p.y - low_.y) / h * (bottom - top)};
  }
  [[nodiscard]] std::string drawn(const shape& s) const {
    const std::string paint = color(s.color);
    if (s.what == kind::box) {
      const point a = place(s.points[0]), b = place(s.points[1]);
      return "<rect x=\"" + number(std::min(a.x, b.x)) + "\" y=\"" + number(std::min(a.y, b.y)) + "\" width=\"" +
             number(std::fabs(a.x - b.x)) + "\" height=\"" + number(std::fabs(a.y - b.y)) + "\" fill=\"" + paint +
             "\" stroke=\"white\" stroke-width=\"0.3\"><title>" + escaped(s.text) + "</title></rect>\n";
    }
    if (s.what == kind::mark) {
      const point p = place(s.points[0]);
      return "<circle cx=\"" + number(p.x) + "\" cy=\"" + number(p.y) +
             "\" r=\"6\" fill=\"none\" stroke-width=\"2\" stroke=\"" + paint + "\"/>\n" +
             label({p.x + 9, p.y + 4}, s.text, "start");
    }
    std::string path;
    for (const point q : s.points) {
      const point p = place(q);
      path += number(p.x) + "," + number(p.y) + " ";
    }
    std::string all =
        "<polyline fill=\"none\" stroke-width=\"1.5\" stroke=\"" + paint + "\" points=\"" + path + "\"/>\n";
    for (const point q : s.points)
      if (const point p = place(q); s.dots)
        all += "<circle cx=\"" + number(p.x) + "\" cy=\"" + number(p.y) + "\" r=\"2.5\" fill=\"" + paint + "\"/>\n";
    return all;
  }

  std::string title_, x_title_, y_title_;
  point low_{1e300, 1e300}, high_{-1e300, -1e300};
  std::vector<shape> shapes_;
  std::vector<std::pair<std::string, int>> legend_;
};

}  // namespace thimble::lab
