// docs/gen: the field tables of descriptors and registers as Markdown.
//   field_docs [--check] DIR     writes (checks) pte.md, swap-entry.md, table-descriptor.md, registers.md and tlbi.md,
//   and
//                                the drawings in PTE.md, which lies above DIR
#include <fmt/format.h>

#include <array>
#include <iterator>
#include <span>
#include <string>
#include <string_view>

#include "lpaemu/mmu/descriptor.h"
#include "lpaemu/mmu/docs/pages.h"
#include "lpaemu/mmu/linux_swap.h"
#include "lpaemu/mmu/registers.h"
#include "lpaemu/mmu/tlbi.h"

namespace {

using namespace lpaemu::mmu;
using lpaemu::docs::Document;
using lpaemu::docs::drawing;
using lpaemu::docs::field_table;
using lpaemu::docs::title;

std::string_view words(TlbiTarget target) {
  switch (target) {
    case TlbiTarget::all: return "everything; Rt is ignored";
    case TlbiTarget::mva: return "what translates MVA, if global or of ASID";
    case TlbiTarget::asid: return "what is not global and of ASID";
    case TlbiTarget::mva_any_asid: return "what translates MVA, of any ASID";
  }
  return {};
}

std::string_view words(TlbiSide side) {
  switch (side) {
    case TlbiSide::unified: return "both";
    case TlbiSide::instruction: return "instruction";
    case TlbiSide::data: return "data";
  }
  return {};
}

std::string_view words(TlbiReach reach) {
  switch (reach) {
    case TlbiReach::local: return "this CPU";
    case TlbiReach::inner_shareable: return "all of the inner shareable domain";
  }
  return {};
}

std::string tlbi_page() {
  std::string page = title("TLB maintenance operations", "mmu/include/lpaemu/mmu/tlbi.inc");
  page +=
      "At PL1 only: at PL0 they are undefined.\n\n"
      "| operation | encoding | removes | from which TLB | of | source |\n"
      "|---|---|---|---|---|---|\n";
  for (const TlbiInfo& row : tlbi_table)
    fmt::format_to(std::back_inserter(page), "| `{}` | `MCR p15, 0, Rt, c8, c{}, {}` | {} | {} | {} | {} |\n", row.name,
                   row.crm, row.opc2, words(row.target), words(row.side), words(row.reach), row.citation);
  page += "\n## Rt\n\nFrom `mmu/include/lpaemu/mmu/tlbi_operand_fields.inc`.\n\n";
  page += field_table(tlbi_operand::fields, 32);
  return page;
}

std::array<Document, 7> documents() {
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
           {"tlbi.md", tlbi_page()},
           {"../PTE.md", drawing(leaf::fields), "drawing of a leaf"},
           {"../PTE.md", drawing(table::fields), "drawing of a table descriptor"}}};
}

}  // namespace

int main(int argc, char** argv) { return lpaemu::docs::run({argv, static_cast<std::size_t>(argc)}, documents()); }
