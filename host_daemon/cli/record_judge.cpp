// SPDX-License-Identifier: Apache-2.0
#include "cli/record_judge.hpp"

#include <stdexcept>
#include <variant>

#include "cli/device_judge.hpp"
#include "engine/engine.hpp"
#include "engine/image.hpp"
#include "cli/hexadecimal.hpp"

namespace sluice::cli {
namespace {

void check_endpoint(const engine::Image& image, const RecordJudge::Case& one) {
  if (one.pipeline == layout::Pipeline::RESPONSE &&
      (one.endpoint == 0 || one.endpoint >= image.endpoints().size())) {
    throw std::invalid_argument("the image has no endpoint " + std::to_string(one.endpoint));
  }
}

class EngineJudge : public RecordJudge {
 public:
  explicit EngineJudge(engine::Image image) : image_(std::move(image)) {}

  std::vector<engine::Verdict> judge(std::span<const Case> cases) override {
    std::vector<engine::Verdict> verdicts;
    verdicts.reserve(cases.size());
    for (const Case& one : cases) {
      check_endpoint(image_, one);
      verdicts.push_back(engine::judge(image_, one.pipeline, one.endpoint, one.record));
    }
    return verdicts;
  }
  std::string digest() const override { return hexadecimal(image_.digest()); }

 private:
  engine::Image image_;
};

}  // namespace

std::unique_ptr<RecordJudge> RecordJudge::create(simulator::Level level, std::span<const std::uint8_t> image,
                                                 SampleRequest sample_request) {
  auto checked = engine::Image::load(image);
  if (const auto* error = std::get_if<engine::LoadError>(&checked)) {
    throw std::runtime_error("image refused: " + error->text);
  }
  engine::Image& good = std::get<engine::Image>(checked);
  if (level == simulator::Level::engine) return std::make_unique<EngineJudge>(std::move(good));
  return std::make_unique<DeviceJudge>(level, image, std::move(good), std::move(sample_request));
}

}  // namespace sluice::cli
