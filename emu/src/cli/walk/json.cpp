#include "json.h"

#include <fmt/format.h>

#include "lpaemu/mmu/explain.h"
#include "lpaemu/mmu/print.h"
#include "words.h"

namespace lpaemu::emu::json {
namespace {

using mmu::Privilege;

template <class T>
std::string hex(T value) {
  return fmt::format("{}", value);
}

Json rights(mmu::Permissions permissions) {
  return {{"pl0", rights_text(permissions, Privilege::pl0)}, {"pl1", rights_text(permissions, Privilege::pl1)}};
}

Json values(const SetFields& fields, mmu::Descriptor descriptor) {
  Json found = Json::object();
  for (const mmu::FieldInfo& field : fields) found[std::string{field.name}] = field.value_in(descriptor.raw());
  return found;
}

Json step(const mmu::WalkStep& step) {
  Json found{{"level", step.level},      {"table", hex(step.table)},           {"index", step.index},
             {"entry", hex(step.entry)}, {"descriptor", hex(step.descriptor)}, {"kind", mmu::to_string(step.kind)}};
  if (step.kind == mmu::Kind::table)
    found["next_table"] = hex(mmu::next_table(step.descriptor));
  else if (step.kind != mmu::Kind::invalid)
    found["output"] = hex(mmu::output_address(step.descriptor, {}, step.level));
  found["fields"] = values(set_fields(step), step.descriptor);
  if (step.kind == mmu::Kind::invalid) found["linux"] = mmu::describe_linux(step.descriptor, step.level);
  found["citation"] = citation(step.kind);
  return found;
}

Json translation(const mmu::Translation& found, const mmu::Regime& regime) {
  Json json{{"pa", hex(found.pa)}, {"level", found.level}, {"rights", rights(found.permissions)}};
  if (found.level == 0) return json;
  const mmu::MairByte byte = mair_byte(regime.registers().mair, mmu::leaf::AttrIndx.get(found.leaf));
  json["memory"] = memory_name(byte);
  json["mair"] = fmt::format("{:#04x}", byte.raw());
  return json;
}

std::string_view place_name(mmu::RemedyPlace place) {
  switch (place) {
    case mmu::RemedyPlace::none: return "none";
    case mmu::RemedyPlace::descriptor: return "descriptor";
    case mmu::RemedyPlace::ttbcr: return "TTBCR";
    case mmu::RemedyPlace::sctlr: return "SCTLR";
  }
  return "?";
}

Json remedy(const mmu::Remedy& remedy) {
  Json found{{"obstacle", to_string(remedy.obstacle)}, {"change", place_name(remedy.place)}};
  if (remedy.level != 0) {
    found["level"] = remedy.level;
    found["entry"] = hex(remedy.entry);
  }
  if (remedy.place != mmu::RemedyPlace::none) {
    found["clear"] = fmt::format("{:#x}", remedy.clear);
    found["set"] = fmt::format("{:#x}", remedy.set);
  }
  found["text"] = remedy.text;
  return found;
}

Json fault(const mmu::Fault& fault) {
  return {{"kind", to_string(fault.kind)},
          {"level", fault.level},
          {"register", fault.access == mmu::Access::execute ? "IFSR" : "DFSR"},
          {"fsr", fmt::format("{:#x}", fsr_word(fault))},
          {"text", describe(fault)}};
}

}  // namespace

Json of(const OneWalk& walk, const mmu::Regime& regime) {
  Json found{{"va", hex(walk.va)},
             {"access", to_string(walk.access)},
             {"pl", walk.privilege == Privilege::pl0 ? 0 : 1},
             {"steps", Json::array()}};
  for (const mmu::WalkStep& seen : walk.steps) found["steps"].push_back(step(seen));
  if (walk.end) {
    found["translation"] = translation(*walk.end, regime);
    return found;
  }
  found["fault"] = fault(walk.end.error());
  found["remedies"] = Json::array();
  for (const mmu::Remedy& change : walk.remedies) found["remedies"].push_back(remedy(change));
  return found;
}

Json of(const mmu::Mapping& mapping) {
  const mmu::MappingAttributes& attributes = mapping.attributes;
  return {{"first", hex(mapping.first)},
          {"last", hex(mapping.last)},
          {"pa", hex(mapping.pa)},
          {"level", attributes.level},
          {"rights", rights(attributes.rights)},
          {"memory", memory_name(attributes.memory)},
          {"mair", fmt::format("{:#04x}", attributes.memory.raw())},
          {"flags", values(set_fields(attributes), attributes.flags)},
          {"leaf", hex(mapping.leaf)}};
}

Json of(const mmu::MissingTable& hole) {
  return {{"first", hex(hole.first)}, {"last", hex(hole.last)}, {"level", hole.level}, {"table", hex(hole.table)}};
}

Json of(const mmu::MappingDifference& difference) {
  const bool both = difference.before && difference.after;
  Json found{{"first", hex(difference.first)},
             {"last", hex(difference.last)},
             {"in", both                ? "both"
                    : difference.before ? "a"
                                        : "b"}};
  if (difference.before) found["a"] = of(*difference.before);
  if (difference.after) found["b"] = of(*difference.after);
  if (both) found["changes"] = describe_changes(difference);
  return found;
}

}  // namespace lpaemu::emu::json
