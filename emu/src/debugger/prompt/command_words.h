// The words that a command's name is made of, and what somebody may type for them.
#pragma once

#include <string_view>
#include <vector>

#include "lpaemu/emu/error.h"

namespace lpaemu::emu {

/// Takes the line's first word; `/`, `$` and `*` end a word as well, so that x/4xw and p$pc are read.
[[nodiscard]] std::string_view take_word(std::string_view& line);

/// "info" of "info pte".
[[nodiscard]] std::string_view first_word(std::string_view name);
/// "pte" of "info pte"; may be empty.
[[nodiscard]] std::string_view second_word(std::string_view name);

/// Of `words` the one that is meant: the word itself, or the only one that begins with it. Errors call it a `what`, and
/// name the words between which it does not decide.
[[nodiscard]] Expected<std::string_view, Error> expand_word(std::string_view typed, std::vector<std::string_view> words,
                                                            std::string_view what);

/// The same for the first word of a command.
[[nodiscard]] Expected<std::string_view, Error> expand_first_word(std::string_view typed);

}  // namespace lpaemu::emu
