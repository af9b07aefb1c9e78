#include "lpaemu/mmu/docs/pages.h"

#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <iterator>

namespace lpaemu::docs {
namespace {

using mmu::FieldInfo;

/// `|` would end a cell.
std::string cell(std::string_view text) {
  std::string out;
  for (const char c : text) out += c == '|' ? std::string{"\\|"} : std::string{c};
  return out;
}

std::string read_file(const std::filesystem::path& path) {
  std::ifstream in{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{in}, {}};
}

bool write_file(const std::filesystem::path& path, std::string_view text) {
  std::ofstream out{path, std::ios::binary};
  out << text << std::flush;
  return out.good();
}

int check(const std::filesystem::path& folder, std::span<const Document> documents) {
  int status = 0;
  for (const Document& document : documents) {
    if (read_file(folder / document.file) == document.text) continue;
    fmt::print(stderr, "{} is stale: run ./dev docs and commit it\n", (folder / document.file).string());
    status = 1;
  }
  return status;
}

int write(const std::filesystem::path& folder, std::span<const Document> documents) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  for (const Document& document : documents) {
    const std::filesystem::path path = folder / document.file;
    if (read_file(path) == document.text) continue;  // keeps its time stamp
    if (!write_file(path, document.text)) {
      fmt::print(stderr, "docs: error: cannot write {}\n", path.string());
      return 1;
    }
    fmt::print("{}\n", path.string());
  }
  return 0;
}

}  // namespace

std::string title(std::string_view heading, std::string_view source) {
  return fmt::format("# {}\n\nGenerated from `{}` by `./dev docs`. Change that table, not this file.\n\n", heading,
                     source);
}

std::string field_table(std::span<const FieldInfo> fields, unsigned bits) {
  constexpr unsigned bits_per_digit = 4;
  std::string text = "| bits | name | mask | meaning | source |\n|---|---|---|---|---|\n";
  for (const FieldInfo& field : fields) {
    const std::string range =
        field.width() == 1 ? fmt::format("{}", field.lo) : fmt::format("{}:{}", field.hi, field.lo);
    fmt::format_to(std::back_inserter(text), "| {} | `{}` | `0x{:0{}x}` | {} | {} |\n", range, field.name, field.mask(),
                   bits / bits_per_digit, cell(field.meaning), cell(field.citation));
  }
  return text;
}

int run(std::span<char* const> arguments, std::span<const Document> documents) {
  constexpr std::string_view check_option = "--check";
  if (arguments.size() == 2 && arguments[1] != check_option) return write(arguments[1], documents);
  if (arguments.size() == 3 && arguments[1] == check_option) return check(arguments[2], documents);
  fmt::print(stderr, "usage: {} [--check] DIR\n", arguments.empty() ? "docs" : arguments[0]);
  return 2;
}

}  // namespace lpaemu::docs
