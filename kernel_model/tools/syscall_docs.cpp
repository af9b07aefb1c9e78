// Writes docs/gen/syscalls.md: the table of system calls as Markdown, or checks that the file is current.
//   syscall_docs FILE           writes it
//   syscall_docs --check FILE   exit status 1 if it is stale
#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <span>
#include <string>
#include <string_view>

#include "lpaemu/kernel_model/syscalls/syscall.h"

namespace {

using namespace lpaemu::kernel;

std::string_view where(Place place) {
  switch (place) {
    case Place::never: return "hook";
    case Place::on_input:
    case Place::on_output: return "hook, unless it could wait";
    case Place::always: return "outer loop";
  }
  return "";
}

std::string number(const SyscallRow& row) {
  return row.number < ARM_NR_BASE ? fmt::format("{}", row.number) : fmt::format("{:#08x}", row.number);
}

std::string rows_with(bool absent) {
  std::string text;
  for (const SyscallRow& row : syscall_table()) {
    if ((row.support == Support::absent) != absent) continue;
    if (absent)
      fmt::format_to(std::back_inserter(text), "| {} | {} | {} |\n", number(row), row.name, row.note);
    else
      fmt::format_to(std::back_inserter(text), "| {} | {} | {} | {} | {} |\n", number(row), row.name,
                     support_name(row.support), where(row.place), row.note);
  }
  return text;
}

std::string document() {
  const auto table = syscall_table();
  const auto count = [&](Support support) { return std::ranges::count(table, support, &SyscallRow::support); };
  std::string text =
      "# System calls\n\n"
      "Generated from `kernel_model/include/lpaemu/kernel_model/syscalls/table.inc` by `./dev docs`. Change that "
      "table,\n"
      "not this file.\n\n";
  fmt::format_to(std::back_inserter(text),
                 "The ARM EABI's calls up to Linux 6.12, {} in all: {} are supported in full, {} in part, {} are "
                 "accepted\nwithout effect, {} are absent: they answer ENOSYS, with one warning each.\n\n",
                 table.size(), count(Support::full), count(Support::partial), count(Support::ignored),
                 count(Support::absent));
  text += "| number | name | support | runs in | note |\n|---|---|---|---|---|\n" + rows_with(false);
  text += "\n## Absent\n\n| number | name | note |\n|---|---|---|\n" + rows_with(true);
  return text;
}

std::string read_file(const std::string& path) {
  std::ifstream in{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{in}, {}};
}

int check(const std::string& path) {
  if (read_file(path) == document()) return 0;
  fmt::print(stderr, "{} is stale: run ./dev docs and commit it\n", path);
  return 1;
}

int write(const std::string& path) {
  const std::string text = document();
  if (read_file(path) == text) return 0;  // keeps its time stamp
  std::ofstream out{path, std::ios::binary};
  out << text << std::flush;
  if (!out.good()) {
    fmt::print(stderr, "syscall_docs: error: cannot write {}\n", path);
    return 1;
  }
  fmt::print("{}\n", path);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::span arguments{argv, static_cast<std::size_t>(argc)};
  constexpr std::string_view check_option = "--check";
  if (arguments.size() == 2 && arguments[1] != check_option) return write(arguments[1]);
  if (arguments.size() == 3 && arguments[1] == check_option) return check(arguments[2]);
  fmt::print(stderr, "usage: syscall_docs [--check] FILE\n");
  return 2;
}
