// docs/gguf-format.md lists what the tables have: every key and every tensor.
#include <gtest/gtest.h>

#include <set>

#include "gguf/gguf_file.h"
#include "gguf/tensor_names.h"
#include "model/model.h"
#include "small_checkpoint.h"

namespace dia::testing {
namespace {

// The names in the first column of the page's tables.
std::set<std::string> documented_names() {
    const std::string page = read_file(DIA_TEST_DOCS_DIR "/gguf-format.md");
    std::set<std::string> names;
    const std::string start = "\n| `";
    for (size_t at = page.find(start); at != std::string::npos; at = page.find(start, at + 1)) {
        const size_t begin = at + start.size();
        names.insert(page.substr(begin, page.find('`', begin) - begin));
    }
    return names;
}

// The documented type of a key: its second column.
std::string documented_type(const std::string & key) {
    const std::string page = read_file(DIA_TEST_DOCS_DIR "/gguf-format.md");
    const std::string row = "\n| `" + key + "` | ";
    const size_t at = page.find(row);
    return at == std::string::npos
               ? ""
               : page.substr(at + row.size(), page.find(' ', at + row.size()) - at - row.size());
}

class GgufFormatDoc : public ::testing::Test {
protected:
    GgufFormatDoc() { SmallCheckpoint().write(folder_); }

    TemporaryFolder folder_;
};

TEST_F(GgufFormatDoc, ListsEveryKeyAndTensorAndNothingElse) {
    const GgufFile file(convert_small(folder_));
    std::set<std::string> expected;
    for (int64_t i = 0; i < file.metadata_count(); ++i) {
        expected.insert(file.metadata_key(i));
    }
    Model model;
    model.hparams = small_hparams();
    for (const TensorEntry & entry : tensor_table(model, true)) {
        expected.insert(entry.pattern);
    }
    EXPECT_EQ(documented_names(), expected);
}

TEST_F(GgufFormatDoc, StatesTheTypeOfEveryKey) {
    const GgufFile file(convert_small(folder_));
    for (int64_t i = 0; i < file.metadata_count(); ++i) {
        EXPECT_EQ(documented_type(file.metadata_key(i)), file.metadata_type(i)) << file.metadata_key(i);
    }
}

TEST(TensorTable, NamesFitIntoStockGgml) {
    Model model;
    model.hparams.dac.emplace();
    model.hparams.dia.decoder.num_hidden_layers = 1024;
    std::set<std::string> names;
    for (const TensorEntry & entry : tensor_table(model, true)) {
        EXPECT_LE(entry.name.size(), 63u) << entry.name;
        EXPECT_TRUE(names.insert(entry.name).second) << entry.name << " is there twice";
        EXPECT_EQ(entry.name.find('{'), std::string::npos) << entry.name;
        EXPECT_EQ(*entry.slot, nullptr);
    }
}

TEST(TensorTable, HasTheTensorsOfThePublishedCheckpoints) {
    Model model;
    model.hparams.dac.emplace();
    size_t n_sources = 0;
    size_t n_codec_sources = 0;
    int64_t n_parameters = 0;
    int64_t n_codec_parameters = 0;
    for (const TensorEntry & entry : tensor_table(model, true)) {
        (entry.of_codec() ? n_codec_sources : n_sources) += entry.sources.size();
        (entry.of_codec() ? n_codec_parameters : n_parameters) += entry.n_elements();
    }
    EXPECT_EQ(n_sources, 335u);
    EXPECT_EQ(n_parameters, 1'611'160'576);
    EXPECT_EQ(n_codec_sources, 223u);
    EXPECT_EQ(n_codec_parameters, 76'620'777);
}

}  // namespace
}  // namespace dia::testing
