// Any words as descriptors of every level, as PTEs and as fault words: what is said about them is whole and consistent.
#include <algorithm>
#include <string_view>

#include "input.h"
#include "lpaemu/mmu/assert.h"
#include "lpaemu/mmu/explain.h"
#include "lpaemu/mmu/explain_fault.h"
#include "lpaemu/mmu/linux_swap.h"
#include "lpaemu/mmu/print.h"
#include "lpaemu/mmu/set_ptes.h"

namespace lpaemu::mmu {
namespace {

void check_line(std::string_view line, std::uint64_t word) {
  const auto printable = [](char c) { return c >= ' ' && c <= '~'; };
  LPAEMU_ASSERT(!line.empty() && std::ranges::all_of(line, printable), "{:#018x}: \"{}\"", word, line);
}

void check_lines(std::span<const std::string> lines, std::uint64_t word) {
  for (const std::string& line : lines) check_line(line, word);
}

/// The fields hold every bit of the word, and those that are not zero get a line each.
void check_fields(std::span<const FieldInfo> fields, std::uint64_t word) {
  std::uint64_t together = 0;
  long set = 0;
  for (const FieldInfo& field : fields) {
    together |= field.value_in(word) << field.lo;
    if (field.value_in(word) != 0) ++set;
  }
  LPAEMU_ASSERT(together == word, "{:#018x} from the fields of {:#018x}", together, word);
  const std::string text = describe_fields(fields, word);
  LPAEMU_ASSERT(std::ranges::count(text, '\n') == set, "{:#018x} has {} fields set:\n{}", word, set, text);
}

void check_descriptor(Descriptor d, unsigned level) {
  const std::string hardware = describe_hardware(d, level);
  check_line(hardware, d.raw());
  check_line(describe_linux(d, level), d.raw());
  check_lines(warnings_about(d, level), d.raw());
  check_fields(fields_of(d, level), d.raw());

  const Kind kind = kind_of(d, level);
  LPAEMU_ASSERT(hardware.starts_with(to_string(kind)), "{:#018x} at level {}: {}", d.raw(), level, hardware);
  LPAEMU_ASSERT((kind == Kind::table) == (fields_of(d, level).data() == table::fields.data()), "{:#018x} at level {}",
                d.raw(), level);
  LPAEMU_ASSERT((kind == Kind::invalid) == (!leaf::VALID.get(d) || (level == last_level && !leaf::TYPE.get(d))),
                "{:#018x} at level {}", d.raw(), level);
}

/// What set_pte_at stores is stored again as it is, and no warning asks for another AP[2].
void check_stored(Pte pte, AddressPart part) {
  const Pte stored{set_pte_at_value(pte, part)};
  LPAEMU_ASSERT(set_pte_at_value(stored, part) == stored.raw(), "{:#018x}: {:#018x}, then {:#018x}", pte.raw(),
                stored.raw(), set_pte_at_value(stored, part));
  for (const std::string& line : warnings_about(as_descriptor(stored), last_level))
    LPAEMU_ASSERT(!line.starts_with("AP[2]"), "{:#018x}: {}", stored.raw(), line);
}

void check_pte(Pte pte, Pte other) {
  check_line(describe(pte), pte.raw());
  LPAEMU_ASSERT(describe_changes(pte, other).empty() == (pte == other), "{:#018x}, {:#018x}", pte.raw(), other.raw());
  check_stored(pte, AddressPart::user);
  check_stored(pte, AddressPart::kernel);
  if (!is_swap_pte(pte)) return;
  const swp_entry_t entry = pte_to_swp_entry(pte);
  LPAEMU_ASSERT(swp_entry(swp_type(entry), swp_offset(entry)) == entry, "{:#018x}", pte.raw());
}

void check_fault_words(std::uint32_t word) {
  check_fields(DFSR::fields, word);
  check_fields(IFSR::fields, word);
  check_lines(warnings_about(Dfsr{word}), word);
  check_lines(warnings_about(Ifsr{word}), word);

  const unsigned status = DFSR::STATUS.get(Dfsr{word});
  const StatusMeaning meaning = status_meaning(status);
  check_line(meaning.name, word);
  const auto decoded = decode_fault_status(status);
  if (!decoded) return;
  LPAEMU_ASSERT(fault_status(decoded->kind, decoded->level) == status && meaning.level == decoded->level,
                "status {:#x}: level {}", status, decoded->level);
  for (const Access access : {Access::read, Access::write, Access::execute})
    check_line(describe(Fault{decoded->kind, decoded->level, VirtAddr{word}, access, Privilege::pl0}), word);
}

}  // namespace
}  // namespace lpaemu::mmu

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace lpaemu::mmu;
  constexpr std::size_t most_words = 8;  // longer inputs find nothing more
  fuzzing::Input input{data, std::min(size, most_words * sizeof(std::uint64_t))};
  Pte before{};
  while (input.left() != 0) {
    const Pte pte{input.take<std::uint64_t>()};
    for (unsigned level = first_level; level <= last_level; ++level) check_descriptor(as_descriptor(pte), level);
    check_pte(pte, before);
    check_fault_words(static_cast<std::uint32_t>(pte.raw()));
    before = pte;
  }
  return 0;
}
