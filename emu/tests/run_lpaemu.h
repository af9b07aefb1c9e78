// Runs the built program and takes what it says. Header only.
#pragma once

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <catch2/catch_test_macros.hpp>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

namespace lpaemu::emu::testing {

struct ProgramRun {
  int status = -1;  // 128 + N: killed by signal N
  std::string out;
  std::string err;
};

using FilePtr = std::unique_ptr<std::FILE, int (*)(std::FILE*)>;

inline std::string all_of(std::FILE* file) {
  REQUIRE(std::fseek(file, 0, SEEK_SET) == 0);
  std::string text;
  std::array<char, 4096> block{};
  while (const std::size_t count = std::fread(block.data(), 1, block.size(), file)) text.append(block.data(), count);
  return text;
}

/// `lpaemu WORDS...` with `input` on standard input. `output`, if given, is its standard output instead of a file that
/// is read back.
inline ProgramRun run_lpaemu(std::vector<std::string> words, const std::string& input = "", int output = -1) {
  const FilePtr in{std::tmpfile(), &std::fclose};
  const FilePtr out{std::tmpfile(), &std::fclose};
  const FilePtr err{std::tmpfile(), &std::fclose};
  REQUIRE((in && out && err));
  REQUIRE(std::fwrite(input.data(), 1, input.size(), in.get()) == input.size());
  REQUIRE(std::fseek(in.get(), 0, SEEK_SET) == 0);

  std::string program = LPAEMU_PROGRAM;
  std::vector<char*> argv{program.data()};
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    ::dup2(::fileno(in.get()), STDIN_FILENO);
    ::dup2(output >= 0 ? output : ::fileno(out.get()), STDOUT_FILENO);
    ::dup2(::fileno(err.get()), STDERR_FILENO);
    ::execv(program.c_str(), argv.data());
    ::_exit(126);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  return {WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status), all_of(out.get()), all_of(err.get())};
}

}  // namespace lpaemu::emu::testing
