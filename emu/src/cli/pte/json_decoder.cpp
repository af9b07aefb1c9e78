// Appended by hand, without spaces and in the order of the calls: an object of a JSON library for each word takes more
// than ten times as long.
#include <fmt/compile.h>
#include <fmt/format.h>

#include <iterator>
#include <nlohmann/json.hpp>
#include <utility>

#include "decoder.h"
#include "lpaemu/mmu/explain.h"
#include "lpaemu/mmu/format.h"
#include "lpaemu/mmu/linux_swap.h"

namespace lpaemu::emu {
namespace {

/// In quotes, escaped where it must be: hardly anything is.
void append_string(std::string& text, std::string_view words) {
  bool plain = true;
  for (const char c : words) plain &= c >= ' ' && c <= '~' && c != '"' && c != '\\';  // no early end: vectorised
  if (plain)
    text.append(1, '"').append(words).append(1, '"');
  else
    text += nlohmann::json(words).dump();
}

/// The members of an object, from the opening brace on.
class Members {
 public:
  explicit Members(std::string& text) : text_{text} {}

  /// Begins a member: the caller appends its value. `name` needs no escapes.
  std::string& member(std::string_view name) {
    text_.append(empty_ ? "{\"" : ",\"").append(name).append("\":");
    empty_ = false;
    return text_;
  }
  Members& string(std::string_view name, std::string_view words) {
    append_string(member(name), words);
    return *this;
  }
  Members& number(std::string_view name, std::uint64_t value) {
    fmt::format_to(std::back_inserter(member(name)), FMT_COMPILE("{}"), value);
    return *this;
  }
  Members& flag(std::string_view name, bool value) {
    member(name) += value ? "true" : "false";
    return *this;
  }
  /// Requires: a member.
  void close() { text_ += '}'; }

 private:
  std::string& text_;
  bool empty_ = true;
};

/// The leaf's state as members of their own, for programs.
void append_leaf(std::string& text, mmu::Descriptor d, unsigned level) {
  const mmu::Pte pte{d.raw()};
  Members leaf{text};
  fmt::format_to(std::back_inserter(leaf.member("pa")), FMT_COMPILE("\"{}\""),
                 mmu::output_address(d, mmu::VirtAddr{}, level));
  leaf.flag("user", mmu::L_PTE_USER.get(pte))
      .flag("write", mmu::pte_write(pte))
      .flag("exec", mmu::pte_exec(pte))
      .flag("dirty", mmu::pte_dirty(pte))
      .flag("young", mmu::pte_young(pte))
      .flag("soft_dirty", mmu::pte_soft_dirty(pte))
      .flag("special", mmu::pte_special(pte))
      .flag("protnone", mmu::pte_protnone(pte))
      .flag("valid", mmu::pte_valid(pte))
      .close();
}

void append_swap(std::string& text, mmu::Pte pte) {
  const mmu::swp_entry_t entry = mmu::pte_to_swp_entry(pte);
  Members{text}
      .number("type", mmu::swp_type(entry))
      .number("offset", mmu::swp_offset(entry))
      .flag("exclusive", mmu::pte_swp_exclusive(pte))
      .flag("soft_dirty", mmu::pte_swp_soft_dirty(pte))
      .close();
}

/// The field's object, but for its value.
FieldFrame json_frame(const mmu::FieldInfo& field) {
  FieldFrame frame{&field, {}, ","};
  Members{frame.before}.string("name", field.name).number("hi", field.hi).number("lo", field.lo).member("value");
  std::string rest;
  Members{rest}.string("meaning", field.meaning).string("citation", field.citation).close();
  frame.after.append(rest, 1);  // without its brace: it goes on
  return frame;
}

class JsonDecoder final : public Decoder {
 public:
  void append(std::string& text, mmu::Descriptor d, unsigned level) override {
    Members word{text};
    fmt::format_to(std::back_inserter(word.member("value")), FMT_COMPILE("\"{}\""), d);
    word.number("level", level).string("kind", kind_name(d, level));
    append_fields(word.member("fields"), d, level);
    if (mmu::is_swap_entry(d, level))
      append_swap(word.member("swap"), mmu::Pte{d.raw()});
    else if (d.raw() != 0 && mmu::kind_of(d, level) != mmu::Kind::table)
      append_leaf(word.member("leaf"), d, level);
    word.string("hardware", mmu::describe_hardware(d, level)).string("linux", mmu::describe_linux(d, level));
    append_warnings(word.member("warnings"), d, level);
    word.close();
  }

 private:
  /// Those that are not zero.
  void append_fields(std::string& text, mmu::Descriptor d, unsigned level) {
    char separator = '[';
    for (const FieldFrame& frame : frames_.of(mmu::fields_of(d, level))) {
      const std::uint64_t value = frame.field->value_in(d.raw());
      if (value == 0) continue;
      text.append(1, std::exchange(separator, ',')).append(frame.before);
      fmt::format_to(std::back_inserter(text), FMT_COMPILE("{}"), value);
      text += frame.after;
    }
    text += separator == '[' ? "[]" : "]";
  }

  static void append_warnings(std::string& text, mmu::Descriptor d, unsigned level) {
    char separator = '[';
    for (const std::string& warning : mmu::warnings_about(d, level)) {
      text += std::exchange(separator, ',');
      append_string(text, warning);
    }
    text += separator == '[' ? "[]" : "]";
  }

  FieldFrames frames_{json_frame};
};

}  // namespace

std::unique_ptr<Decoder> make_json_decoder() { return std::make_unique<JsonDecoder>(); }

}  // namespace lpaemu::emu
