// Pages of docs/gen: written by `./dev docs`, checked by a test. Shared by the tools that know a table.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "lpaemu/mmu/field.h"

namespace lpaemu::docs {

/// One page: its file in docs/gen and what it holds.
struct Document {
  std::string_view file;
  std::string text;
  /// Not empty: a page written by hand, of which only what stands between the lines `<!-- NAME -->` and
  /// `<!-- end of NAME -->` is ours.
  std::string_view block = {};
};

/// The heading of a page that is generated from `source`, a path below the checkout.
[[nodiscard]] std::string title(std::string_view heading, std::string_view source);

/// Fields of a word of `bits` bits as a Markdown table.
[[nodiscard]] std::string field_table(std::span<const mmu::FieldInfo> fields, unsigned bits);

/// Fields of a word drawn as its bits from left to right, with who reads each and what it says.
[[nodiscard]] std::string drawing(std::span<const mmu::FieldInfo> fields);

/// A tool's main: `[--check] DIR` writes the documents to DIR, or is 1 if one of them is stale there.
[[nodiscard]] int run(std::span<char* const> arguments, std::span<const Document> documents);

}  // namespace lpaemu::docs
