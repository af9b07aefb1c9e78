// Conditions of points, and expressions at a stop.
#include <algorithm>

#include "lpaemu/emu/debugger/debugger.h"
#include "lpaemu/emu/debugger/other_registers.h"
#include "lpaemu/emu/machine/guest_memory.h"

namespace lpaemu::emu {
namespace {

class GuestOperands final : public Operands {
 public:
  GuestOperands(Debugger& debugger, const CurrentFault* fault) : debugger_{debugger}, fault_{fault} {}

  [[nodiscard]] kernel::UserRegisters registers() const override { return debugger_.registers(); }
  [[nodiscard]] std::uint64_t other_register(std::string_view name) const override {
    return emu::other_register(debugger_.machine(), name).value_or(OtherRegister{}).value;
  }
  [[nodiscard]] std::optional<std::uint32_t> word_at(VirtAddr va) const override {
    return peek_word(debugger_.mm(), va);
  }
  [[nodiscard]] const CurrentFault* fault() const override { return fault_; }

 private:
  Debugger& debugger_;
  const CurrentFault* fault_;
};

}  // namespace

bool Debugger::holds(const Point& point, const CurrentFault* fault) {
  if (!point.condition) return true;
  std::erase_if(condition_failures_, [&](const ConditionFailure& failure) { return failure.point == point.number; });
  const auto value = point.condition->evaluate(GuestOperands{*this, fault});
  if (value) return *value != 0;
  condition_failures_.push_back({point.number, value.error().message});
  return true;
}

// One that was passed, as it was to be ignored, has failed as well: that is not told at another's stop.
std::vector<ConditionFailure> Debugger::failures_of(const std::vector<int>& points) {
  std::vector<ConditionFailure> failures;
  for (ConditionFailure& failure : condition_failures_)
    if (std::ranges::find(points, failure.point) != points.end()) failures.push_back(std::move(failure));
  std::erase_if(condition_failures_, [&](const ConditionFailure& failure) {
    return std::ranges::find(points, failure.point) != points.end();
  });
  return failures;
}

Expected<std::uint32_t, Error> Debugger::evaluate(const CompiledExpression& expression) {
  return expression.evaluate(GuestOperands{*this, at_fault() ? &fault_ : nullptr});
}

}  // namespace lpaemu::emu
