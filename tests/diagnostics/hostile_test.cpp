// SPDX-License-Identifier: Apache-2.0
// Schemas made to hurt the compiler stop at a budget with a message. Each runs in a process of its own that may take neither more than a
// gigabyte nor more than twenty seconds of one core; what it took is printed.
#include <catch2/catch.hpp>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <functional>
#include <string>

#include "case.hpp"

using namespace sluice;
using namespace sluice::diagnostics_page;

namespace {

#if defined(__SANITIZE_ADDRESS__)
constexpr bool kBoundMemory = false;  // its shadow is larger than any bound
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
constexpr bool kBoundMemory = false;
#else
constexpr bool kBoundMemory = true;
#endif
#else
constexpr bool kBoundMemory = true;
#endif

constexpr rlim_t kMemory = rlim_t{1} << 30;  // bytes of address space
constexpr rlim_t kSeconds = 20;              // of one core, which others may share

struct Run {
  bool finished = false;  // came to an end by itself
  bool compiled = false;
  std::string text;
  double seconds = 0;
  long megabytes = 0;
};

// `files` is called in the child: making hostile input takes memory, too.
Run run_bounded(const std::function<std::map<std::string, std::string>()>& files) {
  int ends[2];
  if (::pipe(ends) != 0) throw std::runtime_error("pipe");
  const pid_t child = ::fork();
  if (child < 0) throw std::runtime_error("fork");
  if (child == 0) {
    ::close(ends[0]);
    const rlimit memory{kMemory, kMemory}, seconds{kSeconds, kSeconds + 1}, core{0, 0};
    if (kBoundMemory) ::setrlimit(RLIMIT_AS, &memory);
    ::setrlimit(RLIMIT_CPU, &seconds);
    ::setrlimit(RLIMIT_CORE, &core);
    int status = 3;
    try {
      const Outcome outcome = compile_files(files());
      const std::string text = outcome.diagnostics.text();
      for (std::size_t at = 0; at < text.size();) {
        const ssize_t n = ::write(ends[1], text.data() + at, text.size() - at);
        if (n <= 0) break;
        at += static_cast<std::size_t>(n);
      }
      status = outcome.compiled ? 0 : 1;
    } catch (const std::exception& error) {
      const std::string text = error.what();
      if (::write(ends[1], text.data(), text.size()) < 0) status = 4;
    }
    ::_exit(status);
  }
  ::close(ends[1]);
  Run run;
  char buffer[4096];
  for (ssize_t n; (n = ::read(ends[0], buffer, sizeof buffer)) > 0;) run.text.append(buffer, static_cast<std::size_t>(n));
  ::close(ends[0]);
  int status = 0;
  rusage used{};
  ::wait4(child, &status, 0, &used);
  run.finished = WIFEXITED(status) && WEXITSTATUS(status) <= 1;
  run.compiled = run.finished && WEXITSTATUS(status) == 0;
  run.seconds = static_cast<double>(used.ru_utime.tv_sec + used.ru_stime.tv_sec) + static_cast<double>(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
  run.megabytes = used.ru_maxrss / 1024;
  return run;
}

using Files = std::map<std::string, std::string>;

Files proto(const std::string& body) { return files_of({Part{"api.proto", false, body}}); }

// A message M of one text field for each of the rules.
Files texts(const std::string& rules, int count = 1) {
  std::string body = "message M {\n";
  for (int i = 1; i <= count; ++i) {
    std::string own = rules;
    for (std::size_t at; (at = own.find('#')) != std::string::npos;) own.replace(at, 1, std::to_string(i));
    body += "  string f" + std::to_string(i) + " = " + std::to_string(i) + " [(buf.validate.field).string = {" + own + "}];\n";
  }
  return proto(body + "}\n");
}

// Wants: "" it compiles; otherwise one of the codes.
void hostile(const std::string& name, const std::vector<std::string>& wanted, const std::function<Files()>& files) {
  const Run run = run_bounded(files);
  const std::string first = run.text.substr(0, run.text.find('\n'));
  std::printf("%-34s %6.2f s %5ld MB  %s\n", name.c_str(), run.seconds, run.megabytes, run.compiled ? "compiles" : first.substr(0, 110).c_str());
  std::fflush(stdout);
  INFO(name << ": " << run.text.substr(0, 1500));
  CHECK(run.finished);
  bool found = false;
  for (const std::string& code : wanted) found = found || (code.empty() ? run.compiled : run.text.find("error[" + code + "]") != std::string::npos);
  CHECK(found);
}

std::string numbered(int count, const std::function<std::string(int)>& line) {
  std::string out;
  for (int i = 1; i <= count; ++i) out += line(i);
  return out;
}

std::string n(int i) { return std::to_string(i); }

}  // namespace

TEST_CASE("hostile patterns and lengths") {
  hostile("(a|b)*a(a|b){20}", {"E0402"}, [] { return texts(R"(pattern: "(a|b)*a(a|b){20}")"); });
  hostile("(a|b)*a(a|b){999}", {"E0402"}, [] { return texts(R"(pattern: "(a|b)*a(a|b){999}")"); });
  hostile("((a{30}){30})*b[ab]{30}", {"E0402", "E0305"}, [] { return texts(R"(pattern: "((a{30}){30})*b[ab]{30}")"); });
  hostile("(.{1000}){1000}", {"E0402", "E0305"}, [] { return texts(R"(pattern: "(.{1000}){1000}")"); });
  hostile("200 exponential patterns", {"E0402"}, [] { return texts(R"(pattern: "(a|b)*a(a|b){#}[cd]x{3}" max_len: 500)", 200); });
  hostile("unfinished groups", {"E0305"}, [] { return texts("pattern: \"" + std::string(100'000, '(') + "\""); });
  hostile("nested groups", {"E0305", "E0402"}, [] { return texts("pattern: \"" + std::string(5'000, '(') + "a" + std::string(5'000, ')') + "\""); });
  hostile("a pattern of 1 MB", {"E0305", "E0402"}, [] { return texts("pattern: \"" + std::string(1'000'000, 'a') + "\""); });
  hostile("a constant of 3 MB", {"E0402", "E0601", "E0303"}, [] { return texts("const: \"" + std::string(3'000'000, 'a') + "\""); });
  hostile("20,000 constants", {"E0402", "E0601"}, [] {
    return texts("in: [" + numbered(20'000, [](int i) { return (i > 1 ? ",\"" : "\"") + n(i * 7919 % 1'000'003) + "-" + n(i) + "\""; }) + "]");
  });
  hostile("max_len: 2^64 - 1", {""}, [] { return texts("max_len: 18446744073709551615"); });
  hostile("min_len: 2^64 - 1", {"E0303"}, [] { return texts("min_len: 18446744073709551615"); });
  hostile("min_len: 70000", {"E0303"}, [] { return texts("min_len: 70000"); });
  hostile("min_len: 3000, of 30 fields", {"E0501"}, [] { return texts(R"(pattern: "^[a-z]+$" min_len: 30#)", 30); });
  hostile("max_len: 65534 and a pattern", {""}, [] { return texts(R"(pattern: "^[a-z]+(-[a-z]+)*$" max_len: 65534)"); });
  hostile("characters and bytes", {"E0402"}, [] { return texts("max_len: 50000 max_bytes: 60000"); });
  hostile("200 not_contains", {"E0402", "E0601", ""}, [] { return texts(R"(not_contains: "abcabcabcabcabcabcabcabcabcabcabcabc#")", 200); });
}

TEST_CASE("hostile numbers") {
  hostile("100,000 integers", {"E0402", "E0601"}, [] {
    return proto("message M { int64 n = 1 [(buf.validate.field).int64 = {in: [" +
                 numbered(100'000, [](int i) { return (i > 1 ? "," : "") + n(i) + n(i * 7919 % 1'000'003); }) + "]}]; }\n");
  });
  hostile("20,000 doubles", {"E0402", "E0601"}, [] {
    return proto("message M { double n = 1 [(buf.validate.field).double = {in: [" +
                 numbered(20'000, [](int i) { return (i > 1 ? "," : "") + n(i) + "." + n(i * 7919 % 1'000'003) + "e" + n(i % 300); }) + "]}]; }\n");
  });
  hostile("20,000 doubles that must not be", {"E0402", "E0601"}, [] {
    return proto("message M { double n = 1 [(buf.validate.field).double = {not_in: [" +
                 numbered(20'000, [](int i) { return (i > 1 ? "," : "") + n(i) + "." + n(i * 7919 % 1'000'003); }) + "]}]; }\n");
  });
  hostile("20,000 enum values", {"", "E0402", "E0601"}, [] {
    return proto("enum E {\n  E_0 = 0;\n" + numbered(20'000, [](int i) { return "  VALUE_" + n(i * 7919 % 1'000'003) + "_" + n(i) + " = " + n(i) + ";\n"; }) +
                 "}\nmessage M { E e = 1; }\n");
  });
  hostile("3,000 enum values", {"", "E0601"}, [] {
    return proto("enum E {\n  E_0 = 0;\n" + numbered(3'000, [](int i) { return "  VALUE_" + n(i) + " = " + n(i) + ";\n"; }) + "}\nmessage M { E e = 1; }\n");
  });
}

TEST_CASE("hostile messages") {
  hostile("18,000 fields", {"E0601", "E0402", ""}, [] {
    return proto("message M {\n" + numbered(18'000, [](int i) { return "  int32 f" + n(i) + " = " + n(i) + ";\n"; }) + "}\n");
  });
  hostile("5,000 messages in a chain", {"E0601", "E0402", ""}, [] {
    return proto(numbered(5'000, [](int i) { return "message " + (i == 1 ? std::string("M") : "M" + n(i)) + " { M" + n(i + 1) + " next = 1; int32 a" + n(i) + " = 2; }\n"; }) +
                 "message M5001 { string end = 1; }\n");
  });
  hostile("the same in a query", {"E0314"}, [] {
    return proto(numbered(5'000, [](int i) { return "message " + (i == 1 ? std::string("M") : "M" + n(i)) + " { M" + n(i + 1) + " next = 1; int32 a" + n(i) + " = 2; }\n"; }) +
                 "message M5001 { string end = 1; }\n"
                 "service S { rpc Call(M) returns (R) { option (google.api.http) = {get: \"/v1/call\"}; } }\n");
  });
  hostile("a query of 2^40 parameters", {"E0314"}, [] {
    return proto(numbered(40, [](int i) { return "message " + (i == 1 ? std::string("M") : "M" + n(i)) + " { M" + n(i + 1) + " a = 1; M" + n(i + 1) + " b = 2; }\n"; }) +
                 "message M41 { string end = 1; }\n"
                 "service S { rpc Call(M) returns (R) { option (google.api.http) = {get: \"/v1/call\"}; } }\n");
  });
  hostile("500 messages, each with all", {"E0601", "E0402", ""}, [] {
    return proto(numbered(500, [](int i) {
             return "message " + (i == 1 ? std::string("M") : "M" + n(i)) + " {\n" + numbered(100, [i](int j) { return "  M" + n(2 + (i * 37 + j * 11) % 499) + " f" + n(j) + " = " + n(j) + ";\n"; }) + "}\n";
           }));
  });
  const auto nested = [](int deep) {
    std::string body;
    for (int i = 0; i < deep; ++i) body += "message " + (i == 0 ? std::string("M") : "N" + n(i)) + " {\n";
    body += "string end = 1;\n";
    for (int i = deep - 1; i > 0; --i) body += "}\nN" + n(i) + " next = 1;\n";
    return proto(body + "}\n");
  };
  hostile("nested 30 deep", {""}, [&] { return nested(30); });
  hostile("nested 60 deep", {"E0204"}, [&] { return nested(60); });
  hostile("nested 100,000 deep", {"E0204"}, [] {
    std::string body;
    for (int i = 0; i < 100'000; ++i) body += "message A{";
    return proto(body);
  });
  hostile("required of itself, in a ring", {"E0501"}, [] {
    return proto(numbered(300, [](int i) {
      return "message " + (i == 1 ? std::string("M") : "M" + n(i)) + " { " + (i == 300 ? std::string("M") : "M" + n(i + 1)) +
             " next = 1 [(buf.validate.field).required = true]; }\n";
    }));
  });
  hostile("a field name of 1 MB", {"E0204"}, [] { return proto("message M { int32 " + std::string(1'000'000, 'a') + " = 1; }\n"); });
  hostile("a file of 5 MB", {"E0204"}, [] { return proto("//" + std::string(5'000'000, 'a') + "\n"); });
  hostile("16 groups of a rule oneof", {"E0402"}, [] {
    std::string options, fields;
    for (int i = 1; i <= 16; ++i) options += "  option (buf.validate.message).oneof = {fields: [\"a" + n(i) + "\", \"b" + n(i) + "\"]};\n";
    for (int i = 1; i <= 16; ++i) fields += "  string a" + n(i) + " = " + n(i) + "; string b" + n(i) + " = " + n(i + 16) + ";\n";
    return proto("message M {\n" + options + fields + "}\n");
  });
}

TEST_CASE("hostile paths and files") {
  hostile("3,000 methods", {"E0601", "E0402", ""}, [] {
    return proto("message M { string id = 1; }\nservice S {\n" + numbered(3'000, [](int i) {
                   return "  rpc C" + n(i) + "(M) returns (R) { option (google.api.http) = {get: \"/v1/things" + n(i * 7919 % 10'007) + "/{id}\"}; }\n";
                 }) + "}\n");
  });
  hostile("a path of 1 MB", {"E0310"}, [] {
    return proto("service S { rpc Call(M) returns (R) { option (google.api.http) = {get: \"/" + std::string(1'000'000, 'a') + "\"}; } }\n");
  });
  hostile("400 variables in a path", {"E0310", "E0311", ""}, [] {
    return proto("message M {\n" + numbered(400, [](int i) { return "  string f" + n(i) + " = " + n(i) + ";\n"; }) +
                 "}\nservice S { rpc Call(M) returns (R) { option (google.api.http) = {get: \"" + numbered(400, [](int i) { return "/{f" + n(i) + "}"; }) + "\"}; } }\n");
  });
  hostile("600 imports", {"E0204"}, [] {
    Files files = proto(numbered(600, [](int i) { return "import \"f" + n(i) + ".proto\";\n"; }));
    for (int i = 1; i <= 600; ++i) files["f" + n(i) + ".proto"] = "syntax = \"proto3\";\n";
    return files;
  });
  hostile("imports in a ring of 300", {"E0203"}, [] {
    Files files = proto("import \"f1.proto\";\n");
    for (int i = 1; i <= 300; ++i) files["f" + n(i) + ".proto"] = "syntax = \"proto3\";\nimport \"f" + n(i == 300 ? 1 : i + 1) + ".proto\";\n";
    return files;
  });
}
