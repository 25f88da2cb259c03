// Runs a fuzz target without libFuzzer: every file that is named or lies in a named folder, and, with
// --mutants N, N damaged ones of these, after which no memory may be left. The damage is the same in every run.
//
//     dia_fuzz_gguf [--mutants 1000] FILE_OR_FOLDER...
#include <algorithm>
#include <cstring>
#include <filesystem>
#include <iostream>
#include <random>
#include <vector>

#include "fuzz_target.h"
#include "temporary_folder.h"

namespace {

namespace fs = std::filesystem;

// What a run may keep: the message of the last error, buffers of the C++ library.
constexpr int64_t kMaxGrowth = 16 * 1024;

std::vector<std::string> read_inputs(const std::vector<std::string> & paths) {
    std::vector<std::string> files;
    for (const std::string & path : paths) {
        if (fs::is_directory(path)) {
            for (const auto & entry : fs::directory_iterator(path)) {
                files.push_back(entry.path().string());
            }
        } else {
            files.push_back(path);
        }
    }
    std::sort(files.begin(), files.end());
    std::vector<std::string> inputs;
    for (const std::string & file : files) {
        inputs.push_back(dia::testing::read_file(file));
    }
    return inputs;
}

// Numbers on which sums and products turn.
uint64_t telling_number(std::mt19937_64 & random) {
    static constexpr uint64_t kNumbers[] = {0,          1,          2,         31,         32,         0x7f,
                                            0xff,       0x7fff,     0xffff,    1ull << 16, 0x7fffffff, 0xffffffff,
                                            1ull << 32, 1ull << 62, INT64_MAX, UINT64_MAX};
    return kNumbers[random() % (sizeof kNumbers / sizeof *kNumbers)];
}

void damage(std::string & input, std::mt19937_64 & random) {
    if (input.empty()) {
        input.push_back(static_cast<char>(random()));
        return;
    }
    // Most of a model is weights; what decides stands at its begin.
    const size_t reach = random() % 4 == 0 ? input.size() : std::min<size_t>(input.size(), 8192);
    const size_t at = random() % reach;
    const size_t rest = input.size() - at;
    switch (random() % 6) {
        case 0:
            input[at] = static_cast<char>(random());
            return;
        case 1:
            input[at] = static_cast<char>(input[at] ^ (1 << random() % 8));
            return;
        case 2: {
            const uint64_t number = telling_number(random);
            std::memcpy(input.data() + at, &number, std::min(rest, size_t{1} << random() % 4));
            return;
        }
        case 3:
            input.resize(at);
            return;
        case 4:
            input.erase(at, std::min<size_t>(rest, 1 + random() % 16));
            return;
        default:
            input.insert(at, input.substr(random() % input.size(), 1 + random() % 16));
            return;
    }
}

void run(const std::string & input) {
    // In memory of exactly this size, so that a sanitizer sees a byte read behind it.
    const std::vector<uint8_t> bytes(input.begin(), input.end());
    LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
}

}  // namespace

int main(int argc, char ** argv) {
    std::vector<std::string> paths(argv + 1, argv + argc);
    size_t n_mutants = 0;
    if (paths.size() >= 2 && paths[0] == "--mutants") {
        n_mutants = std::stoul(paths[1]);
        paths.erase(paths.begin(), paths.begin() + 2);
    }
    const std::vector<std::string> inputs = read_inputs(paths);
    if (inputs.empty()) {
        std::cerr << "usage: " << argv[0] << " [--mutants N] FILE_OR_FOLDER...\n";
        return 2;
    }
    for (const std::string & input : inputs) {
        run(input);
    }
    const int64_t bytes_before = dia_live_bytes();
    std::mt19937_64 random(1);
    for (size_t i = 0; i < n_mutants; ++i) {
        std::string input = inputs[random() % inputs.size()];
        for (uint64_t n = 1 + random() % 4; n > 0; --n) {
            damage(input, random);
        }
        run(input);
    }
    const int64_t growth = dia_live_bytes() - bytes_before;
    dia_fuzz::expect(growth <= kMaxGrowth, "memory does not grow from input to input");
    std::cout << inputs.size() << " inputs and " << n_mutants << " mutants; they left " << growth << " bytes\n";
    return 0;
}
