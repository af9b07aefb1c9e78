// Writes docs/gen: the field tables as Markdown, or checks that the files there are current.
//   field_docs DIR           writes pte.md, table-descriptor.md and registers.md
//   field_docs --check DIR   exit status 1 if one of them is stale
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <span>
#include <string>
#include <string_view>

#include "lpaemu/mmu/descriptor.h"
#include "lpaemu/mmu/registers.h"

namespace {

using namespace lpaemu::mmu;

struct Document {
  std::string_view file;
  std::string text;
};

std::string title(std::string_view heading, std::string_view source) {
  return fmt::format(
      "# {}\n\n"
      "Generated from `mmu/include/lpaemu/mmu/{}` by `./dev docs`. Change that table, not this file.\n\n",
      heading, source);
}

/// `|` would end a cell.
std::string cell(std::string_view text) {
  std::string out;
  for (const char c : text) out += c == '|' ? std::string{"\\|"} : std::string{c};
  return out;
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

std::array<Document, 3> documents() {
  constexpr unsigned descriptor_bits = descriptor_bytes * 8;
  std::string pte = title("Block and page descriptors: a PTE", "leaf_fields.inc");
  pte +=
      "One 64-bit word serves the hardware and Linux. At level 3 it maps a page of 4 KiB, at level 2 a block of 2 "
      "MiB,\n"
      "at level 1 a block of 1 GiB.\n\n";
  pte += field_table(leaf::fields, descriptor_bits);

  std::string table = title("Table descriptors", "table_fields.inc");
  table +=
      "An entry of level 1 or 2 with bits [1:0] = 11 points to the next level's table. Its attributes take rights "
      "away\n"
      "from everything below; none of them gives any.\n\n";
  table += field_table(table::fields, descriptor_bits);

  std::string registers = title("System registers", "registers.inc");
  for (const RegisterInfo& reg : register_tables) {
    fmt::format_to(std::back_inserter(registers), "## {}\n\n{}, {} bits: `{}`\n\n{}\n", reg.name, reg.title, reg.bits,
                   reg.access, field_table(reg.fields, reg.bits));
  }
  registers.pop_back();  // the empty line after the last table
  return {{{"pte.md", pte}, {"table-descriptor.md", table}, {"registers.md", registers}}};
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

int check(const std::filesystem::path& folder) {
  int status = 0;
  for (const Document& document : documents()) {
    if (read_file(folder / document.file) == document.text) continue;
    fmt::print(stderr, "{} is stale: run ./dev docs and commit it\n", (folder / document.file).string());
    status = 1;
  }
  return status;
}

int write(const std::filesystem::path& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  for (const Document& document : documents()) {
    const std::filesystem::path path = folder / document.file;
    if (read_file(path) == document.text) continue;  // keeps its time stamp
    if (!write_file(path, document.text)) {
      fmt::print(stderr, "field_docs: error: cannot write {}\n", path.string());
      return 1;
    }
    fmt::print("{}\n", path.string());
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::span arguments{argv, static_cast<std::size_t>(argc)};
  constexpr std::string_view check_option = "--check";
  if (arguments.size() == 2 && arguments[1] != check_option) return write(arguments[1]);
  if (arguments.size() == 3 && arguments[1] == check_option) return check(arguments[2]);
  fmt::print(stderr, "usage: field_docs [--check] DIR\n");
  return 2;
}
