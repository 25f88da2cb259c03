#include <nlohmann/json.hpp>

#include "benchmark/report.h"

namespace dia {

namespace {

using Json = nlohmann::ordered_json;

Json json_of(const Timing & timing) {
    return {{"runs", timing.n_runs},
            {"min_ms", 1e3 * timing.min},
            {"median_ms", 1e3 * timing.median},
            {"max_ms", 1e3 * timing.max}};
}

Json json_of(const Measurement & measurement) {
    Json json = {{"phase", measurement.phase}};
    if (measurement.n_rows) {
        json["batch_size"] = *measurement.n_rows;
    }
    if (measurement.position) {
        json["position"] = *measurement.position;
    }
    json.update(json_of(measurement.timing));
    if (measurement.bound) {
        json["bound_ms"] = 1e3 * measurement.bound->seconds;
        json["bound"] = measurement.bound->reason;
        json["ratio"] = measurement.timing.median / measurement.bound->seconds;
    }
    for (const auto & [name, value] : measurement.figures) {
        json[name] = value;
    }
    json["peak_resident_bytes"] = measurement.peak_bytes;
    return json;
}

Json json_of(const ReadBandwidth & bandwidth) {
    Json json = {{"bytes", bandwidth.n_bytes}, {"gb_per_second", 1e-9 * bandwidth.bytes_per_second()}};
    json.update(json_of(bandwidth.timing));
    return json;
}

Json json_of(const std::map<ggml_type, MatrixProduct> & products) {
    Json json = Json::array();
    for (const auto & [type, product] : products) {
        Json entry = {{"type", ggml_type_name(type)}, {"gflops", 1e-9 * product.flops_per_second()}};
        entry.update(json_of(product.timing));
        json.push_back(std::move(entry));
    }
    return json;
}

Json json_of(const BenchmarkRun & run) {
    Json json = {{"model", run.model},
                 {"name", run.name},
                 {"parameters", run.n_parameters},
                 {"bytes", run.n_bytes},
                 {"cache_type", run.cache_type},
                 {"device", run.device.name()},
                 {"device_description", run.device.description()},
                 {"threads", run.n_threads}};
    json["read_bandwidth"] = json_of(run.read_bandwidth);
    json["matrix_products"] = json_of(run.matrix_products);
    json["measurements"] = Json::array();
    for (const Measurement & measurement : run.measurements) {
        json["measurements"].push_back(json_of(measurement));
    }
    return json;
}

Json json_of(const Machine & machine) {
    return {{"processor", machine.processor},
            {"cores", machine.n_cores},
            {"logical_processors", machine.n_logical_processors},
            {"system", machine.system},
            {"cpu_level", machine.cpu_level}};
}

}  // namespace

std::string json_of(const BenchmarkReport & report) {
    Json json = {{"time", report.machine.time},
                 {"version", report.machine.version},
                 {"commit", report.machine.commit},
                 {"machine", json_of(report.machine)}};
    json["runs"] = Json::array();
    for (const BenchmarkRun & run : report.runs) {
        json["runs"].push_back(json_of(run));
    }
    return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace dia
