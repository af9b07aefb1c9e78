#include <fmt/compile.h>
#include <fmt/format.h>

#include <iterator>

#include "decoder.h"
#include "lpaemu/mmu/explain.h"
#include "lpaemu/mmu/format.h"

namespace lpaemu::emu {
namespace {

/// "  [51:40] SBZ = " and "  should be zero  [armv7 B3.6.1]".
FieldFrame text_frame(const mmu::FieldInfo& field) {
  const std::string bits =
      field.width() == 1 ? fmt::format("[{}]", field.lo) : fmt::format("[{}:{}]", field.hi, field.lo);
  return {&field, fmt::format("  {:>7} {} = ", bits, field.name),
          fmt::format("  {}  [{}]\n", field.meaning, field.citation)};
}

void append_field(std::string& text, const FieldFrame& frame, mmu::Descriptor d) {
  constexpr unsigned hex_width = 4;  // narrower fields are decimal
  const std::uint64_t value = frame.field->value_in(d.raw());
  if (value == 0) return;
  text += frame.before;
  if (frame.field->width() < hex_width)
    fmt::format_to(std::back_inserter(text), FMT_COMPILE("{}"), value);
  else
    fmt::format_to(std::back_inserter(text), FMT_COMPILE("{:#x}"), value);
  text += frame.after;
}

class TextDecoder final : public Decoder {
 public:
  void append(std::string& text, mmu::Descriptor d, unsigned level) override {
    fmt::format_to(std::back_inserter(text), FMT_COMPILE("{}  level {} {}\n"), d, level, kind_name(d, level));
    for (const FieldFrame& frame : frames_.of(mmu::fields_of(d, level))) append_field(text, frame, d);
    text.append("  hardware: ").append(mmu::describe_hardware(d, level));
    text.append("\n  linux: ").append(mmu::describe_linux(d, level)).append("\n");
    for (const std::string& warning : mmu::warnings_about(d, level)) text.append("  warning: ").append(warning + '\n');
  }

 private:
  FieldFrames frames_{text_frame};
};

}  // namespace

std::unique_ptr<Decoder> make_text_decoder() { return std::make_unique<TextDecoder>(); }

}  // namespace lpaemu::emu
