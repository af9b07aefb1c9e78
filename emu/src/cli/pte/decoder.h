// How `lpaemu pte decode` writes down what a word means. A decoder keeps what is the same for every word, since a
// million of them may come in a row.
#pragma once

#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lpaemu/mmu/descriptor.h"

namespace lpaemu::emu {

class Decoder {
 public:
  Decoder() = default;
  virtual ~Decoder() = default;
  Decoder(const Decoder&) = delete;
  Decoder& operator=(const Decoder&) = delete;

  /// Appends what `d` means in a table of this level (1 to 3).
  virtual void append(std::string& text, mmu::Descriptor d, unsigned level) = 0;
};

/// Lines for people.
[[nodiscard]] std::unique_ptr<Decoder> make_text_decoder();
/// A JSON object without a line's end.
[[nodiscard]] std::unique_ptr<Decoder> make_json_decoder();

/// "page", "table", ... or "swap entry".
[[nodiscard]] std::string_view kind_name(mmu::Descriptor d, unsigned level);

/// What stands before and behind a field's value.
struct FieldFrame {
  const mmu::FieldInfo* field;
  std::string before;
  std::string after;
};

/// The frames of every field table that was asked for.
class FieldFrames {
 public:
  using Render = FieldFrame (*)(const mmu::FieldInfo& field);
  explicit FieldFrames(Render render) : render_{render} {}

  /// In the order of `fields`, a table that lasts.
  [[nodiscard]] std::span<const FieldFrame> of(std::span<const mmu::FieldInfo> fields);

 private:
  Render render_;
  std::map<const mmu::FieldInfo*, std::vector<FieldFrame>> frames_;  // by the first row of the table
};

}  // namespace lpaemu::emu
