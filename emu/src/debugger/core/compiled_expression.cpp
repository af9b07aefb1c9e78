#include "lpaemu/emu/debugger/compiled_expression.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "lpaemu/emu/blanks.h"
#include "lpaemu/emu/core_registers.h"
#include "lpaemu/emu/debugger/other_registers.h"
#include "lpaemu/mmu/assert.h"

namespace lpaemu::emu {

using kernel::VirtAddr;

enum class CompiledExpression::Op : std::uint8_t {
  constant,
  core_register,
  cpsr,
  other_register,
  fault_address,
  fault_status,
  fault_kind,  // 1 or 0
  load,
  negate,
  complement,
  logical_not,
  truth,            // 1 or 0
  skip_if_zero,     // to the step `operand`, with 0; else the value is dropped
  skip_if_nonzero,  // the same with 1
  bit_or,
  bit_xor,
  bit_and,
  equal,
  not_equal,
  less,
  less_equal,
  greater,
  greater_equal,
  shift_left,
  shift_right,
  add,
  subtract,
  multiply,
  divide,
  remainder,
};

namespace {

using Op = CompiledExpression::Op;

struct Operator {
  std::string_view text;
  unsigned precedence;
  Op op;  // of && and ||: when the right side is not looked at
};
// Those that begin like a shorter one come first.
constexpr std::array binary_operators{
    Operator{"||", 1, Op::skip_if_nonzero}, Operator{"&&", 2, Op::skip_if_zero},
    Operator{"==", 6, Op::equal},           Operator{"!=", 6, Op::not_equal},
    Operator{"<<", 8, Op::shift_left},      Operator{">>", 8, Op::shift_right},
    Operator{"<=", 7, Op::less_equal},      Operator{">=", 7, Op::greater_equal},
    Operator{"|", 3, Op::bit_or},           Operator{"^", 4, Op::bit_xor},
    Operator{"&", 5, Op::bit_and},          Operator{"<", 7, Op::less},
    Operator{">", 7, Op::greater},          Operator{"+", 9, Op::add},
    Operator{"-", 9, Op::subtract},         Operator{"*", 10, Op::multiply},
    Operator{"/", 10, Op::divide},          Operator{"%", 10, Op::remainder},
};

bool skips(Op op) { return op == Op::skip_if_zero || op == Op::skip_if_nonzero; }

std::optional<Op> unary_operator(char c) {
  switch (c) {
    case '*': return Op::load;
    case '-': return Op::negate;
    case '~': return Op::complement;
    case '!': return Op::logical_not;
    default: return std::nullopt;
  }
}

bool is_name_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view{"_.$@:"}.find(c) != std::string_view::npos;
}

std::optional<std::uint32_t> number(std::string_view text) {
  const bool hex = text.starts_with("0x") || text.starts_with("0X");
  const std::string_view digits = hex ? text.substr(2) : text;
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, hex ? 16 : 10);
  if (error != std::errc{} || end != digits.data() + digits.size() || digits.empty()) return std::nullopt;
  return value;
}

std::optional<CompiledExpression::Step> register_step(std::string_view name) {
  if (const auto number = core_register(name))
    return CompiledExpression::Step{Op::core_register, static_cast<std::uint32_t>(*number)};
  if (name == "cpsr") return CompiledExpression::Step{Op::cpsr};
  if (name == "addr" || name == "far") return CompiledExpression::Step{Op::fault_address};
  if (name == "fsr") return CompiledExpression::Step{Op::fault_status};
  return std::nullopt;
}

}  // namespace

// ---- Reading -------------------------------------------------------------------------------------------------------

class CompiledExpression::Compiler {
 public:
  Compiler(std::string_view text, const FindSymbol& symbol) : rest_{trimmed(text)}, symbol_{symbol} {
    compiled_.text_ = rest_;
  }

  Expected<CompiledExpression, Error> run() {
    LPAEMU_TRY_VOID(operation(1, 0));
    if (!rest_.empty()) return unexpected(Error{fmt::format("'{}' does not belong there", rest_)});
    return std::move(compiled_);
  }

 private:
  static constexpr unsigned deepest = 64;

  /// Operands joined by operators of at least this precedence.
  Expected<void, Error> operation(unsigned precedence, unsigned depth) {
    LPAEMU_TRY_VOID(operand(depth));
    while (const Operator* found = next_operator(precedence)) {
      rest_ = trimmed(rest_.substr(found->text.size()));
      const std::size_t at = compiled_.steps_.size();
      if (skips(found->op)) add(found->op);
      LPAEMU_TRY_VOID(operation(found->precedence + 1, depth));
      add(skips(found->op) ? Op::truth : found->op);
      if (skips(found->op)) compiled_.steps_[at].operand = static_cast<std::uint32_t>(compiled_.steps_.size());
    }
    return {};
  }

