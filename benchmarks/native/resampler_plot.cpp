// Draws what the resampler makes of tones from 20 Hz to 24 kHz on their way from 48 to 44.1 kHz, as an SVG picture:
//
//     resampler_plot docs/resampler.svg
//
// Above: the gain of each tone, and all that comes out beside it, which is aliases, images and rounding. Below: the
// gain of the pass band, much enlarged. The numbers behind it are asserted by the resampler's
// tests.

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

#include "audio/resampler.h"
#include "tone.h"

namespace {

constexpr int32_t kFrom = 48000;
constexpr int32_t kTo = 44100;
constexpr size_t kSamples = 9600;
constexpr double kFirst = 20;
constexpr double kLast = 24000;
constexpr double kStep = 60;
// A tone beyond the new Nyquist frequency has no place in the result: all of it is a residual.
constexpr double kNyquist = kTo / 2.0;

struct Point {
    double frequency;
    double decibels;
};

struct Curves {
    std::vector<Point> gain;
    std::vector<Point> residual;
};

Curves measure() {
    Curves curves;
    for (double frequency = kFirst; frequency < kLast; frequency += kStep) {
        const std::vector<float> output = dia::resample(dia::testing::sine(frequency, kFrom, kSamples), kFrom, kTo);
        const dia::testing::Tone tone = dia::testing::measure_tone(output, frequency, kTo);
        if (frequency < kNyquist) {
            curves.gain.push_back({frequency, tone.gain_db});
            curves.residual.push_back({frequency, tone.residual_db});
        } else {
            double peak = 0;
            for (size_t i = output.size() / 4; i < output.size() * 3 / 4; ++i) {
                peak = std::max(peak, std::fabs(static_cast<double>(output[i])));
            }
            curves.residual.push_back({frequency, dia::testing::decibels(peak)});
        }
    }
    return curves;
}

std::string number(double value, int decimals = 1) {
    char buffer[64];
    std::snprintf(buffer, sizeof buffer, "%.*f", decimals, value);
    return buffer;
}

// name="value", with a blank before it.
std::string attribute(const char * name, double value) {
    return std::string(" ") + name + "=\"" + number(value) + "\"";
}

// A system of coordinates: frequencies from 0 to `last` to the right, decibels from `bottom` to `top` upwards.
class Panel {
public:
    Panel(double y, double height, double last, double bottom, double top)
        : y_(y), height_(height), last_(last), bottom_(bottom), top_(top) {}

    void draw_axes(double frequency_step, double decibel_step, int decimals, const char * caption) {
        for (double f = 0; f <= last_ + 1; f += frequency_step) {
            line(f, bottom_, f, top_, "grid");
            label(x(f), y_ + height_ + 16, "middle", number(f / 1000, 0));
        }
        for (double d = bottom_; d <= top_ + decibel_step / 2; d += decibel_step) {
            // Sums of steps leave a negative zero behind.
            const double shown = std::fabs(d) < decibel_step / 2 ? 0 : d;
            line(0, shown, last_, shown, "grid");
            label(kLeft - 8, y(shown) + 4, "end", number(shown, decimals) + " dB");
        }
        label(kLeft, y_ - 10, "start", caption);
        label(kLeft + kWidth, y_ + height_ + 32, "end", "kHz");
    }

    void draw_limit(double first, double last, double decibels) { line(first, decibels, last, decibels, "limit"); }

    void draw_curve(const std::vector<Point> & points, const char * style) {
        svg_ += std::string("<polyline class=\"") + style + "\" points=\"";
        for (const Point & point : points) {
            if (point.frequency <= last_) {
                svg_ +=
                    number(x(point.frequency)) + "," + number(y(std::clamp(point.decibels, bottom_, top_))) + " ";
            }
        }
        svg_ += "\"/>\n";
    }

    void note(double frequency, double decibels, const char * text) {
        label(x(frequency), y(decibels), "start", text);
    }

    const std::string & svg() const { return svg_; }

    static constexpr double kLeft = 90;
    static constexpr double kWidth = 660;

private:
    double x(double frequency) const { return kLeft + kWidth * frequency / last_; }
    double y(double decibels) const { return y_ + height_ * (top_ - decibels) / (top_ - bottom_); }

    void line(double f1, double d1, double f2, double d2, const char * style) {
        svg_ += std::string("<line class=\"") + style + "\"" + attribute("x1", x(f1)) + attribute("y1", y(d1)) +
                attribute("x2", x(f2)) + attribute("y2", y(d2)) + "/>\n";
    }

    void label(double left, double baseline, const char * anchor, const std::string & text) {
        svg_ += "<text" + attribute("x", left) + attribute("y", baseline) + " text-anchor=\"" + anchor + "\">" +
                text + "</text>\n";
    }

    double y_, height_, last_, bottom_, top_;
    std::string svg_;
};

std::string draw(const Curves & curves) {
    Panel whole(40, 260, kLast, -140, 0);
    whole.draw_axes(2000, 20, 0, "48 to 44.1 kHz: gain of tones, and what comes out beside them");
    whole.draw_limit(0, kLast, -90);
    whole.draw_curve(curves.gain, "gain");
    whole.draw_curve(curves.residual, "residual");
    whole.note(500, -8, "gain");
    whole.note(500, -84, "limit: -90 dB");
    whole.note(500, -105, "aliases, images, rounding");

    Panel pass_band(380, 120, 20000, -0.0001, 0.0001);
    pass_band.draw_axes(2000, 0.00005, 5, "The pass band up to 20 kHz (allowed up to 18 kHz: 0.1 dB)");
    pass_band.draw_curve(curves.gain, "gain");

    return "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 780 550\" font-family=\"sans-serif\" "
           "font-size=\"12\">\n"
           "<style>rect{fill:#fff}text{fill:#333}.grid{stroke:#ddd}.limit{stroke:#c33;stroke-dasharray:6 4}"
           "polyline{fill:none;stroke-width:1.5}.gain{stroke:#06c}.residual{stroke:#093}</style>\n"
           "<rect width=\"780\" height=\"550\"/>\n" +
           whole.svg() + pass_band.svg() + "</svg>\n";
}

}  // namespace

int main(int argc, char ** argv) {
    if (argc != 2) {
        std::fprintf(stderr, "usage: resampler_plot <picture.svg>\n");
        return EXIT_FAILURE;
    }
    const Curves curves = measure();
    std::ofstream file(argv[1], std::ios::binary);
    file << draw(curves);
    file.close();
    if (!file) {
        std::fprintf(stderr, "'%s' cannot be written\n", argv[1]);
        return EXIT_FAILURE;
    }
    for (const Point & point : curves.residual) {
        std::printf("%8.0f Hz: beside the tone %7.1f dB\n", point.frequency, point.decibels);
    }
    return EXIT_SUCCESS;
}
