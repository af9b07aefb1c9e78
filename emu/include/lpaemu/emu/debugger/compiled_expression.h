// An expression, read once and evaluated often: the conditions of points, and what is typed at the prompt.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lpaemu/emu/debugger/fault_filter.h"
#include "lpaemu/emu/error.h"
#include "lpaemu/kernel_model/cpu.h"

namespace lpaemu::emu {

/// Port: what an expression is evaluated on.
class Operands {
 public:
  [[nodiscard]] virtual kernel::UserRegisters registers() const = 0;
  /// Of CP15 and VFP; see other_registers.h. Requires: is_other_register(name).
  [[nodiscard]] virtual std::uint64_t other_register(std::string_view name) const = 0;
  [[nodiscard]] virtual std::optional<std::uint32_t> word_at(kernel::VirtAddr va) const = 0;
  /// Null: the guest does not stand at a fault.
  [[nodiscard]] virtual const CurrentFault* fault() const = 0;

 protected:
  ~Operands() = default;
};

/// Unsigned 32-bit arithmetic with C's operators and precedence: `|| && | ^ & == != < <= > >= << >> + - * / % ! ~`,
/// numbers (0x hex, or decimal), registers ($r0, $sp, $cpsr, $DFAR, $s0, ...), symbols, which mean their address,
/// `*TERM`, the word there, and of a fault $addr (or $far), $fsr and `kind == NAME`, where NAME is_fault_kind.
class CompiledExpression {
 public:
  using FindSymbol = std::function<std::optional<kernel::VirtAddr>(std::string_view name)>;

  /// Symbols are looked up here, once. Errors name what is not understood.
  [[nodiscard]] static Expected<CompiledExpression, Error> compile(std::string_view text, const FindSymbol& symbol);

  /// Errors: memory that is not there, a division by 0, a fault's facts where there is no fault.
  [[nodiscard]] Expected<std::uint32_t, Error> evaluate(const Operands& operands) const;

  /// Whether it asks for a fault's facts.
  [[nodiscard]] bool asks_for_fault() const;
  [[nodiscard]] const std::string& text() const { return text_; }

  enum class Op : std::uint8_t;
  /// A step of a stack machine.
  struct Step {
    Op op;
    std::uint32_t operand = 0;
  };

 private:
  class Compiler;

  std::string text_;
  std::vector<Step> steps_;
  std::vector<std::string> names_;  // fault kinds and registers, by a step's operand
};

}  // namespace lpaemu::emu
