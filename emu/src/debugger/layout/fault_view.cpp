// What the debugger knows, as a FaultView.
#include "lpaemu/emu/debugger/fault_view.h"

#include <fmt/format.h>

#include <algorithm>

#include "../prompt/code_view.h"
#include "../prompt/text.h"
#include "lpaemu/emu/core_registers.h"
#include "lpaemu/emu/debugger/commands.h"
#include "lpaemu/emu/debugger/expression.h"
#include "lpaemu/emu/trace/fault_lines.h"
#include "lpaemu/mmu/descriptor.h"
#include "lpaemu/mmu/explain.h"
#include "lpaemu/mmu/print.h"

namespace lpaemu::emu {
namespace {

class WalkLines final : public mmu::WalkObserver {
 public:
  void on_step(const mmu::WalkStep& step) override {
    lines.push_back(fmt::format("level {} [{:#05x}] at {}: {:#018x} {}", step.level, step.index,
                                mmu::to_string(step.entry), step.descriptor.raw(), mmu::to_string(step.kind)));
  }
  std::vector<std::string> lines;
};

void see_code(FaultView& view, Debugger& debugger, std::size_t rows) {
  const VirtAddr pc = debugger.registers().pc();
  CodeReader& code = debugger.machine().code();
  view.place = fmt::format("{} {}", code.symbol(pc), code.source_line(pc));
  constexpr std::size_t source_rows = 3, before = 2;
  const auto place = code.source_place(pc);
  const auto lines = place ? source_text(place->file) : Expected<std::vector<std::string>, Error>{};
  if (place && lines) {
    const std::size_t first = place->line > 1 ? place->line - 1 : 1;
    for (std::size_t n = first; n < first + source_rows && n <= lines->size(); ++n)
      view.source.push_back({fmt::format("{:>4} {}", n, (*lines)[n - 1]), n == place->line});
  }
  const std::size_t left = rows > view.source.size() ? rows - view.source.size() : 1;
  auto around = code_around(debugger, pc, std::min(before, left - 1), left - 1);
  around.resize(std::min(around.size(), left));
  for (const CodeLine& line : around)
    view.code.push_back(
        {fmt::format("{} {} {}", line.va == pc ? "=>" : "  ", mmu::to_string(line.va), line.text), line.va == pc});
}

void see_registers(FaultView& view, Debugger& debugger) {
  const kernel::UserRegisters registers = debugger.registers();
  for (std::size_t i = 0; i < core_register_names.size(); ++i)
    view.registers.push_back(fmt::format("{:<4} {:#010x}", core_register_names[i], registers.r[i]));
  view.registers.push_back(fmt::format("{:<4} {:#010x}", "cpsr", registers.cpsr.raw()));
}

/// The fault that is being handled, else the last one.
struct Shown {
  VirtAddr va;
  mmu::Access access;
  std::uint32_t fsr;
  kernel::Verdict verdict;
  mmu::Pte before;
};

std::optional<Shown> fault_to_show(Debugger& debugger) {
  if (debugger.at_fault()) {
    const auto& [fault, verdict, before, fsr] = debugger.current_fault();
    return Shown{fault.va, fault.access, fsr, verdict, before};
  }
  if (debugger.history().faults().empty()) return std::nullopt;
  const PastFault& last = debugger.history().faults().back();
  return Shown{last.raised.address, last.raised.access, static_cast<std::uint32_t>(last.raised.value_after),
               last.returned.verdict, mmu::Pte{last.returned.value_before}};
}

void see_walk(FaultView& view, Debugger& debugger, const Shown& fault) {
  kernel::mm_struct& mm = debugger.mm();
  WalkLines observer;
  const auto found = mmu::walk(mm.memory(), mm.regime(), fault.va, fault.access, mmu::Privilege::pl0, &observer);
  view.walk = std::move(observer.lines);
  view.walk.push_back(found ? fmt::format("grants the {}: {} -> {}", mmu::to_string(fault.access),
                                          mmu::to_string(fault.va), mmu::to_string(found->pa))
                            : mmu::describe(found.error()));
  view.walk_heading = fmt::format("walk of {} for a {}; FSR {:#x}", with_symbol(fault.va, debugger),
                                  mmu::to_string(fault.access), fault.fsr);
}

/// Those that are not 0, and those that faults are about.
bool is_shown(const mmu::FieldInfo& field, const FaultView::Field& values) {
  using namespace mmu;
  for (const std::uint64_t mask :
       {leaf::SOFT_DIRTY.mask, leaf::RDONLY.mask, leaf::DIRTY.mask, leaf::AF.mask, leaf::AP2.mask})
    if (field.mask() == mask) return true;
  return field.mask() != leaf::OA.mask && (values.before != 0 || values.now != 0);
}

void see_pte(FaultView& view, mmu::Pte before, mmu::Pte now, VirtAddr page) {
  view.pte_heading = fmt::format("PTE of {}: {:#018x}{}", mmu::to_string(page), before.raw(),
                                 before == now ? ", unchanged" : fmt::format(" -> {:#018x}", now.raw()));
  for (const mmu::FieldInfo& field : mmu::fields_of(mmu::Descriptor{now.raw()}, mmu::last_level)) {
    const FaultView::Field values{std::string{field.name}, field.value_in(before.raw()), field.value_in(now.raw())};
    if (is_shown(field, values)) view.fields.push_back(values);
  }
}

}  // namespace

FaultView look_at_fault(Debugger& debugger, const StopEvent& event, std::size_t code_rows) {
  FaultView view;
  const std::string said = describe_stop(debugger, event);
  view.title = said.substr(0, said.find('\n'));
  if (debugger.at_fault()) view.phase = event.phase->kind;
  see_code(view, debugger, code_rows);
  see_registers(view, debugger);
  const auto fault = fault_to_show(debugger);
  if (!fault) {
    view.walk_heading = "there was no fault yet";
    view.pte_heading = "see `help catch fault`";
    return view;
  }
  see_walk(view, debugger, *fault);
  see_pte(view, fault->before, debugger.mm().pte_at(fault->va), fault->va.page());
  view.vma = fmt::format("verdict {}; mapping {}", verdict_name(fault->verdict),
                         commands::describe_vma(debugger.mm(), fault->va));
  return view;
}

}  // namespace lpaemu::emu
