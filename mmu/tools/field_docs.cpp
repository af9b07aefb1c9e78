// docs/gen: the field tables of descriptors and registers as Markdown.
//   field_docs [--check] DIR     writes (checks) pte.md, swap-entry.md, table-descriptor.md and registers.md, and the
//                                drawings in PTE.md, which lies above DIR
#include <fmt/format.h>

#include <array>
#include <iterator>
#include <span>
#include <string>

#include "lpaemu/mmu/descriptor.h"
#include "lpaemu/mmu/docs/pages.h"
#include "lpaemu/mmu/linux_swap.h"
#include "lpaemu/mmu/registers.h"

namespace {

using namespace lpaemu::mmu;
using lpaemu::docs::Document;
using lpaemu::docs::drawing;
using lpaemu::docs::field_table;
using lpaemu::docs::title;

std::array<Document, 6> documents() {
  constexpr unsigned descriptor_bits = descriptor_bytes * 8;
  std::string pte = title("Block and page descriptors: a PTE", "mmu/include/lpaemu/mmu/leaf_fields.inc");
  pte +=
      "One 64-bit word serves the hardware and Linux. At level 3 it maps a page of 4 KiB, at level 2 a block of 2 "
      "MiB,\n"
      "at level 1 a block of 1 GiB.\n\n";
  pte += field_table(leaf::fields, descriptor_bits);

  std::string swap = title("Swap entries: a PTE without a page", "mmu/include/lpaemu/mmu/swap_fields.inc");
  swap +=
      "A PTE that is not zero and whose bits [1:0] are 00 names a place in a swap area. The hardware sees an invalid\n"
      "entry and ignores the rest.\n\n";
  swap += field_table(swp::fields, descriptor_bits);

  std::string table = title("Table descriptors", "mmu/include/lpaemu/mmu/table_fields.inc");
  table +=
      "An entry of level 1 or 2 with bits [1:0] = 11 points to the next level's table. Its attributes take rights "
      "away\n"
      "from everything below; none of them gives any.\n\n";
  table += field_table(table::fields, descriptor_bits);

  std::string registers = title("System registers", "mmu/include/lpaemu/mmu/registers.inc");
  for (const RegisterInfo& reg : register_tables) {
    fmt::format_to(std::back_inserter(registers), "## {}\n\n{}, {} bits: `{}`\n\n{}\n", reg.name, reg.title, reg.bits,
                   reg.access, field_table(reg.fields, reg.bits));
  }
  registers.pop_back();  // the empty line after the last table
  return {{{"pte.md", pte},
           {"swap-entry.md", swap},
           {"table-descriptor.md", table},
           {"registers.md", registers},
           {"../PTE.md", drawing(leaf::fields), "drawing of a leaf"},
           {"../PTE.md", drawing(table::fields), "drawing of a table descriptor"}}};
}

}  // namespace

int main(int argc, char** argv) { return lpaemu::docs::run({argv, static_cast<std::size_t>(argc)}, documents()); }
