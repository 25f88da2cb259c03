// A test of a GPU (test_gpu.h) beside the processor.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "backend/device.h"
#include "dia/dia.h"
#include "model/model.h"
#include "temporary_folder.h"

namespace dia::testing {

class DeviceTest : public ::testing::Test {
protected:
    static void SetUpTestSuite();
    static void TearDownTestSuite();

    static Device gpu() { return gpu_; }

    // A model of random weights, written once for every type: a tiny one, whose widths fill the blocks of every
    // type.
    static std::string model_path(dia_type type, dia_type codec_type = DIA_TYPE_AUTO);
    static std::shared_ptr<const Model> load(dia_type type, Device device, dia_type codec_type = DIA_TYPE_AUTO);

    // The same with so many layers on the GPU: 0 to 3.
    static std::shared_ptr<const Model> load_split(dia_type type, int32_t n_gpu_layers);

private:
    static Device gpu_;
    static std::unique_ptr<TemporaryFolder> folder_;
};

}  // namespace dia::testing
