#include "words.h"

#include <fmt/format.h>

#include <iterator>
#include <ranges>

#include "lpaemu/mmu/explain.h"

namespace lpaemu::emu {

std::string_view memory_name(mmu::MairByte byte) {
  switch (mmu::memory_type(byte)) {
    case mmu::MemoryType::strongly_ordered: return "strongly-ordered";
    case mmu::MemoryType::device: return "device";
    case mmu::MemoryType::normal: return "normal";
    case mmu::MemoryType::unpredictable: return "unpredictable";
  }
  return "?";
}

std::string_view leaf_name(unsigned level) {
  switch (level) {
    case 0: return "flat";
    case 1: return "block 1G";
    case 2: return "block 2M";
    default: return "page 4K";
  }
}

std::string_view citation(mmu::Kind kind) {
  const bool is_leaf = kind == mmu::Kind::block || kind == mmu::Kind::page;
  return is_leaf ? "armv7 B3.6.1, B3.6.2" : "armv7 B3.6.1";
}

std::span<const mmu::FieldInfo> fields_of(mmu::Kind kind) {
  if (kind == mmu::Kind::table) return mmu::table::fields;
  return mmu::leaf::fields;
}

bool is_type_or_address(const mmu::FieldInfo& field) {
  return field.lo == mmu::leaf::VALID.lo || field.lo == mmu::leaf::TYPE.lo || field.lo == mmu::leaf::OA.lo;
}

std::string short_fields(mmu::Descriptor descriptor, mmu::Kind kind) {
  std::string text;
  for (const mmu::FieldInfo& field : fields_of(kind) | std::views::reverse) {
    const std::uint64_t value = field.value_in(descriptor.raw());
    if (value == 0 || is_type_or_address(field)) continue;
    if (!text.empty()) text += ' ';
    text += field.name;
    if (field.lo == mmu::leaf::SH.lo && kind != mmu::Kind::table)
      fmt::format_to(std::back_inserter(text), "={}", mmu::short_name(mmu::leaf::SH.get(descriptor)));
    else if (field.width() > 1)
      fmt::format_to(std::back_inserter(text), "={:#x}", value);
  }
  return text;
}

}  // namespace lpaemu::emu
