// SPDX-License-Identifier: Apache-2.0
// Any bytes as a record of an image: the batch call, feed() by single bytes, feed() in
// pieces and the naive engine give one and the same verdict, within invariant 11's bound; and what
// they accept the judge accepts.
//
//   input: options, endpoint, record.  options: 0 policy, 1 pipeline, 2 mend the content-length,
//          3..7 length of the pieces.  endpoint: 6..7 which policies, see `policy_of`
#include <algorithm>

#include "fuzz/support.hpp"
#include "levels/record_text.hpp"
#include "support/feeding.hpp"

using namespace sluice;
using fuzz::finding;
using fuzz::show;

namespace {

// The two examples, then maps, Protobuf bodies and both.
const fuzz::Policy& policy_of(unsigned options, unsigned chosen) {
  static constexpr unsigned wide[] = {0, 6, 7, 4};
  const unsigned group = chosen >> 6;
  return fuzz::policy(group == 0 ? options & 1 : wide[group]);
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Input input(data, size);
  const unsigned options = input.u8();
  const unsigned chosen = input.u8();
  const fuzz::Policy& policy = policy_of(options, chosen);
  const bool request = (options & 2) == 0;
  const auto pipeline = request ? layout::Pipeline::REQUEST : layout::Pipeline::RESPONSE;
  const auto endpoints = static_cast<unsigned>(policy.image.endpoints().size());
  const auto endpoint =
      static_cast<std::uint16_t>(request ? 0 : 1 + (chosen & 63) % std::max(1U, endpoints - 1));
  std::string text(fuzz::text_of(input.rest()));
  if ((options & 4) != 0) test::mend_length(text);
  const auto record = fuzz::bytes_of(text);

  const auto& image = fuzz::seeded_fault ? policy.spoiled : policy.image;
  const engine::Verdict whole = engine::judge(image, pipeline, endpoint, record);
  const engine::Verdict naive =
      request ? policy.naive.judge_request(record) : policy.naive.judge_response(endpoint, record);
  const engine::Verdict bytes =
      support::judge_in_pieces(policy.image, pipeline, endpoint, record, [] { return 1U; });
  const engine::Verdict pieces = support::judge_in_pieces(policy.image, pipeline, endpoint, record,
                                                          [&] { return 2U + (options >> 3); });
  if (!(whole == naive)) finding("batch " + show(whole) + ", naive engine " + show(naive));
  if (!(whole == bytes)) finding("batch " + show(whole) + ", byte by byte " + show(bytes));
  if (!(whole == pieces)) finding("batch " + show(whole) + ", in pieces " + show(pieces));
  if (whole.steps > 3 * record.size() + 1)
    finding("invariant 11: " + show(whole) + " of " + std::to_string(record.size()) + " bytes");
  if (whole.accepted()) fuzz::require_judged(policy, pipeline, whole.endpoint, text);
  return 0;
}
