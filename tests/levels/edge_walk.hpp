// SPDX-License-Identifier: Apache-2.0
// Edges of a language: two messages one step apart, of which one is in it and the other is not. A step is 1 for a whole number, the next
// representable number for a float, a character, byte, item or entry more or less, a second or nanosecond of a time.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "judge/binary_body.hpp"
#include "judge/json_writer.hpp"
#include "judge/message_reader.hpp"
#include "load/load.hpp"

namespace sluice::test {

struct Edge {
  std::string kept, broken;  // bodies
  bool one_step = true;      // there is nothing between them
};

class EdgeWalk {
 public:
  // Of the requests of a policy whose bodies are whole messages, in Protobuf (`binary`) or in JSON.
  EdgeWalk(const load::Loaded& loaded, bool binary);

  // Walks from one body to another in the field `value` and halves the way until an edge is left. `keeps` tells whether a body is in
  // the language; `kept` must be, `broken` must not. Where there is no way of steps, or its edge has no spelling, the two themselves.
  Edge between(std::size_t method, const std::string& kept, const std::string& broken,
               const std::function<bool(const std::string&)>& keeps) const;

 private:
  using Message = google::protobuf::Message;
  std::unique_ptr<Message> read(std::size_t method, const std::string& body) const;
  std::optional<std::string> write(const Message& message) const;

  const load::Loaded& loaded_;
  bool binary_;
  judge::JsonSpelling spelling_;
  judge::MessageReader reader_;
  judge::JsonWriter json_;
  judge::BinaryWriter protobuf_;
};

}  // namespace sluice::test
