# SPDX-License-Identifier: Apache-2.0
# cmake -DPOLICY=<policy.yaml> -DSCHEMAS=<descriptor set> -DOUT=<file.cpp> -P embed.cmake
# Writes the kit's policy and its schemas (a serialized FileDescriptorSet) as C++ constants.
file(READ "${POLICY}" policy)
file(READ "${SCHEMAS}" bytes HEX)
string(REGEX REPLACE "(..)" "0x\\1," bytes "${bytes}")
string(REGEX REPLACE "(................................................................................)" "\\1\n" bytes "${bytes}")
file(WRITE "${OUT}" "// Written by embed.cmake; do not edit.
#include \"conformance/embedded.hpp\"

namespace sluice::conformance {

std::string_view embedded_policy() { return R\"~sluice~(${policy})~sluice~\"; }

std::string_view embedded_schemas() {
  static constexpr unsigned char bytes[] = {
${bytes}};
  return {reinterpret_cast<const char*>(bytes), sizeof bytes};
}

}  // namespace sluice::conformance
")
