// SPDX-License-Identifier: Apache-2.0
#include "signing/lms.hpp"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <thread>

#include "signing/lmots.hpp"

namespace sluice::signing {
namespace {

// RFC 8554 section 5.3.
constexpr std::uint16_t kLeaf = 0x8282;
constexpr std::uint16_t kInner = 0x8383;

constexpr std::string_view kKeyMagic = "SLUIKEY1";

Bytes cut(const Digest& digest, unsigned n) { return {digest.begin(), digest.begin() + n}; }

Bytes leaf_node(const LmsSet& set, View id, std::uint32_t r, View one_time_public) {
  return cut(sha256({id, big_endian<4>(r), big_endian<2>(kLeaf), one_time_public}), set.n);
}

Bytes inner_node(const LmsSet& set, View id, std::uint32_t r, View left, View right) {
  return cut(sha256({id, big_endian<4>(r), big_endian<2>(kInner), left, right}), set.n);
}

View text(std::string_view words) {
  return {reinterpret_cast<const std::uint8_t*>(words.data()), words.size()};
}

std::string bytes_text(std::size_t bytes) { return std::to_string(bytes) + " bytes"; }

}  // namespace

Parameters parameters_of(std::uint32_t lms_type, std::uint32_t lmots_type) {
  const LmsSet* lms = lms_set(lms_type);
  const LmotsSet* lmots = lmots_set(lmots_type);
  if (lms == nullptr)
    throw Malformed("LMS typecode " + std::to_string(lms_type) +
                    " is not one of SHA-256 or SHA-256/192 (5 to 14)");
  if (lmots == nullptr)
    throw Malformed("LM-OTS typecode " + std::to_string(lmots_type) +
                    " is not one of SHA-256 or SHA-256/192 (1 to 8)");
  if (lms->n != lmots->n)
    throw Malformed(std::string(lms->name) + " and " + std::string(lmots->name) +
                    " have hashes of different lengths");
  return {*lms, *lmots};
}

Bytes PublicKey::encode() const {
  Bytes out;
  append(out, big_endian<4>(parameters.lms.type));
  append(out, big_endian<4>(parameters.lmots.type));
  append(out, id);
  append(out, root);
  return out;
}

PublicKey PublicKey::decode(View bytes) {
  if (bytes.size() < 8)
    throw Malformed("a public key of " + bytes_text(bytes.size()) +
                    " is too short for its typecodes");
  const Parameters parameters = parameters_of(u32_at(bytes, 0), u32_at(bytes, 4));
  if (bytes.size() != parameters.public_key_bytes()) {
    throw Malformed("a public key of " + std::string(parameters.lms.name) + " has " +
                    bytes_text(parameters.public_key_bytes()) + ", not " +
                    std::to_string(bytes.size()));
  }
  const View id = bytes.subspan(8, kIdentifierBytes);
  const View root = bytes.subspan(8 + kIdentifierBytes);
  return {parameters, {id.begin(), id.end()}, {root.begin(), root.end()}};
}

std::optional<std::string> why_invalid(const PublicKey& key, View message, View signature) {
  const auto& [lms, lmots] = key.parameters;
  if (signature.size() != key.parameters.signature_bytes()) {
    return "a signature of this key has " + bytes_text(key.parameters.signature_bytes()) +
           ", not " + std::to_string(signature.size());
  }
  const std::uint32_t q = u32_at(signature, 0);
  if (q >= lms.capacity())
    return "one-time key " + std::to_string(q) + " does not exist: the key has " +
           std::to_string(lms.capacity());
  const View one_time = signature.subspan(4, lmots.signature_bytes());
  if (const auto type = u32_at(one_time, 0); type != lmots.type) {
    return "LM-OTS typecode " + std::to_string(type) + ", the key has " +
           std::to_string(lmots.type);
  }
  const View behind = signature.subspan(4 + one_time.size());
  if (const auto type = u32_at(behind, 0); type != lms.type) {
    return "LMS typecode " + std::to_string(type) + ", the key has " + std::to_string(lms.type);
  }
  std::uint32_t r = lms.capacity() + q;
  Bytes value = leaf_node(lms, key.id, r, lmots::candidate(lmots, {key.id, q}, message, one_time));
  for (unsigned level = 0; level < lms.height; ++level, r /= 2) {
    const View sibling = behind.subspan(4 + std::size_t{level} * lms.n, lms.n);
    value = r % 2 == 1 ? inner_node(lms, key.id, r / 2, sibling, value)
                       : inner_node(lms, key.id, r / 2, value, sibling);
  }
  if (value != key.root) return "it was not made by this key for this content";
  return std::nullopt;
}

std::optional<std::uint32_t> one_time_key_of(View signature) {
  if (signature.size() < 4) return std::nullopt;
  return u32_at(signature, 0);
}

PrivateKey::PrivateKey(const Parameters& parameters, View id, View seed, unsigned kept)
    : parameters_(parameters),
      id_(id.begin(), id.end()),
      seed_(seed.begin(), seed.end()),
      kept_(kept) {
  if (id_.size() != kIdentifierBytes || seed_.size() != parameters.lms.n)
    throw std::logic_error("PrivateKey: identifier or seed of another size");
}

View PrivateKey::node(std::uint32_t r) const {
  const unsigned n = parameters_.lms.n;
  return View(nodes_).subspan(std::size_t{r - 1} * n, n);
}

// The leaves below r are computed one after the other into one row, which is then folded to its
// root.
Bytes PrivateKey::subtree(std::uint32_t r, std::uint32_t q, Bytes* path) const {
  const LmsSet& lms = parameters_.lms;
  std::uint32_t first = r, width = 1;
  while (first < lms.capacity()) first *= 2, width *= 2;
  std::vector<Bytes> row;
  row.reserve(width);
  for (std::uint32_t i = 0; i < width; ++i) {
    const std::uint32_t leaf = first + i;
    row.push_back(
        leaf_node(lms, id_, leaf,
                  lmots::public_value(parameters_.lmots, {id_, leaf - lms.capacity()}, seed_)));
  }
  std::uint32_t mine = lms.capacity() + q;
  for (; width > 1; width /= 2, first /= 2, mine /= 2) {
    if (path != nullptr) append(*path, row[(mine ^ 1U) - first]);
    for (std::uint32_t i = 0; i < width / 2; ++i)
      row[i] = inner_node(lms, id_, first / 2 + i, row[2 * i], row[2 * i + 1]);
  }
  return row[0];
}

PrivateKey PrivateKey::generate(const Parameters& parameters, View id, View seed, unsigned threads,
                                const Progress& progress, unsigned levels) {
  PrivateKey key(parameters, id, seed, std::min({parameters.lms.height, kKeptLevels, levels}));
  const unsigned n = parameters.lms.n;
  const std::uint32_t row = 1U << key.kept_;  // nodes of the lowest level that is kept
  const std::uint32_t leaves_each = parameters.lms.capacity() / row;
  key.nodes_.resize((2 * std::size_t{row} - 1) * n);
  const auto put = [&](std::uint32_t r, View value) {
    std::copy(value.begin(), value.end(),
              key.nodes_.begin() + static_cast<std::ptrdiff_t>((r - 1) * std::size_t{n}));
  };
  std::atomic<std::uint32_t> next{0};
  std::mutex mutex;  // for `done`, `failed` and the caller's progress
  std::uint64_t done = 0;
  std::exception_ptr failed;
  const auto work = [&] {
    try {
      for (std::uint32_t i = next++; i < row; i = next++) {
        put(row + i, key.subtree(row + i, 0, nullptr));  // every node has bytes of its own
        const std::lock_guard lock(mutex);
        done += leaves_each;
        if (progress) progress(done, parameters.lms.capacity());
      }
    } catch (...) {
      const std::lock_guard lock(mutex);
      failed = std::current_exception();
      next = row;
    }
  };
  {
    std::vector<std::jthread> helpers;
    for (unsigned i = 1; i < threads; ++i) helpers.emplace_back(work);
    work();
  }
  if (failed) std::rethrow_exception(failed);
  for (std::uint32_t r = row - 1; r >= 1; --r)
    put(r, inner_node(parameters.lms, id, r, key.node(2 * r), key.node(2 * r + 1)));
  return key;
}

PublicKey PrivateKey::public_key() const {
  return {parameters_, id_, {node(1).begin(), node(1).end()}};
}

Bytes PrivateKey::sign(std::uint32_t q, View message) const {
  const LmsSet& lms = parameters_.lms;
  if (q >= lms.capacity()) throw std::logic_error("PrivateKey::sign: no such one-time key");
  Bytes out;
  out.reserve(parameters_.signature_bytes());
  append(out, big_endian<4>(q));
  append(out, lmots::sign(parameters_.lmots, {id_, q}, seed_, message));
  append(out, big_endian<4>(lms.type));
  std::uint32_t r = lms.capacity() + q;
  if (lms.height > kept_) {
    r >>= lms.height - kept_;
    subtree(r, q, &out);
  }
  for (; r > 1; r /= 2) append(out, node(r ^ 1U));
  if (const auto why = why_invalid(public_key(), message, out)) {
    throw std::runtime_error("the signature just made does not verify (" + *why +
                             "): the key file or this machine's memory is damaged");
  }
  return out;
}

Digest PrivateKey::record_key() const {
  return sha256({text("sluice: record of one-time keys"), id_, seed_});
}

Bytes PrivateKey::encode() const {
  Bytes out;
  append(out, text(kKeyMagic));
  append(out, big_endian<4>(parameters_.lms.type));
  append(out, big_endian<4>(parameters_.lmots.type));
  append(out, big_endian<4>(kept_));
  append(out, id_);
  append(out, seed_);
  append(out, nodes_);
  append(out, sha256({out}));
  return out;
}

PrivateKey PrivateKey::decode(View bytes) {
  const std::size_t head = kKeyMagic.size() + 12;
  if (bytes.size() < head || !std::equal(kKeyMagic.begin(), kKeyMagic.end(), bytes.begin())) {
    throw Malformed("this is no private key of `sluice keygen`");
  }
  const Parameters parameters =
      parameters_of(u32_at(bytes, kKeyMagic.size()), u32_at(bytes, kKeyMagic.size() + 4));
  const std::size_t n = parameters.lms.n;
  const std::uint32_t kept = u32_at(bytes, kKeyMagic.size() + 8);
  if (kept > std::min(parameters.lms.height, kKeptLevels))
    throw Malformed("the private key is damaged: it says that it keeps " + std::to_string(kept) +
                    " levels");
  const std::size_t nodes = ((std::size_t{2} << kept) - 1) * n;
  const std::size_t size = head + kIdentifierBytes + n + nodes + kDigestBytes;
  if (bytes.size() != size) {
    throw Malformed("the private key has " + bytes_text(bytes.size()) + " instead of " +
                    std::to_string(size) + ": it was cut, or never complete");
  }
  const Digest digest = sha256({bytes.first(size - kDigestBytes)});
  if (!std::equal(digest.begin(), digest.end(), bytes.end() - kDigestBytes)) {
    throw Malformed("the private key is damaged: its digest does not fit its content");
  }
  PrivateKey key(parameters, bytes.subspan(head, kIdentifierBytes),
                 bytes.subspan(head + kIdentifierBytes, n), kept);
  const View rest = bytes.subspan(head + kIdentifierBytes + n, nodes);
  key.nodes_.assign(rest.begin(), rest.end());
  return key;
}

}  // namespace sluice::signing