  Expected<void, Error> operand(unsigned depth) {
    if (rest_.empty()) return unexpected(Error{"a value is missing"});
    if (depth == deepest) return unexpected(Error{"an expression nested too deeply"});
    const char first = rest_.front();
    if (const auto op = unary_operator(first)) {
      rest_ = trimmed(rest_.substr(1));
      LPAEMU_TRY_VOID(operand(depth + 1));
      add(*op);
      return {};
    }
    if (first == '(') {
      rest_ = trimmed(rest_.substr(1));
      LPAEMU_TRY_VOID(operation(1, depth + 1));
      if (!rest_.starts_with(')')) return unexpected(Error{"a ')' is missing"});
      rest_ = trimmed(rest_.substr(1));
      return {};
    }
    if (first == '&') rest_ = trimmed(rest_.substr(1));  // &SYMBOL: its address, as without
    return name(take_while(is_name_character));
  }

  Expected<void, Error> name(std::string_view text) {
    if (text.empty()) return unexpected(Error{fmt::format("'{}' is no value", rest_)});
    if (text == "kind" && (rest_.starts_with("==") || rest_.starts_with("!="))) return fault_kind();
    if (text.front() == '$') {
      const auto step = register_step(text.substr(1));
      if (!step && is_other_register(text.substr(1))) {
        if (text[1] == 'q') return unexpected(Error{fmt::format("{0} has 128 bits; print {0}", text)});
        add(Op::other_register, static_cast<std::uint32_t>(compiled_.names_.size()));
        compiled_.names_.emplace_back(text.substr(1));
        return {};
      }
      if (!step) return unexpected(Error{fmt::format("no register '{}'", text)});
      compiled_.steps_.push_back(*step);
    } else if (const auto value = number(text)) {
      add(Op::constant, *value);
    } else if (const auto address = symbol_(text)) {
      add(Op::constant, address->raw());
    } else {
      return unexpected(Error{fmt::format("'{}' is no number of 32 bits, register or symbol; locals are GDB's", text)});
    }
    return {};
  }

  /// Behind `kind`: == or !=, and a name with hyphens in it.
  Expected<void, Error> fault_kind() {
    const bool unequal = rest_.front() == '!';
    rest_ = trimmed(rest_.substr(2));
    const std::string_view kind = take_while([](char c) { return is_name_character(c) || c == '-'; });
    if (!is_fault_kind(kind))
      return unexpected(Error{fmt::format("no kind of fault '{}'; there are: {}", kind, fault_kinds())});
    add(Op::fault_kind, static_cast<std::uint32_t>(compiled_.names_.size()));
    compiled_.names_.emplace_back(kind);
    if (unequal) add(Op::logical_not);
    return {};
  }

  const Operator* next_operator(unsigned precedence) const {
    const auto* const found = std::ranges::find_if(
        binary_operators, [this](const Operator& candidate) { return rest_.starts_with(candidate.text); });
    return found != binary_operators.end() && found->precedence >= precedence ? found : nullptr;
  }

  template <class Belongs>
  std::string_view take_while(Belongs belongs) {
    const auto end = std::ranges::find_if_not(rest_, belongs);
    const std::string_view taken = rest_.substr(0, static_cast<std::size_t>(end - rest_.begin()));
    rest_ = trimmed(rest_.substr(taken.size()));
    return taken;
  }

  void add(Op op, std::uint32_t operand = 0) { compiled_.steps_.push_back({op, operand}); }

  std::string_view rest_;
  const FindSymbol& symbol_;
  CompiledExpression compiled_;
};

Expected<CompiledExpression, Error> CompiledExpression::compile(std::string_view text, const FindSymbol& symbol) {
  return Compiler{text, symbol}.run();
}

bool CompiledExpression::asks_for_fault() const {
  return std::ranges::any_of(steps_, [](const Step& step) {
    return step.op == Op::fault_address || step.op == Op::fault_status || step.op == Op::fault_kind;
  });
}

// ---- Evaluating ----------------------------------------------------------------------------------------------------

