#include "lpaemu/mmu/table_builder.h"

#include <utility>

#include "lpaemu/mmu/assert.h"

namespace lpaemu::mmu {
namespace {

Descriptor read(const PhysicalMemory& memory, PhysAddr entry) {
  const auto raw = memory.read64(entry);
  LPAEMU_ASSERT(raw, "no memory at {:#x} for a table", entry.raw());
  return Descriptor{*raw};
}

void write(PhysicalMemory& memory, PhysAddr entry, Descriptor descriptor) {
  const bool stored = memory.write64(entry, descriptor.raw());
  LPAEMU_ASSERT(stored, "no memory at {:#x} for a table", entry.raw());
}

}  // namespace

TableBuilder::TableBuilder(PhysicalMemory& memory, WalkStart start, std::function<PhysAddr()> allocate)
    : memory_{memory}, start_{start}, allocate_{std::move(allocate)} {}

PhysAddr TableBuilder::entry(VirtAddr va, unsigned level) {
  LPAEMU_ASSERT(level >= start_.level && level <= last_level, "level {}, tables start at level {}", level,
                start_.level);
  PhysAddr entry = start_.entry_of(va);
  for (unsigned above = start_.level; above < level; ++above) {
    Descriptor d = read(memory_, entry);
    LPAEMU_ASSERT(kind_of(d, above) != Kind::block, "level {} block {:#x} in the way of {:#x}", above, d.raw(),
                  va.raw());
    if (kind_of(d, above) == Kind::invalid) {
      d = table_descriptor(allocate_().pfn());
      write(memory_, entry, d);
    }
    entry = next_table(d) + std::uint64_t{index_at(va, above + 1)} * descriptor_bytes;
  }
  return entry;
}

void TableBuilder::set_leaf(VirtAddr va, unsigned level, Descriptor leaf) { write(memory_, entry(va, level), leaf); }

void TableBuilder::limit_table(VirtAddr va, unsigned level, Descriptor attributes) {
  const PhysAddr where = entry(va, level);
  const Descriptor d = read(memory_, where);
  LPAEMU_ASSERT(kind_of(d, level) == Kind::table, "level {} entry {:#x} of {:#x} is no table", level, d.raw(),
                va.raw());
  write(memory_, where, Descriptor{d.raw() | attributes.raw()});
}

}  // namespace lpaemu::mmu
