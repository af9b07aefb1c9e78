#include "lpaemu/mmu/docs/pages.h"

#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <vector>

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

/// `page` with the document in it; nothing if it has no place for the block.
std::optional<std::string> updated(const std::string& page, const Document& document) {
  if (document.block.empty()) return document.text;
  const std::string opening = fmt::format("<!-- {} -->\n", document.block);
  const std::string closing = fmt::format("<!-- end of {} -->\n", document.block);
  const std::size_t begin = page.find(opening);
  const std::size_t end = page.find(closing);
  if (begin == std::string::npos || end == std::string::npos || end < begin) return std::nullopt;
  return page.substr(0, begin + opening.size()) + document.text + page.substr(end);
}

int check(const std::filesystem::path& folder, std::span<const Document> documents) {
  int status = 0;
  for (const Document& document : documents) {
    const std::string page = read_file(folder / document.file);
    if (updated(page, document) == page) continue;
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
    const std::string page = read_file(path);
    const auto text = updated(page, document);
    if (text == page) continue;  // keeps its time stamp
    if (!text) {
      fmt::print(stderr, "docs: error: {} has no block <!-- {} -->\n", path.string(), document.block);
      return 1;
    }
    if (!write_file(path, *text)) {
      fmt::print(stderr, "docs: error: cannot write {}\n", path.string());
      return 1;
    }
    fmt::print("{}\n", path.string());
  }
  return 0;
}

std::string range_of(const FieldInfo& field) {
  return field.width() == 1 ? fmt::format("{}", field.lo) : fmt::format("{}:{}", field.hi, field.lo);
}

/// Who reads a field of a descriptor: the hardware, Linux alone, or nobody.
std::string_view reader_of(const FieldInfo& field) {
  if (field.meaning.starts_with("software")) return "L";
  if (field.meaning.starts_with("ignored") || field.meaning.starts_with("should be zero")) return "-";
  return "H";
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
    fmt::format_to(std::back_inserter(text), "| {} | `{}` | `0x{:0{}x}` | {} | {} |\n", range_of(field), field.name,
                   field.mask(), bits / bits_per_digit, cell(field.meaning), cell(field.citation));
  }
  return text;
}

std::string drawing(std::span<const FieldInfo> fields) {
  std::string rule = "+";
  std::string bits = "|";
  std::string readers = "|";
  std::string stems;                 // a line down from each cell
  std::vector<std::size_t> columns;  // of the stems
  for (const FieldInfo& field : fields) {
    const std::string range = range_of(field);
    columns.push_back(bits.size());
    rule += std::string(range.size(), '-') + "+";
    bits += range + "|";
    readers += fmt::format("{:<{}}|", reader_of(field), range.size());
    stems.resize(columns.back(), ' ');
    stems += "|";
  }
  std::string text = fmt::format("```\n{0}\n{1}\n{2}\n{0}\n", rule, bits, readers);
  for (std::size_t i = fields.size(); i-- > 0;)  // the rightmost first: its words stand below no other stem
    fmt::format_to(std::back_inserter(text), "{}+- {}: {}\n", stems.substr(0, columns[i]), fields[i].name,
                   fields[i].meaning);
  return text + "```\n";
}

int run(std::span<char* const> arguments, std::span<const Document> documents) {
  constexpr std::string_view check_option = "--check";
  if (arguments.size() == 2 && arguments[1] != check_option) return write(arguments[1], documents);
  if (arguments.size() == 3 && arguments[1] == check_option) return check(arguments[2], documents);
  fmt::print(stderr, "usage: {} [--check] DIR\n", arguments.empty() ? "docs" : arguments[0]);
  return 2;
}

}  // namespace lpaemu::docs
