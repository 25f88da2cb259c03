// Measures how fast models run on this machine, beside what the machine can do at best: `dianative bench` without
// .NET. docs/performance.md tells what is measured and how.

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "dia/dia.h"

namespace {

constexpr const char * kUsage = R"(usage: dia-bench [model.gguf ...] [options]

Measures models, or ones of random weights that it makes itself:

  --synthetic NAME[,NAME...]  dia-1.6b (the default without a model), overhead, tiny
  --type TYPE[,TYPE...]       of the matrices: f32, f16, bf16, q8_0 (the default), q6_k, q5_k, q5_0, q4_k, iq4_nl, q4_0,
                              q5_k_m, q4_k_m
  --codec-type TYPE           of DAC's convolutions: f32 (the default) or f16
  --folder FOLDER             where models of random weights are kept from one time to the next; default: this one

  --phases NAME[,NAME...]     load, encode, prefill, decode, sample, codec, first-audio, total; default: all but total
  --device NAME               what is measured, such as CPU (the default) or Vulkan0; auto: the first GPU, if there is one
  --threads N[,N...]          default 0: the physical cores, fewer for a small model
  --batches N[,N...]          rows of a step; default 1,8
  --positions N[,N...]        where steps are measured; default 0,64,430,512,860,1720,2600,3000
  --warm-up N                 runs before those that count; default 1
  --repetitions N             most runs that count; default 10
  --seconds S                 after which no further run of a measurement begins; default 4

  --json FILE                 everything, for programs
  --plot FILE                 an SVG of the time of a step against the position
)";

struct UsageError : std::runtime_error {
    using std::runtime_error::runtime_error;
};

struct WeightType {
    dia_type type;
    dia_mix mix;
};

const std::map<std::string, WeightType> kTypes = {
    {"f32", {DIA_TYPE_F32, DIA_MIX_NONE}},       {"f16", {DIA_TYPE_F16, DIA_MIX_NONE}},
    {"bf16", {DIA_TYPE_BF16, DIA_MIX_NONE}},     {"q8_0", {DIA_TYPE_Q8_0, DIA_MIX_NONE}},
    {"q6_k", {DIA_TYPE_Q6_K, DIA_MIX_NONE}},     {"q5_k", {DIA_TYPE_Q5_K, DIA_MIX_NONE}},
    {"q5_k_m", {DIA_TYPE_Q5_K, DIA_MIX_MEDIUM}}, {"q5_0", {DIA_TYPE_Q5_0, DIA_MIX_NONE}},
    {"q4_k", {DIA_TYPE_Q4_K, DIA_MIX_NONE}},     {"q4_k_m", {DIA_TYPE_Q4_K, DIA_MIX_MEDIUM}},
    {"iq4_nl", {DIA_TYPE_IQ4_NL, DIA_MIX_NONE}}, {"q4_0", {DIA_TYPE_Q4_0, DIA_MIX_NONE}},
};

const std::map<std::string, WeightType> kCodecTypes = {
    {"f32", {DIA_TYPE_F32, DIA_MIX_NONE}},
    {"f16", {DIA_TYPE_F16, DIA_MIX_NONE}},
};

const std::map<std::string, dia_benchmark_phase> kPhases = {
    {"load", DIA_BENCHMARK_PHASE_LOAD},       {"encode", DIA_BENCHMARK_PHASE_ENCODE},
    {"prefill", DIA_BENCHMARK_PHASE_PREFILL}, {"decode", DIA_BENCHMARK_PHASE_DECODE},
    {"sample", DIA_BENCHMARK_PHASE_SAMPLE},   {"codec", DIA_BENCHMARK_PHASE_CODEC},
    {"total", DIA_BENCHMARK_PHASE_TOTAL},     {"first-audio", DIA_BENCHMARK_PHASE_FIRST_AUDIO},
};

