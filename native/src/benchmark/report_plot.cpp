#include <algorithm>
#include <cmath>

#include "benchmark/report.h"
#include "support/error.h"

namespace dia {

namespace {

// Of the picture, in pixels: the plot lies in between.
constexpr double kWidth = 760.0;
constexpr double kHeight = 420.0;
constexpr double kLeft = 60.0;
constexpr double kRight = 240.0;  // where the names of the lines stand
constexpr double kTop = 40.0;
constexpr double kBottom = 50.0;
constexpr const char * kColors[] = {"#1f77b4", "#d62728", "#2ca02c", "#ff7f0e", "#9467bd",
                                    "#8c564b", "#17becf", "#e377c2", "#7f7f7f", "#bcbd22"};

struct Line {
    std::string name;
    std::vector<std::pair<double, double>> points;  // position, milliseconds
    double bound;                                   // milliseconds
};

std::vector<Line> lines_of(const BenchmarkReport & report) {
    std::vector<Line> lines;
    for (const BenchmarkRun & run : report.runs) {
        const std::string where =
            run.device.is_gpu() ? run.device.name() : std::to_string(run.n_threads) + " threads";
        Line line = {run.model + ", " + where, {}, 0.0};
        for (const Measurement & measurement : run.measurements) {
            if (measurement.position && measurement.n_rows == 1) {
                line.points.emplace_back(static_cast<double>(*measurement.position),
                                         1e3 * measurement.timing.median);
                line.bound = 1e3 * measurement.bound->seconds;
            }
        }
        std::sort(line.points.begin(), line.points.end());
        if (!line.points.empty()) {
            lines.push_back(std::move(line));
        }
    }
    return lines;
}

// The next of 1, 2, 5, 10, 20, 50, ... that divides a range into at most ten parts.
double tick_of(double range) {
    const double power = std::pow(10.0, std::floor(std::log10(range / 10.0)));
    for (const double factor : {1.0, 2.0, 5.0}) {
        if (range / (factor * power) <= 10.0) {
            return factor * power;
        }
    }
    return 10.0 * power;
}

// From positions and milliseconds to pixels.
class Axes {
public:
    explicit Axes(const std::vector<Line> & lines) {
        double last_position = 1.0;
        double longest = 1e-3;
        for (const Line & line : lines) {
            for (const auto & [position, milliseconds] : line.points) {
                last_position = std::max(last_position, position);
                longest = std::max({longest, milliseconds, line.bound});
            }
        }
        x_tick_ = tick_of(last_position);
        y_tick_ = tick_of(longest);
        x_range_ = x_tick_ * std::ceil(last_position / x_tick_);
        y_range_ = y_tick_ * std::ceil(longest / y_tick_);
    }

    double x(double position) const { return kLeft + position / x_range_ * (kWidth - kLeft - kRight); }
    double y(double milliseconds) const {
        return kHeight - kBottom - milliseconds / y_range_ * (kHeight - kTop - kBottom);
    }

    std::string drawn() const {
        std::string svg;
        for (int i = 0; i * x_tick_ <= x_range_ * 1.001; ++i) {
            svg += format("<text x='%.1f' y='%.1f' text-anchor='middle'>%g</text>\n", x(i * x_tick_),
                          kHeight - kBottom + 18.0, i * x_tick_);
        }
        for (int i = 0; i * y_tick_ <= y_range_ * 1.001; ++i) {
            const double height = y(i * y_tick_);
            svg += format("<line x1='%.1f' y1='%.1f' x2='%.1f' y2='%.1f' stroke='#ddd'/>\n", kLeft, height,
                          kWidth - kRight, height);
            svg += format("<text x='%.1f' y='%.1f' text-anchor='end'>%g</text>\n", kLeft - 6.0, height + 4.0,
                          i * y_tick_);
        }
        svg += format("<text x='%.1f' y='%.1f' text-anchor='middle'>position</text>\n",
                      0.5 * (kLeft + kWidth - kRight), kHeight - 10.0);
        return svg;
    }

private:
    double x_tick_;
    double y_tick_;
    double x_range_;
    double y_range_;
};

std::string escaped(const std::string & text) {
    std::string result;
    for (const char c : text) {
        result += c == '&' ? "&amp;" : c == '<' ? "&lt;" : std::string(1, c);
    }
    return result;
}

std::string drawn(const Line & line, const Axes & axes, const char * color, double name_y) {
    std::string points;
    std::string dots;
    for (const auto & [position, milliseconds] : line.points) {
        points += format("%.1f,%.1f ", axes.x(position), axes.y(milliseconds));
        dots += format("<circle cx='%.1f' cy='%.1f' r='3' fill='%s'/>\n", axes.x(position), axes.y(milliseconds),
                       color);
    }
    std::string svg =
        format("<polyline points='%s' fill='none' stroke='%s' stroke-width='2'/>\n", points.c_str(), color) + dots;
    svg += format("<line x1='%.1f' y1='%.1f' x2='%.1f' y2='%.1f' stroke='%s' stroke-dasharray='4 4'/>\n", kLeft,
                  axes.y(line.bound), kWidth - kRight, axes.y(line.bound), color);
    svg += format("<text x='%.1f' y='%.1f' fill='%s'>%s</text>\n", kWidth - kRight + 12.0, name_y, color,
                  escaped(line.name).c_str());
    return svg;
}

}  // namespace

std::string plot_of(const BenchmarkReport & report) {
    const std::vector<Line> lines = lines_of(report);
    const Axes axes(lines);
    std::string svg = format(
        "<svg xmlns='http://www.w3.org/2000/svg' width='%.0f' height='%.0f' "
        "font-family='sans-serif' font-size='12'>\n<rect width='100%%' height='100%%' fill='white'/>\n",
        kWidth, kHeight);
    svg += format(
        "<text x='%.1f' y='20' font-size='14'>Time of a step with guidance, ms; dashed: reading the weights "
        "once</text>\n",
        kLeft);
    svg += format("<text x='%.1f' y='%.1f'>%s</text>\n", kWidth - kRight + 12.0, kHeight - kBottom,
                  escaped(report.machine.processor).c_str());
    svg += axes.drawn();
    for (size_t i = 0; i < lines.size(); ++i) {
        svg += drawn(lines[i], axes, kColors[i % std::size(kColors)], kTop + 10.0 + 18.0 * static_cast<double>(i));
    }
    return svg + "</svg>\n";
}

}  // namespace dia
