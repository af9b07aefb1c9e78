// Expressions of the debugger: operators, what they are evaluated on, and what is wrong with bad ones.
#include "lpaemu/emu/debugger/compiled_expression.h"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/generators/catch_generators_adapters.hpp>

namespace lpaemu::emu {
namespace {

using kernel::VirtAddr;

/// r0 = 5, r1 = 0x1000, pc = 0x10400; at 0x1000 the word 7, nothing elsewhere; the symbol `counter` at 0x2000.
class Sample final : public Operands {
 public:
  explicit Sample(const CurrentFault* fault = nullptr) : fault_{fault} {}
  [[nodiscard]] kernel::UserRegisters registers() const override {
    kernel::UserRegisters registers;
    registers.r[0] = 5;
    registers.r[1] = 0x1000;
    registers.r[15] = 0x10400;
    return registers;
  }
  [[nodiscard]] std::uint64_t other_register(std::string_view name) const override {
    return name == "TTBR0" ? 0x880001000 : name == "DFAR" ? 0x5004 : 0;
  }
  [[nodiscard]] std::optional<std::uint32_t> word_at(VirtAddr va) const override {
    return va == VirtAddr{0x1000} ? std::optional<std::uint32_t>{7} : std::nullopt;
  }
  [[nodiscard]] const CurrentFault* fault() const override { return fault_; }

 private:
  const CurrentFault* fault_;
};

Expected<CompiledExpression, Error> compiled(std::string_view text) {
  return CompiledExpression::compile(
      text, [](std::string_view name) { return name == "counter" ? std::optional{VirtAddr{0x2000}} : std::nullopt; });
}

std::string error_of(std::string_view text, const Operands& operands = Sample{}) {
  const auto expression = compiled(text);
  if (!expression) return expression.error().message;
  const auto value = expression->evaluate(operands);
  return value ? std::string{} : value.error().message;
}

struct Row {
  std::string_view text;
  std::uint32_t value;
};

}  // namespace

TEST_CASE("expressions have C's operators and precedence, on 32 unsigned bits", "[debugger][expression]") {
  const auto row = GENERATE(values<Row>({
      {"1 + 2 * 3", 7},
      {"(1 + 2) * 3", 9},
      {"10 - 4 - 3", 3},
      {"-1", 0xffffffff},
      {"~0 >> 28", 15},
      {"1 << 31", 0x80000000},
      {"1 << 32", 0},
      {"0xff & 0x0f | 0x30 ^ 0x10", 0x2f},
      {"1 | 2 == 2", 1},
      {"7 / 2 + 7 % 2", 4},
      {"1 < 2", 1},
      {"1 < 1", 0},
      {"3 > 3", 0},
      {"1 <= 1", 1},
      {"2 >= 3", 0},
      {"2 <= 1", 0},
      {"-1 > 1", 1},
      {"3 >= 3", 1},
      {"3 != 3", 0},
      {"!0 + !5", 1},
      {"2 && 4", 1},
      {"0 || 0", 0},
      {"0 && 1 || 1", 1},
      {"1 || 0 && 0", 1},
      {"1 == 1 && 2 == 3", 0},
      {"0 && *0", 0},
      {"1 || *0", 1},
      {"$r0", 5},
      {"$sp", 0},
      {"$pc + 4", 0x10404},
      {"$DFAR + $s31", 0x5004},
      {"counter + 8", 0x2008},
      {"&counter", 0x2000},
      {"*$r1", 7},
      {"*$r1 + 1", 8},
      {"*($r1 + 0)", 7},
      {"- - 3", 3},
      {"$r0==5&&*0x1000==7", 1},
      {"5 - -5", 10},
  }));
  CAPTURE(row.text);
  const auto expression = compiled(row.text);
  REQUIRE(expression);
  CHECK(expression->evaluate(Sample{}) == row.value);
}

TEST_CASE("expressions know the fault that is being handled", "[debugger][expression]") {
  const CurrentFault fault{
      .fault = {mmu::FaultKind::permission, 3, VirtAddr{0x5004}, mmu::Access::write, mmu::Privilege::pl0},
      .verdict = kernel::Verdict::soft_dirty,
      .pte_before = {},
      .fsr = 0xa0f};
  const auto row = GENERATE(values<Row>({
      {"$addr", 0x5004},
      {"$far == $addr", 1},
      {"$fsr", 0xa0f},
      {"kind == soft-dirty", 1},
      {"kind == permission", 1},
      {"kind == cow", 0},
      {"kind != cow && $addr >= 0x5000", 1},
      {"(kind!=soft-dirty) + 3", 3},
  }));
  CAPTURE(row.text);
  const auto expression = compiled(row.text);
  REQUIRE(expression);
  CHECK(expression->asks_for_fault());
  CHECK(expression->evaluate(Sample{&fault}) == row.value);
  CHECK_FALSE(expression->evaluate(Sample{}));
  CHECK_FALSE(compiled("$r0 == 3")->asks_for_fault());
}

TEST_CASE("a bad expression is told from a good one, in one line", "[debugger][expression]") {
  CHECK(error_of("") == "a value is missing");
  CHECK(error_of("1 +") == "a value is missing");
  CHECK(error_of("(1") == "a ')' is missing");
  CHECK(error_of("1 2") == "'2' does not belong there");
  CHECK(error_of("1)") == "')' does not belong there");
  CHECK(error_of("=1") == "'=1' is no value");
  CHECK(error_of("$r99") == "no register '$r99'");
  CHECK(error_of("$dfar") == "no register '$dfar'");
  CHECK(error_of("$s32") == "no register '$s32'");
  CHECK(error_of("$TTBR0 + 1") == "$TTBR0 is 0x880001000, more than 32 bits; print $TTBR0");
  CHECK(error_of("nowhere") == "'nowhere' is no number of 32 bits, register or symbol; locals are GDB's");
  CHECK(error_of("0x100000000") == "'0x100000000' is no number of 32 bits, register or symbol; locals are GDB's");
  CHECK(error_of("kind == nice").starts_with("no kind of fault 'nice'; there are: any "));
  CHECK(error_of("*8") == "cannot read memory at 0x00000008");
  CHECK(error_of("1 / 0") == "a division by 0");
  CHECK(error_of("1 % ($r0 - 5)") == "a division by 0");
  CHECK(error_of("$addr").starts_with("$addr, $far, $fsr and kind are known at a fault only"));
}

TEST_CASE("a hostile expression costs no stack", "[debugger][expression]") {
  const std::size_t many = 1U << 20;
  CHECK(error_of(std::string(many, '(')) == "an expression nested too deeply");
  CHECK(error_of(std::string(many, '-')) == "an expression nested too deeply");
  std::string sum = "1";
  for (std::size_t i = 1; i < many; ++i) sum += "+1";
  CHECK(compiled(sum)->evaluate(Sample{}) == many);
}

}  // namespace lpaemu::emu