namespace {

Error division_by_zero() { return Error{"a division by 0"}; }

Expected<std::uint32_t, Error> apply(Op op, std::uint32_t a, std::uint32_t b) {
  constexpr std::uint32_t word_bits = 32;
  switch (op) {
    case Op::bit_or: return a | b;
    case Op::bit_xor: return a ^ b;
    case Op::bit_and: return a & b;
    case Op::equal: return a == b;
    case Op::not_equal: return a != b;
    case Op::less: return a < b;
    case Op::less_equal: return a <= b;
    case Op::greater: return a > b;
    case Op::greater_equal: return a >= b;
    case Op::shift_left: return b < word_bits ? a << b : 0;
    case Op::shift_right: return b < word_bits ? a >> b : 0;
    case Op::add: return a + b;
    case Op::subtract: return a - b;
    case Op::multiply: return a * b;
    case Op::divide:
      if (b == 0) return unexpected(division_by_zero());
      return a / b;
    case Op::remainder:
      if (b == 0) return unexpected(division_by_zero());
      return a % b;
    default: break;
  }
  LPAEMU_ASSERT(false, "operator {} takes no two values", static_cast<unsigned>(op));
}

/// The values of one evaluation. The registers are read when first asked for.
class Machine {
 public:
  Machine(const Operands& operands, const std::vector<std::string>& names) : operands_{operands}, names_{names} {}

  [[nodiscard]] std::uint32_t top() const { return stack_.back(); }

  /// The step that comes next, if not the one behind it.
  Expected<std::optional<std::size_t>, Error> execute(CompiledExpression::Step step) {
    switch (step.op) {
      case Op::constant: stack_.push_back(step.operand); break;
      case Op::core_register: stack_.push_back(registers().r[step.operand]); break;
      case Op::cpsr: stack_.push_back(registers().cpsr.raw()); break;
      case Op::other_register: {
        const std::string& name = names_[step.operand];
        const std::uint64_t value = operands_.other_register(name);
        if (value >> 32 != 0)
          return unexpected(Error{fmt::format("${0} is {1:#x}, more than 32 bits; print ${0}", name, value)});
        stack_.push_back(static_cast<std::uint32_t>(value));
        break;
      }
      case Op::fault_address:
      case Op::fault_status:
      case Op::fault_kind: {
        LPAEMU_TRY(value, fact(step));
        stack_.push_back(value);
        break;
      }
      case Op::load: {
        const auto word = operands_.word_at(VirtAddr{top()});
        if (!word) return unexpected(Error{fmt::format("cannot read memory at {:#010x}", top())});
        stack_.back() = *word;
        break;
      }
      case Op::negate: stack_.back() = 0U - top(); break;
      case Op::complement: stack_.back() = ~top(); break;
      case Op::logical_not: stack_.back() = top() == 0; break;
      case Op::truth: stack_.back() = top() != 0; break;
      case Op::skip_if_zero:
      case Op::skip_if_nonzero:
        if ((top() == 0) == (step.op == Op::skip_if_zero)) {
          stack_.back() = top() != 0;
          return std::size_t{step.operand};
        }
        stack_.pop_back();
        break;
      default: {
        const std::uint32_t right = top();
        stack_.pop_back();
        LPAEMU_TRY(value, apply(step.op, top(), right));
        stack_.back() = value;
        break;
      }
    }
    return std::nullopt;
  }

 private:
  const kernel::UserRegisters& registers() {
    if (!registers_) registers_ = operands_.registers();
    return *registers_;
  }

  Expected<std::uint32_t, Error> fact(CompiledExpression::Step step) const {
    const CurrentFault* const fault = operands_.fault();
    if (fault == nullptr)
      return unexpected(Error{"$addr, $far, $fsr and kind are known at a fault only; see `help catch fault`"});
    if (step.op == Op::fault_address) return fault->fault.va.raw();
    if (step.op == Op::fault_status) return fault->fsr;
    return is_of_kind(names_[step.operand], fault->fault, fault->verdict);
  }

  const Operands& operands_;
  const std::vector<std::string>& names_;
  std::vector<std::uint32_t> stack_;
  std::optional<kernel::UserRegisters> registers_;
};

}  // namespace

Expected<std::uint32_t, Error> CompiledExpression::evaluate(const Operands& operands) const {
  Machine machine{operands, names_};
  for (std::size_t at = 0; at < steps_.size();) {
    LPAEMU_TRY(elsewhere, machine.execute(steps_[at]));
    at = elsewhere.value_or(at + 1);
  }
  return machine.top();
}

}  // namespace lpaemu::emu
