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
};

/// The heading of a page that is generated from `source`, a path below the checkout.
[[nodiscard]] std::string title(std::string_view heading, std::string_view source);

/// Fields of a word of `bits` bits as a Markdown table.
[[nodiscard]] std::string field_table(std::span<const mmu::FieldInfo> fields, unsigned bits);

/// A tool's main: `[--check] DIR` writes the documents to DIR, or is 1 if one of them is stale there.
[[nodiscard]] int run(std::span<char* const> arguments, std::span<const Document> documents);

}  // namespace lpaemu::docs
