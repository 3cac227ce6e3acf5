# SPDX-License-Identifier: Apache-2.0
# cmake -DROOT=<schemas> -DFILES=<names, comma-separated> -DOUT=<file.cpp> -P embed.cmake
# Writes the shipped .proto texts as C++ string literals.
string(REPLACE "," ";" FILES "${FILES}")
set(body "// Written by embed.cmake; do not edit.\n#include \"load/shipped.hpp\"\n\nnamespace sluice::load {\nnamespace {\n\nconstexpr ShippedFile kFiles[] = {\n")
foreach(name IN LISTS FILES)
  file(READ "${ROOT}/${name}" text)
  string(APPEND body "    {\"${name}\", R\"~sluice~(${text})~sluice~\"},\n")
endforeach()
string(APPEND body "};\n\n}  // namespace\n\nstd::span<const ShippedFile> shipped_table() { return kFiles; }\n\n}  // namespace sluice::load\n")
file(WRITE "${OUT}" "${body}")
