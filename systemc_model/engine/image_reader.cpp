// SPDX-License-Identifier: Apache-2.0
// One function per kind of word; the order of the checks is that of the table in docs/fabric.md.
#include "engine/image_reader.hpp"

#include <algorithm>

namespace sluice::engine {

using layout::GeometryLimits;
using layout::ImageSection;
using layout::LoadStatus;
using layout::Mode;
using layout::Pipeline;

namespace {

std::uint32_t section_words(ImageSection section, const layout::ImageHead4& request,
                            const layout::ImageHead5& response) {
  switch (section) {
    case ImageSection::REQUEST_CLASS_MAP:
    case ImageSection::RESPONSE_CLASS_MAP:
      return layout::CLASS_MAP_WORDS;
    case ImageSection::REQUEST_ENTRIES:
      return request.request_entries + 1U;
    case ImageSection::REQUEST_ACTIONS:
      return layout::Action::storage_words * request.request_actions;
    case ImageSection::RESPONSE_ENTRIES:
      return response.response_entries + 1U;
    case ImageSection::RESPONSE_ACTIONS:
      return layout::Action::storage_words * response.response_actions;
    case ImageSection::ENDPOINTS:
      return response.endpoints;
    case ImageSection::DIGEST:
      return layout::IMAGE_DIGEST_BYTES / 8;
  }
  return 0;
}

template <std::size_t N>
void store(std::array<std::uint8_t, N>& bytes, std::uint32_t word_index, std::uint64_t word) {
  for (std::uint32_t i = 0; i < 8; ++i)
    bytes[8 * word_index + i] = static_cast<std::uint8_t>(word >> (8 * i));
}

}  // namespace

ImageReader::ImageReader(layout::Geometry geometry, std::uint64_t serial_above)
    : geometry_(geometry), serial_above_(serial_above), limits_(layout::limits_of(geometry)) {}

LoadStatus ImageReader::fail(LoadStatus status, const char* what) {
  status_ = status;
  what_ = what;
  return status;
}

LoadStatus ImageReader::take(std::uint64_t word) {
  if (status_ != LoadStatus::OK) return status_;
  if (words_ >= layout::IMAGE_HEADER_WORDS && words_ >= total_) {
    return fail(LoadStatus::BAD_LENGTH, "more words than the header announces");
  }
  LoadStatus status = LoadStatus::OK;
  if (words_ < layout::IMAGE_HEADER_WORDS) {
    status = take_head(word);
  } else {
    switch (section_) {
      case ImageSection::REQUEST_CLASS_MAP:
        status = take_class_map(word, image_->request_);
        break;
      case ImageSection::RESPONSE_CLASS_MAP:
        status = take_class_map(word, image_->response_);
        break;
      case ImageSection::REQUEST_ENTRIES:
        status = take_entry(word, Pipeline::REQUEST);
        break;
      case ImageSection::RESPONSE_ENTRIES:
        status = take_entry(word, Pipeline::RESPONSE);
        break;
      case ImageSection::REQUEST_ACTIONS:
        status = take_action(word, Pipeline::REQUEST);
        break;
      case ImageSection::RESPONSE_ACTIONS:
        status = take_action(word, Pipeline::RESPONSE);
        break;
      case ImageSection::ENDPOINTS:
        status = take_endpoint(word);
        break;
      case ImageSection::DIGEST:
        store(image_->digest_, index_, word);
        break;
    }
    if (status == LoadStatus::OK) {
      ++index_;
      if (index_ == section_words(section_, image_->head4_, image_->head5_)) next_section();
    }
  }
  if (status == LoadStatus::OK) ++words_;
  return status;
}

void ImageReader::next_section() {
  index_ = 0;
  section_ = static_cast<ImageSection>(static_cast<unsigned>(section_) + 1);
}

LoadStatus ImageReader::take_head(std::uint64_t word) {
  switch (words_) {
    case 0: {
      const auto head = layout::ImageHead0::unpack(word);
      if (head.magic != layout::IMAGE_MAGIC)
        return fail(LoadStatus::BAD_MAGIC, "the first bytes are not SLIM");
      if (head.format_version != layout::IMAGE_FORMAT_VERSION) {
        return fail(LoadStatus::BAD_VERSION,
                    "image format version is not 1; compile the policy again");
      }
      if (geometry_ != layout::Geometry::RESERVED
              ? head.geometry != geometry_
              : layout::limits_of(head.geometry).request_entries == 0) {
        return fail(LoadStatus::BAD_GEOMETRY,
                    "made for another geometry; compile the policy for this device");
      }
      if (head.mode != Mode::TWO_WAY)
        return fail(LoadStatus::BAD_MODE, "only mode TWO_WAY is supported");
      geometry_ = head.geometry;
      limits_ = layout::limits_of(geometry_);
      image_ = Image(limits_);
      image_->head0_ = head;
      return LoadStatus::OK;
    }
    case 1:
      image_->head1_ = layout::ImageHead1::unpack(word);
      if (image_->head1_.serial <= serial_above_) {
        return fail(LoadStatus::BAD_SERIAL,
                    "the serial is not greater than the active one; raise it in the policy");
      }
      return LoadStatus::OK;
    case 2: {
      image_->head2_ = layout::ImageHead2::unpack(word);
      const std::uint32_t bytes = image_->head2_.max_record_bytes;
      if (bytes < 1 || bytes > limits_.record_bytes) {
        return fail(LoadStatus::BAD_LIMIT, "max_record_bytes is zero or above the geometry's");
      }
      return LoadStatus::OK;
    }
    case 3: {
      image_->head3_ = layout::ImageHead3::unpack(word);
      const auto& head = image_->head3_;
      if (head.max_depth < 1 || head.max_depth > limits_.depth) {
        return fail(LoadStatus::BAD_LIMIT, "max_depth is zero or above the geometry's");
      }
      if (head.max_outstanding < 1 || head.max_outstanding > limits_.transactions) {
        return fail(LoadStatus::BAD_LIMIT,
                    "max_outstanding is zero or above the geometry's transactions");
      }
      if (head.response_timeout_ticks < 1 || head.response_timeout_ticks > 0x7FFFFFFFU) {
        return fail(LoadStatus::BAD_LIMIT, "response_timeout_ticks is zero or 2^31 and more");
      }
      return LoadStatus::OK;
    }
    case 4: {
      image_->head4_ = layout::ImageHead4::unpack(word);
      const auto& head = image_->head4_;
      if (head.request_entries + 1U > limits_.request_entries || head.request_actions < 1 ||
          head.request_actions > limits_.actions) {
        return fail(LoadStatus::BAD_LENGTH, "request entries or actions do not fit the geometry");
      }
      if (head.request_start >= limits_.request_entries) {
        return fail(LoadStatus::BAD_WORD, "request_start is outside the table");
      }
      return LoadStatus::OK;
    }
    case 5: {
      image_->head5_ = layout::ImageHead5::unpack(word);
      const auto& head = image_->head5_;
      if (head.response_entries + 1U > limits_.response_entries || head.response_actions < 1 ||
          head.response_actions > limits_.actions || head.endpoints < 1 ||
          head.endpoints > limits_.endpoints) {
        return fail(LoadStatus::BAD_LENGTH,
                    "response entries, actions or endpoints do not fit the geometry");
      }
      std::uint32_t total = layout::IMAGE_HEADER_WORDS;
      for (std::size_t i = 0; i < layout::count_of<ImageSection>; ++i) {
        total += section_words(static_cast<ImageSection>(i), image_->head4_, image_->head5_);
      }
      if (total != image_->head2_.total_words) {
        return fail(LoadStatus::BAD_LENGTH, "total_words contradicts the section lengths");
      }
      total_ = total;
      image_->endpoints_.resize(head.endpoints);
      return LoadStatus::OK;
    }
    default:
      store(image_->name_bytes_, words_ - (layout::IMAGE_HEADER_WORDS - layout::IMAGE_NAME_WORDS),
            word);
      if (words_ + 1 == layout::IMAGE_HEADER_WORDS) {
        const auto& bytes = image_->name_bytes_;
        image_->name_.assign(bytes.begin(), std::find(bytes.begin(), bytes.end(), 0));
      }
      return LoadStatus::OK;
  }
}

LoadStatus ImageReader::take_class_map(std::uint64_t word, Table& table) {
  if (!layout::ClassMap::parity_ok(word, index_))
    return fail(LoadStatus::BAD_PARITY, "wrong parity");
  const auto map = layout::ClassMap::unpack(word);
  if (!layout::ClassMap::reserved_clear(word) || map.map0 == layout::CLASS_END ||
      map.map1 == layout::CLASS_END) {
    return fail(LoadStatus::BAD_WORD, "reserved bits set, or a byte of class END");
  }
  table.set_class_map(static_cast<std::uint8_t>(index_), word);
  return LoadStatus::OK;
}

LoadStatus ImageReader::take_entry(std::uint64_t word, Pipeline pipeline) {
  if (!layout::Entry::parity_ok(word, index_)) return fail(LoadStatus::BAD_PARITY, "wrong parity");
  const auto entry = layout::Entry::unpack(word);
  const bool request = pipeline == Pipeline::REQUEST;
  const std::uint32_t actions =
      request ? image_->head4_.request_actions : image_->head5_.response_actions;
  if (!layout::Entry::reserved_clear(word)) return fail(LoadStatus::BAD_WORD, "reserved bits set");
  if (entry.next >= (request ? limits_.request_entries : limits_.response_entries)) {
    return fail(LoadStatus::BAD_WORD, "the next base is outside the table");
  }
  if (entry.action >= actions) return fail(LoadStatus::BAD_WORD, "the action is not in the image");
  image_->table(pipeline).set_entry(index_, word);
  return LoadStatus::OK;
}

LoadStatus ImageReader::take_action(std::uint64_t word, Pipeline pipeline) {
  if (index_ % 2 == 0) {
    lower_ = word;
    return LoadStatus::OK;
  }
  const layout::Action::Storage words{lower_, word};
  const std::uint32_t number = index_ / 2;
  if (!layout::Action::parity_ok(words, number))
    return fail(LoadStatus::BAD_PARITY, "wrong parity");
  const auto action = layout::Action::unpack(words);
  if (!layout::Action::reserved_clear(words))
    return fail(LoadStatus::BAD_WORD, "reserved bits set");
  if (!is_defined(action.accumulator_op))
    return fail(LoadStatus::BAD_WORD, "an undefined accumulator operation");
  if (action.tag >= image_->head5_.endpoints)
    return fail(LoadStatus::BAD_WORD, "a tag without an endpoint");
  if (number == 0 && action != layout::Action{}.with_parity(0)) {
    return fail(LoadStatus::BAD_WORD, "action 0 is not the empty action");
  }
  image_->table(pipeline).set_action(number, words);
  return LoadStatus::OK;
}

LoadStatus ImageReader::take_endpoint(std::uint64_t word) {
  if (!layout::Endpoint::parity_ok(word, index_))
    return fail(LoadStatus::BAD_PARITY, "wrong parity");
  const auto endpoint = layout::Endpoint::unpack(word);
  if (!layout::Endpoint::reserved_clear(word))
    return fail(LoadStatus::BAD_WORD, "reserved bits set");
  if (endpoint.response_base >= limits_.response_entries) {
    return fail(LoadStatus::BAD_WORD, "the response base is outside the table");
  }
  image_->endpoints_[index_] = endpoint;
  return LoadStatus::OK;
}

std::string ImageReader::text() const {
  if (status_ == LoadStatus::OK) return {};
  std::string text = std::string(name_of(status_)) + " at image word " + std::to_string(words_);
  if (words_ >= layout::IMAGE_HEADER_WORDS && words_ < total_) {
    const bool action =
        section_ == ImageSection::REQUEST_ACTIONS || section_ == ImageSection::RESPONSE_ACTIONS;
    text += " (" + std::string(text_of(section_)) + ", number " +
            std::to_string(action ? index_ / 2 : index_) + ")";
  }
  return text + ": " + what_;
}

std::optional<Image> ImageReader::release() {
  if (!complete()) return std::nullopt;
  std::optional<Image> image = std::move(image_);
  image_.reset();
  total_ = 0;
  words_ = 0;
  status_ = LoadStatus::IDLE;
  return image;
}

}  // namespace sluice::engine