struct Options {
    std::vector<std::string> models;
    std::vector<std::string> presets;
    std::vector<std::string> types = {"q8_0"};
    std::string codec_type = "f32";
    std::string folder = ".";
    int32_t phases = 0;  // 0: the library's default
    std::string device = "CPU";
    std::vector<int32_t> threads = {0};
    std::vector<int32_t> batch_sizes;
    std::vector<int32_t> positions;
    int32_t warm_up = -1;  // -1: the library's default, as of the two below
    int32_t repetitions = -1;
    double max_seconds = -1.0;
    std::string json_path;
    std::string plot_path;
};

// What stands between commas.
std::vector<std::string> split(const std::string & text) {
    std::vector<std::string> parts;
    for (size_t begin = 0; begin <= text.size();) {
        const size_t end = std::min(text.find(',', begin), text.size());
        parts.push_back(text.substr(begin, end - begin));
        begin = end + 1;
    }
    return parts;
}

template <typename Value>
const Value & find(const std::map<std::string, Value> & values, const std::string & name,
                   const std::string & option) {
    const auto found = values.find(name);
    if (found == values.end()) {
        std::string names;
        for (const auto & [known, value] : values) {
            names += (names.empty() ? "" : ", ") + known;
        }
        throw UsageError(option + " is '" + name + "', expected one of " + names);
    }
    return found->second;
}

int32_t whole_number(const std::string & text, const std::string & option) {
    errno = 0;
    char * end = nullptr;
    const long number = std::strtol(text.c_str(), &end, 10);
    if (text.empty() || *end != '\0' || errno != 0 || number < 0 || number > INT32_MAX) {
        throw UsageError(option + " is '" + text + "', expected a whole number");
    }
    return static_cast<int32_t>(number);
}

std::vector<int32_t> whole_numbers(const std::string & text, const std::string & option) {
    std::vector<int32_t> numbers;
    for (const std::string & part : split(text)) {
        numbers.push_back(whole_number(part, option));
    }
    return numbers;
}

double positive_number(const std::string & text, const std::string & option) {
    char * end = nullptr;
    const double number = std::strtod(text.c_str(), &end);
    if (text.empty() || *end != '\0' || !(number > 0.0)) {
        throw UsageError(option + " is '" + text + "', expected a number above 0");
    }
    return number;
}

void set_option(Options & options, const std::string & name, const std::string & value) {
    if (name == "--synthetic") {
        options.presets = split(value);
    } else if (name == "--type") {
        options.types = split(value);
        for (const std::string & type : options.types) {
            find(kTypes, type, name);
        }
    } else if (name == "--codec-type") {
        find(kCodecTypes, value, name);
        options.codec_type = value;
    } else if (name == "--folder") {
        options.folder = value;
    } else if (name == "--phases") {
        options.phases = 0;
        for (const std::string & phase : split(value)) {
            options.phases |= find(kPhases, phase, name);
        }
    } else if (name == "--device") {
        options.device = value;
    } else if (name == "--threads") {
        options.threads = whole_numbers(value, name);
    } else if (name == "--batches") {
        options.batch_sizes = whole_numbers(value, name);
    } else if (name == "--positions") {
        options.positions = whole_numbers(value, name);
    } else if (name == "--warm-up") {
        options.warm_up = whole_number(value, name);
    } else if (name == "--repetitions") {
        options.repetitions = whole_number(value, name);
    } else if (name == "--seconds") {
        options.max_seconds = positive_number(value, name);
    } else if (name == "--json") {
        options.json_path = value;
    } else if (name == "--plot") {
        options.plot_path = value;
    } else {
        throw UsageError("there is no option " + name);
    }
}

Options parse(const std::vector<std::string> & arguments) {
    Options options;
    for (size_t i = 0; i < arguments.size(); ++i) {
        const std::string & argument = arguments[i];
        if (argument.compare(0, 2, "--") != 0) {
            options.models.push_back(argument);
        } else if (i + 1 == arguments.size()) {
            throw UsageError(argument + " has no value");
        } else {
            set_option(options, argument, arguments[++i]);
        }
    }
    if (options.models.empty() && options.presets.empty()) {
        options.presets = {"dia-1.6b"};
    }
    return options;
}

void require_ok(dia_status status) {
    if (status != DIA_STATUS_OK) {
        throw std::runtime_error(dia_last_error_message());
    }
}

