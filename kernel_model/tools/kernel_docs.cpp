// docs/gen: the tables of the kernel model as Markdown.
//   kernel_docs [--check] DIR     writes (checks) syscalls.md and pagemap.md
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <span>
#include <string>
#include <string_view>

#include "lpaemu/kernel_model/mm/soft_dirty.h"
#include "lpaemu/kernel_model/syscalls/syscall.h"
#include "lpaemu/mmu/docs/pages.h"

namespace {

using namespace lpaemu::kernel;
using lpaemu::docs::Document;
using lpaemu::docs::field_table;
using lpaemu::docs::title;

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

Document syscalls_document() {
  const auto table = syscall_table();
  const auto count = [&](Support support) { return std::ranges::count(table, support, &SyscallRow::support); };
  std::string text = title("System calls", "kernel_model/include/lpaemu/kernel_model/syscalls/table.inc");
  fmt::format_to(std::back_inserter(text),
                 "The ARM EABI's calls up to Linux 6.12, {} in all: {} are supported in full, {} in part, {} are "
                 "accepted\nwithout effect, {} are absent: they answer ENOSYS, with one warning each.\n\n",
                 table.size(), count(Support::full), count(Support::partial), count(Support::ignored),
                 count(Support::absent));
  text += "| number | name | support | runs in | note |\n|---|---|---|---|---|\n" + rows_with(false);
  text += "\n## Absent\n\n| number | name | note |\n|---|---|---|\n" + rows_with(true);
  return {"syscalls.md", text};
}

Document pagemap_document() {
  std::string text =
      title("Entries of /proc/PID/pagemap", "kernel_model/include/lpaemu/kernel_model/mm/pagemap_fields.inc");
  text +=
      "One 64-bit word for each page of the address space. Bit 55 is soft-dirty here; in a PTE it is L_PTE_DIRTY.\n\n";
  constexpr unsigned bits = 64;
  return {"pagemap.md", text + field_table(pagemap::fields, bits)};
}

}  // namespace

int main(int argc, char** argv) {
  const std::array documents{syscalls_document(), pagemap_document()};
  return lpaemu::docs::run({argv, static_cast<std::size_t>(argc)}, documents);
}
