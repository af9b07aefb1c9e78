#include "words.h"

#include <fmt/format.h>

#include <iterator>
#include <ranges>
#include <span>

#include "lpaemu/mmu/explain.h"

namespace lpaemu::emu {
namespace {

SetFields not_zero(std::span<const mmu::FieldInfo> fields, mmu::Descriptor descriptor) {
  SetFields found;
  for (const mmu::FieldInfo& field : fields | std::views::reverse)
    if (field.value_in(descriptor.raw()) != 0) found.push_back(field);
  return found;
}

bool is_type_or_address(const mmu::FieldInfo& field) {
  return field.lo == mmu::leaf::VALID.lo || field.lo == mmu::leaf::TYPE.lo || field.lo == mmu::leaf::OA.lo;
}

}  // namespace

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

SetFields set_fields(const mmu::WalkStep& step) {
  SetFields found = not_zero(mmu::fields_of(step.descriptor, step.level), step.descriptor);
  if (step.kind != mmu::Kind::invalid) std::erase_if(found, is_type_or_address);
  return found;
}

SetFields set_fields(const mmu::MappingAttributes& attributes) {
  SetFields found = not_zero(mmu::leaf::fields, attributes.flags);
  std::erase_if(found, is_type_or_address);
  return found;
}

std::string short_text(const SetFields& fields, mmu::Descriptor descriptor) {
  std::string text;
  for (const mmu::FieldInfo& field : fields) {
    if (!text.empty()) text += ' ';
    text += field.name;
    if (field.name == "SH")
      fmt::format_to(std::back_inserter(text), "={}", mmu::short_name(mmu::leaf::SH.get(descriptor)));
    else if (field.width() > 1)
      fmt::format_to(std::back_inserter(text), "={:#x}", field.value_in(descriptor.raw()));
  }
  return text;
}

}  // namespace lpaemu::emu
