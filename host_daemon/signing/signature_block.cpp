// SPDX-License-Identifier: Apache-2.0
#include "signing/signature_block.hpp"

#include <algorithm>
#include <set>

#include "signing/one_time_keys.hpp"
#include "sluice/layout.hpp"

namespace sluice::signing {
namespace {

constexpr std::size_t kBlockHead = layout::SignatureBlock::bytes;
constexpr std::size_t kSlotHead = layout::SignatureSlot::bytes;

constexpr std::size_t padded(std::size_t bytes) { return (bytes + 7) / 8 * 8; }

template <class Frame>
void append_frame(Bytes& out, const Frame& frame) {
  std::array<std::uint8_t, Frame::bytes> bytes;
  frame.encode(bytes);
  append(out, bytes);
}

template <class Frame>
Frame frame_at(View bytes, std::size_t at) {
  return Frame::decode(bytes.subspan(at).template first<Frame::bytes>());
}

}  // namespace

Bytes SignatureBlock::encode() const {
  Bytes out;
  append_frame(out, layout::SignatureBlock{layout::SIGNATURE_MAGIC,
                                           static_cast<std::uint16_t>(layout::SIGNATURE_VERSION),
                                           static_cast<std::uint16_t>(signatures.size()), digest});
  for (const Signature& signature : signatures) {
    layout::SignatureSlot slot;
    std::copy_n(signature.key_id.begin(), slot.key_id.size(), slot.key_id.begin());
    slot.signature_bytes = static_cast<std::uint32_t>(signature.lms.size());
    append_frame(out, slot);
    append(out, signature.lms);
    out.resize(padded(out.size()));
  }
  return out;
}

SignatureBlock SignatureBlock::decode(View bytes) {
  if (bytes.size() < kBlockHead)
    throw Malformed("the signatures have " + std::to_string(bytes.size()) +
                    " bytes, less than their header");
  const auto head = frame_at<layout::SignatureBlock>(bytes, 0);
  if (head.magic != layout::SIGNATURE_MAGIC)
    throw Malformed("these are no signatures of an image (they would begin with SLSG)");
  if (head.version != layout::SIGNATURE_VERSION)
    throw Malformed("signatures of version " + std::to_string(head.version) +
                    ", this program reads 1");
  if (head.signatures == 0 || head.signatures > layout::SIGNATURES_MAX) {
    throw Malformed(std::to_string(head.signatures) + " signatures; there are one or two");
  }
  SignatureBlock block;
  block.digest = head.digest;
  std::size_t at = kBlockHead;
  for (unsigned i = 1; i <= head.signatures; ++i) {
    const std::string which = "signature " + std::to_string(i);
    if (bytes.size() - at < kSlotHead)
      throw Malformed(which + " is cut off at byte " + std::to_string(bytes.size()));
    const auto slot = frame_at<layout::SignatureSlot>(bytes, at);
    at += kSlotHead;
    if (slot.reserved != 0)
      throw Malformed(which + ": the reserved bytes at " + std::to_string(at - 4) +
                      " are not zero");
    // In this order nothing overflows: the length is at most what is left.
    if (slot.signature_bytes > bytes.size() - at ||
        padded(slot.signature_bytes) > bytes.size() - at) {
      throw Malformed(which + " says that it has " + std::to_string(slot.signature_bytes) +
                      " bytes, " + std::to_string(bytes.size() - at) + " are left");
    }
    const View lms = bytes.subspan(at, slot.signature_bytes);
    const View padding = bytes.subspan(at + lms.size(), padded(lms.size()) - lms.size());
    if (std::any_of(padding.begin(), padding.end(), [](std::uint8_t byte) { return byte != 0; })) {
      throw Malformed(which +
                      ": the bytes between its end and the next multiple of 8 are not zero");
    }
    at += padded(lms.size());
    Signature signature{{slot.key_id.begin(), slot.key_id.end()}, {lms.begin(), lms.end()}};
    for (const Signature& other : block.signatures) {
      if (other.key_id == signature.key_id)
        throw Malformed("key " + key_name(signature.key_id) + " has two signatures");
    }
    block.signatures.push_back(std::move(signature));
  }
  if (at != bytes.size())
    throw Malformed(std::to_string(bytes.size() - at) + " bytes behind the last signature");
  return block;
}

Bytes signed_message(const Digest& digest) {
  Bytes out;
  append_frame(out, layout::SignedMessage{layout::SIGNED_CONTEXT, digest});
  return out;
}

std::size_t block_bytes(const Parameters& parameters, unsigned count) {
  return kBlockHead + count * (kSlotHead + padded(parameters.signature_bytes()));
}

SignatureVerdict verify_signatures(const Digest& digest, View bytes,
                                   const std::vector<Signer>& signers) {
  SignatureVerdict verdict;
  SignatureBlock block;
  try {
    block = SignatureBlock::decode(bytes);
  } catch (const Malformed& error) {
    verdict.text = error.what();
    return verdict;
  }
  if (block.digest != digest) {
    verdict.text = "these are the signatures of another image";
    return verdict;
  }
  const Bytes message = signed_message(digest);
  std::set<const Signer*> have;
  bool all_good = true;
  for (const Signature& signature : block.signatures) {
    SignatureFinding finding{false, key_name(signature.key_id),
                             "this key is of none of the signers"};
    for (const Signer& signer : signers) {
      for (const PublicKey& key : signer.keys) {
        if (key.id != signature.key_id) continue;
        const auto why = why_invalid(key, message, signature.lms);
        if (why) {
          finding.text = *why;
        } else if (!have.insert(&signer).second) {
          finding.text = "a second signature of " + signer.name;
        } else {
          finding = {true, finding.key, signer.name};
        }
      }
    }
    all_good = all_good && finding.good;
    verdict.findings.push_back(std::move(finding));
  }
  for (const Signer& signer : signers) {
    if (!have.contains(&signer))
      verdict.text += (verdict.text.empty() ? "no good signature of " : ", ") + signer.name;
  }
  verdict.good = all_good && !signers.empty() && have.size() == signers.size();
  return verdict;
}

}  // namespace sluice::signing
