#include "cli/bench/latency_chart.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "cli/bench/figures.h"
#include "cli/bench/html_text.h"

namespace crawlspool::bench {
namespace {

// In the picture's own units.
constexpr double kWidth = 420;
constexpr double kHeight = 300;
constexpr double kLeft = 62;
constexpr double kRight = 12;
constexpr double kTop = 10;
constexpr double kBottom = 40;

constexpr double kNinesMax = 4;      // up to 99.99 %
constexpr double kNinesStep = 0.05;  // between two points of a curve

constexpr std::array<std::pair<double, const char*>, 3> kMarked{{{0.5, "p50"}, {0.99, "p99"}, {0.999, "p99.9"}}};
constexpr std::array<std::pair<double, const char*>, 5> kShares{
    {{0.5, "50 %"}, {0.9, "90 %"}, {0.99, "99 %"}, {0.999, "99.9 %"}, {0.9999, "99.99 %"}}};

double nines(double share) { return -std::log10(1 - share); }
double share_of(double nines) { return 1 - std::pow(10, -nines); }

// A curve goes as far as there are records to tell.
double nines_known(const Run& run) {
  return std::min(kNinesMax, std::log10(static_cast<double>(std::max<std::uint64_t>(run.load.latency.count(), 1))));
}

class Plot {
 public:
  explicit Plot(const std::vector<const Row*>& rows) {
    double low = std::numeric_limits<double>::max();
    double high = 0;
    for (const Row* row : rows) {
      const Run& run = *row->median();
      low = std::min(low, decades(run.load.latency.quantile_us(0)));
      high = std::max(high, decades(run.load.latency.quantile_us(share_of(nines_known(run)))));
    }
    low_ = static_cast<int>(std::floor(low));
    high_ = std::max(static_cast<int>(std::ceil(high)), low_ + 1);
  }

  [[nodiscard]] std::string axes() const {
    std::string svg;
    for (int decade = low_; decade <= high_; ++decade) {
      const auto us = static_cast<std::int64_t>(std::llround(std::pow(10, decade)));
      svg += grid_line(kLeft, y(us), kWidth - kRight, y(us));
      svg += label(kLeft - 6, y(us) + 4, "end", duration_of_decade(decade));
    }
    for (const auto& [share, text] : kShares) {
      const double at = x(nines(share));
      svg += grid_line(at, kTop, at, kHeight - kBottom);
      svg += label(at, kHeight - kBottom + 16, share == kShares.back().first ? "end" : "middle", text);
    }
    return svg + label((kLeft + kWidth - kRight) / 2, kHeight - 6, "middle", "of the records acked within that time");
  }

  [[nodiscard]] std::string curve(const Row& row) const {
    const LatencyHistogram& latency = row.median()->load.latency;
    const double end = nines_known(*row.median());
    const auto point = [&](double at) {
      return coordinate(x(at)) + " " + coordinate(y(latency.quantile_us(share_of(at))));
    };
    std::string path = "M" + point(0);
    for (int step = 1; step * kNinesStep < end; ++step) path += "L" + point(step * kNinesStep);
    path += "L" + point(end);
    const ModeInfo& mode = info(row.mode);
    const char* const dashes = mode.transport == Transport::kHttp    ? " http"
                               : mode.transport == Transport::kRedis ? " redis"
                                                                     : "";
    std::string svg = "<g class=\"" + mode_class(row.mode) + "\"><path class=\"curve" + dashes + "\" d=\"" + path +
                      "\"><title>" + html_escaped(mode.title) + "</title></path>\n";
    for (const auto& [share, name] : kMarked) {
      if (nines(share) > end) break;
      const std::int64_t us = latency.quantile_us(share);
      svg += "<circle class=\"dot\" r=\"3.5\" cx=\"" + coordinate(x(nines(share))) + "\" cy=\"" + coordinate(y(us)) +
             "\"><title>" + html_escaped(mode.title) + ": " + name + " " + duration_text(us) + "</title></circle>\n";
    }
    return svg + "</g>\n";
  }

 private:
  static double decades(std::int64_t us) { return std::log10(static_cast<double>(std::max<std::int64_t>(us, 1))); }

  static std::string duration_of_decade(int decade) {
    static constexpr std::array<const char*, 9> kTexts{"1 us",   "10 us", "100 us", "1 ms", "10 ms",
                                                       "100 ms", "1 s",   "10 s",   "100 s"};
    return kTexts[std::min(static_cast<std::size_t>(decade), kTexts.size() - 1)];
  }

  static std::string grid_line(double x1, double y1, double x2, double y2) {
    return "<line class=\"grid\" x1=\"" + coordinate(x1) + "\" y1=\"" + coordinate(y1) + "\" x2=\"" + coordinate(x2) +
           "\" y2=\"" + coordinate(y2) + "\"/>\n";
  }

  static std::string label(double at_x, double at_y, const char* anchor, const std::string& text) {
    return "<text x=\"" + coordinate(at_x) + "\" y=\"" + coordinate(at_y) + "\" text-anchor=\"" + anchor + "\">" +
           html_escaped(text) + "</text>\n";
  }

  [[nodiscard]] static double x(double at_nines) { return kLeft + at_nines / kNinesMax * (kWidth - kLeft - kRight); }
  [[nodiscard]] double y(std::int64_t us) const {
    return kHeight - kBottom - (decades(us) - low_) / (high_ - low_) * (kHeight - kTop - kBottom);
  }

  int low_;  // decades of microseconds
  int high_;
};

}  // namespace

std::string latency_chart(const std::vector<const Row*>& rows) {
  const Plot plot(rows);
  std::string svg = "<svg viewBox=\"0 0 " + coordinate(kWidth) + " " + coordinate(kHeight) +
                    "\" role=\"img\" aria-label=\"Ack latency by share of records\">\n" + plot.axes();
  for (const Row* row : rows) svg += plot.curve(*row);
  return svg + "</svg>\n";
}

}  // namespace crawlspool::bench
