# SPDX-License-Identifier: Apache-2.0
# cmake -DSTYLE=<css> -DSCRIPT=<js> -DOUT=<file.cpp> -P embed.cmake
# Writes the page's own style and script as C++ string literals.
file(READ "${STYLE}" style)
file(READ "${SCRIPT}" script)
file(WRITE "${OUT}" "// Written by embed.cmake; do not edit.
#include \"simulation/html.hpp\"

namespace sluice::simulation {

std::string_view page_style() { return R\"~sluice~(${style})~sluice~\"; }
std::string_view page_script() { return R\"~sluice~(${script})~sluice~\"; }

}  // namespace sluice::simulation
")
