#include "support/input_file.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "dac/dac_codec.h"
#include "expect_error.h"
#include "generation/predictor.h"
#include "model/model.h"
#include "small_checkpoint.h"
#include "support/file_mapping.h"

#if !defined(_WIN32)
#include <sys/stat.h>
#endif

namespace dia::testing {
namespace {

namespace fs = std::filesystem;

std::string text_of(const std::vector<uint8_t> & bytes) {
    return {bytes.begin(), bytes.end()};
}

TEST(InputFile, ReadsAnywhere) {
    const TemporaryFolder folder;
    const InputFile file(folder.write("\xC3\xA4.bin", "0123456789"));
    EXPECT_EQ(file.n_bytes(), 10u);
    EXPECT_EQ(text_of(file.read_bytes(3, 4)), "3456");
    EXPECT_EQ(text_of(file.read_all()), "0123456789");
    EXPECT_EQ(text_of(file.read_bytes(10, 0)), "");
    EXPECT_TRUE(InputFile(folder.write("empty", "")).read_all().empty());
}

TEST(InputFile, RefusesWhatIsNoFile) {
    const TemporaryFolder folder;
    expect_error(DIA_STATUS_IO, {folder.path("none"), "cannot open"}, [&] { InputFile(folder.path("none")); });
#if !defined(_WIN32)
    expect_error(DIA_STATUS_IO, {folder.path(), "not a regular file"}, [&] { InputFile(folder.path()); });
    ASSERT_EQ(mkfifo(folder.path("pipe").c_str(), 0600), 0);
    expect_error(DIA_STATUS_IO, {"pipe", "not a regular file"}, [&] { InputFile(folder.path("pipe")); });
#endif
}

TEST(InputFile, TellsWhatItCouldNotRead) {
    const TemporaryFolder folder;
    const InputFile file(folder.write("short", "0123456789"));
    expect_error(DIA_STATUS_IO, {"short", "ends at byte 10"}, [&] { file.read_bytes(8, 4); });
#if defined(__linux__)
    // Nothing is mapped at address 0: a regular file whose first byte cannot be read.
    expect_error(DIA_STATUS_IO, {"/proc/self/mem", "at byte 0", "Input/output error"},
                 [] { InputFile("/proc/self/mem").read_bytes(0, 1); });
#endif
}

#if !defined(_WIN32)  // where a file that is open cannot be cut

TEST(InputFile, NoticesThatItBecameShorter) {
    const TemporaryFolder folder;
    const std::string path = folder.write("cut", "0123456789");
    const auto file = std::make_shared<const InputFile>(path);
    const FileMapping mapping(file);
    mapping.check_size();
    fs::resize_file(path, 4);
    EXPECT_EQ(text_of(file->read_bytes(0, 4)), "0123");
    expect_error(DIA_STATUS_IO, {path, "ends at byte 4", "had 10 bytes"}, [&] { file->read_all(); });
    expect_error(DIA_STATUS_IO, {path, "shorter", "had 10 bytes and has 4"}, [&] { mapping.check_size(); });
}

// Copying over the file of a loaded model cuts it to nothing first. Touching its pages then would end the process.
TEST(InputFile, AModelWhoseFileIsCutRefusesToRun) {
    const TemporaryFolder folder;
    SmallCheckpoint().write(folder);
    const std::string path = convert_small(folder);
    LoadOptions options;
    options.use_mmap = false;
    const auto read = load_model(path, options);
    const auto mapped = load_model(path, {});
    DecoderSessionOptions session;
    session.n_positions = 8;
    const auto predictor = model_predictor(mapped)(session);
    const std::vector<int32_t> ids = {1, 72, 105};
    const std::vector<int32_t> prefix(static_cast<size_t>(mapped->hparams.dia.decoder.num_channels),
                                      mapped->hparams.dia.bos_token_id);
    DacCodec codec(mapped, {});
    const std::vector<float> sound(64, 0.25f);

    fs::resize_file(path, 0);
    expect_error(DIA_STATUS_IO, {path, "shorter"}, [&] { predictor->prefill(0, ids, prefix); });
    expect_error(DIA_STATUS_IO, {path, "shorter"}, [&] { codec.encode(sound); });
    const auto undisturbed = model_predictor(read)(session);
    undisturbed->prefill(0, ids, prefix);
    EXPECT_FALSE(undisturbed->logits(0).conditional.empty());
    expect_error(DIA_STATUS_INVALID_FILE, {path, "0 bytes"}, [&] { load_model(path, {}); });
}

#endif

}  // namespace
}  // namespace dia::testing