bool exists(const std::string & path) {
    return std::ifstream(path).good();
}

// The file of a model of random weights, made if it is not there yet.
std::string synthesized(const std::string & preset, const std::string & type, const Options & options) {
    const std::string path =
        options.folder + "/synthetic-" + preset + "-" + type + "-" + options.codec_type + ".gguf";
    if (exists(path)) {
        return path;
    }
    std::fprintf(stderr, "making %s\n", path.c_str());
    dia_synthesize_params params;
    require_ok(dia_synthesize_params_init(&params, sizeof params));
    params.preset = preset.c_str();
    params.type = kTypes.at(type).type;
    params.mix = kTypes.at(type).mix;
    params.codec_type = kCodecTypes.at(options.codec_type).type;
    params.output_path = path.c_str();
    require_ok(dia_synthesize(&params));
    return path;
}

// A dot for every measurement that is done.
int32_t show_progress(int64_t done, int64_t, void * n_dots) {
    for (auto & dots = *static_cast<int64_t *>(n_dots); dots < done; ++dots) {
        std::fputc('.', stderr);
    }
    return 0;
}

void run(dia_benchmark * benchmark, const std::string & path, int32_t n_threads, const Options & options) {
    dia_benchmark_params params;
    require_ok(dia_benchmark_params_init(&params, sizeof params));
    params.device = options.device.c_str();
    params.n_threads = n_threads;
    params.phases = options.phases != 0 ? options.phases : params.phases;
    params.warm_up = options.warm_up >= 0 ? options.warm_up : params.warm_up;
    params.repetitions = options.repetitions >= 0 ? options.repetitions : params.repetitions;
    params.max_seconds = options.max_seconds > 0.0 ? options.max_seconds : params.max_seconds;
    params.positions = options.positions.data();
    params.n_positions = static_cast<int64_t>(options.positions.size());
    params.batch_sizes = options.batch_sizes.data();
    params.n_batch_sizes = static_cast<int64_t>(options.batch_sizes.size());
    int64_t n_dots = 0;
    params.progress = show_progress;
    params.user_data = &n_dots;
    std::fprintf(stderr, "measuring %s ", path.c_str());
    require_ok(dia_benchmark_run(benchmark, path.c_str(), &params));
    std::fputc('\n', stderr);
}

void write_file(const std::string & path, const char * content) {
    std::ofstream file(path, std::ios::binary);
    if (!(file << content) || !file.flush()) {
        throw std::runtime_error(path + " cannot be written");
    }
}

void measure(const Options & options) {
    std::vector<std::string> paths = options.models;
    for (const std::string & preset : options.presets) {
        for (const std::string & type : options.types) {
            paths.push_back(synthesized(preset, type, options));
        }
    }
    dia_benchmark * created = nullptr;
    require_ok(dia_benchmark_create(&created));
    const std::unique_ptr<dia_benchmark, void (*)(dia_benchmark *)> benchmark(created, dia_benchmark_free);
    for (const std::string & path : paths) {
        for (const int32_t n_threads : options.threads) {
            run(benchmark.get(), path, n_threads, options);
        }
    }
    std::fputs(dia_benchmark_table(benchmark.get()), stdout);
    if (!options.json_path.empty()) {
        write_file(options.json_path, dia_benchmark_json(benchmark.get()));
    }
    if (!options.plot_path.empty()) {
        write_file(options.plot_path, dia_benchmark_plot(benchmark.get()));
    }
}

}  // namespace

int main(int n_arguments, char ** arguments) {
    const std::vector<std::string> given(arguments + 1, arguments + n_arguments);
    if (!given.empty() && (given[0] == "--help" || given[0] == "-h")) {
        std::fputs(kUsage, stdout);
        return 0;
    }
    try {
        measure(parse(given));
        return 0;
    } catch (const UsageError & error) {
        std::fprintf(stderr, "dia-bench: %s\n%s", error.what(), kUsage);
        return 2;
    } catch (const std::exception & error) {
        std::fprintf(stderr, "dia-bench: %s\n", error.what());
        return 1;
    }
}
