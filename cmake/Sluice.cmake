# SPDX-License-Identifier: Apache-2.0
# The few build helpers that every folder uses. Warnings and sanitizers are per target, never global.

option(SLUICE_WERROR "Treat warnings as errors" ON)
set(SLUICE_SANITIZE "" CACHE STRING "Sanitizers for every target, for example address,undefined")
option(SLUICE_FUZZ "Link the targets of tests/fuzz with libFuzzer (clang, with SLUICE_SANITIZE)" OFF)
if(SLUICE_FUZZ AND NOT (SLUICE_SANITIZE AND CMAKE_CXX_COMPILER_ID STREQUAL "Clang"))
  message(FATAL_ERROR "SLUICE_FUZZ needs clang and SLUICE_SANITIZE; use `cmake --preset fuzz`.")
endif()

find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM)
  # base_dir and no hash_dir: build directories of one checkout share their objects.
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_BASEDIR=${CMAKE_SOURCE_DIR}
      CCACHE_NOHASHDIR=1 CCACHE_IGNOREOPTIONS=-Wno-restrict CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime
      ${CCACHE_PROGRAM})
  set(CMAKE_C_COMPILER_LAUNCHER ${CMAKE_CXX_COMPILER_LAUNCHER})
endif()

function(sluice_target_defaults target)
  target_compile_features(${target} PUBLIC cxx_std_20)
  target_compile_options(${target} PRIVATE -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_BUILD_TYPE STREQUAL "Release")
    # g++ 12 at -O3 sees overlapping copies in `"literal" + std::string` that are not there (GCC bug 105651).
    target_compile_options(${target} PRIVATE -Wno-restrict)
  endif()
  if(SLUICE_WERROR)
    target_compile_options(${target} PRIVATE -Werror)
  endif()
  if(SLUICE_SANITIZE)
    target_compile_options(${target} PRIVATE -fsanitize=${SLUICE_SANITIZE} -fno-omit-frame-pointer
                           -fno-sanitize-recover=all)
    if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
      # libFuzzer's counters, also where it is not linked: the presets sanitize and fuzz then share their objects through ccache.
      target_compile_options(${target} PRIVATE -fsanitize=fuzzer-no-link)
    endif()
    target_link_options(${target} PUBLIC -fsanitize=${SLUICE_SANITIZE})
  endif()
endfunction()

# sluice_coroutines(target): for targets that hold coroutines.
function(sluice_coroutines target)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # g++ 12 pairs a coroutine frame's allocation with the wrong delete; the warning is false.
    target_compile_options(${target} PRIVATE -Wno-mismatched-new-delete)
  elseif(SLUICE_SANITIZE MATCHES "undefined")
    # clang 14 cannot assemble coroutines under this one of UBSan's checks (LLVM issue 49689).
    target_compile_options(${target} PRIVATE -fno-sanitize=function)
  endif()
endfunction()

# sluice_library(name SOURCES a.cpp ... LINKS lib ...): a static library whose public headers are
# included as "<folder>/<file>.hpp" from the folder above.
function(sluice_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINKS;PRIVATE_LINKS" ${ARGN})
  add_library(${name} STATIC ${ARG_SOURCES})
  target_include_directories(${name} PUBLIC ${CMAKE_CURRENT_SOURCE_DIR}/..)
  target_link_libraries(${name} PUBLIC ${ARG_LINKS} PRIVATE ${ARG_PRIVATE_LINKS})
  sluice_target_defaults(${name})
endfunction()

# sluice_program(name SOURCES main.cpp ... LINKS lib ...): an executable in build/<preset>/bin.
function(sluice_program name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINKS" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE ${ARG_LINKS})
  sluice_target_defaults(${name})
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)
endfunction()

# sluice_test(name SOURCES a_test.cpp ... LINKS lib ... [TIMEOUT seconds] [CUSTOM_MAIN]): one Catch2 executable = one ctest.
function(sluice_test name)
  cmake_parse_arguments(ARG "CUSTOM_MAIN" "TIMEOUT" "SOURCES;LINKS" ${ARGN})
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 120)
  endif()
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE ${ARG_LINKS})
  if(ARG_CUSTOM_MAIN)
    target_include_directories(${name} PRIVATE ${CMAKE_SOURCE_DIR}/tests)
  else()
    target_link_libraries(${name} PRIVATE sluice_test_main)
  endif()
  target_compile_definitions(${name} PRIVATE SLUICE_SOURCE_DIR="${CMAKE_SOURCE_DIR}"
                             SLUICE_BINARY_DIR="${CMAKE_BINARY_DIR}")
  sluice_target_defaults(${name})
  add_test(NAME ${name} COMMAND ${name})
  set_tests_properties(${name} PROPERTIES TIMEOUT ${ARG_TIMEOUT})
endfunction()
