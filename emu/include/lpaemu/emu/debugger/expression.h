// Addresses, numbers and ranges as a person types them: 0x10400, main+8, $sp-4, *$r0, counter.
#pragma once

#include <cstdint>
#include <string_view>

#include "lpaemu/emu/debugger/debugger.h"

namespace lpaemu::emu {

/// Looks up the program's symbols.
[[nodiscard]] Expected<CompiledExpression, Error> compile(std::string_view text, Debugger& debugger);

/// What the expression is worth now: compiled_expression.h says what it may be made of.
[[nodiscard]] Expected<std::uint32_t, Error> evaluate(std::string_view text, Debugger& debugger);

/// ADDR or ADDR,LEN; `length` where no LEN is given. SYMBOL alone: all of it, when `whole_symbol`.
enum class SymbolRange : std::uint8_t { first_byte, whole };
[[nodiscard]] Expected<kernel::VirtRange, Error> evaluate_range(std::string_view text, Debugger& debugger,
                                                                std::uint32_t length, SymbolRange symbols);

/// "0x000106dc <store_word+0x8>", or the bare address.
[[nodiscard]] std::string with_symbol(VirtAddr va, Debugger& debugger);

}  // namespace lpaemu::emu
