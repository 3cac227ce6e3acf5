// SPDX-License-Identifier: Apache-2.0
// The room of each field of an endpoint: in how many ways it can be spelled in an accepted record. It
// walks the same graphs that the records are counted with, from the start of a record down into the
// body, and takes the names from the table itself (a member's key is spelled by it).
#pragma once

#include <map>
#include <string>
#include <vector>

#include "compiler/symbols.hpp"
#include "room/counter.hpp"
#include "room/distance.hpp"

namespace sluice::room {

template <class Number>
class FieldWalk {
 public:
  FieldWalk(Counter<Number>& counter, const compiler::SymbolMap& symbols) : counter_(counter), symbols_(symbols) {}

  /// Spellings by path, of the endpoint's records that begin in `start`. `protobuf`: its bodies are Protobuf's, and have one row each.
  std::map<std::string, Number> fields(int start, std::uint16_t tag, bool protobuf);

 private:
  // A frame's graph with the least bytes from its start and to its end.
  struct Frame {
    Graph<Number> graph;
    std::vector<std::uint32_t> from_start, to_end;
  };
  // A place in a trie of names where a name is complete.
  struct Name {
    std::string text;
    int state;
    const Edge* edge;
  };
  // What stands above a value: how long it may be, and whether it may be absent.
  struct Space {
    std::uint32_t most;  // bytes
    bool absent;
  };

  compiler::Place place(int state) const;
  const State& state(int number) const { return counter_.machine().states[static_cast<std::size_t>(number)]; }
  std::uint32_t limit() const { return counter_.limit(); }
  const Frame& frame(const FrameKey& key);
  std::vector<std::uint32_t> to_tag(const Graph<Number>& bottom, std::uint16_t tag) const;
  std::vector<Name> names(int root, const std::vector<compiler::Place>& places) const;

  void put(const std::string& path, const Number& spellings);
  Number sum(const Series<Number>& series, std::uint32_t most) const;
  Series<Number> values(const Edge& edge, const FrameKey& caller);

  void path(const Graph<Number>& bottom, const std::vector<std::uint32_t>& rest, std::uint16_t tag);
  void query(const Edge& call, const FrameKey& caller, std::uint32_t most);
  void header(const Edge& call, const FrameKey& caller, std::uint32_t before,
              const std::map<int, std::uint32_t>& behind);
  void body(int start, const FrameKey& caller, std::uint32_t most);
  void binary_body(int start, const FrameKey& caller, std::uint32_t most);
  void value(const std::string& path, int at, const FrameKey& caller, Space space);
  void object(const std::string& path, const Edge& call, const FrameKey& caller, Space space);
  void array(const std::string& path, const Edge& call, const FrameKey& caller, Space space);

  Counter<Number>& counter_;
  const compiler::SymbolMap& symbols_;
  std::map<FrameKey, Frame> frames_;
  std::map<std::string, Number> found_;
  std::vector<int> open_;  // objects that are being walked, outermost first
};

}  // namespace sluice::room
