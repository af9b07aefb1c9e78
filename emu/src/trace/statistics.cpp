#include "lpaemu/emu/trace/statistics.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "lpaemu/emu/engine/statistics.h"
#include "lpaemu/emu/trace/fault_lines.h"

namespace lpaemu::emu {
namespace {

double milliseconds(std::chrono::nanoseconds time) { return std::chrono::duration<double, std::milli>(time).count(); }

/// Named engine counters, once for both formats.
std::vector<std::pair<const char*, std::uint64_t>> engine_rows(const EngineStatistics& engine) {
  const auto fills = [&engine](mmu::Access access) { return engine.fills[static_cast<std::size_t>(access)]; };
  return {{"fills_read", fills(mmu::Access::read)},
          {"fills_write", fills(mmu::Access::write)},
          {"fills_fetch", fills(mmu::Access::execute)},
          {"walks", engine.walks},
          {"faults", engine.faults},
          {"failed_fills", engine.failed_fills},
          {"tlb_flushes", engine.tlb_flushes},
          {"tlb_growths", engine.tlb_growths},
          {"page_flushes", engine.page_flushes},
          {"page_flushes_elided", engine.page_flushes_elided},
          {"wx_transitions", engine.wx_transitions},
          {"code_drops", engine.code_drops},
          {"svcs", engine.svcs},
          {"starts", engine.starts}};
}

}  // namespace

void Statistics::on_event(const kernel::Event& event) {
  using kernel::EventKind;
  using kernel::TlbScope;
  switch (event.kind) {
    case EventKind::Returned:
      ++faults_[static_cast<std::size_t>(event.verdict)];
      ++(event.origin.kernel ? kernel_faults_ : user_faults_);
      break;
    case EventKind::PteWritten: ++pte_writes_; break;
    case EventKind::TableWritten: ++table_writes_; break;
    case EventKind::TlbInvalidated:
      if (event.scope == TlbScope::page) ++tlb_pages_;
      if (event.scope == TlbScope::asid) ++tlb_asids_;
      break;
    case EventKind::SyscallEntered: ++syscalls_; break;
    case EventKind::SoftDirtyCleared: ++clears_; break;
    default: break;
  }
}

std::string Statistics::text(const Totals& totals) const {
  std::string out = "lpaemu: statistics\n";
  const auto row = [&out](std::string_view name, std::uint64_t value) {
    out += fmt::format("  {:<26} {:>12}\n", name, value);
  };
  row("faults, user", user_faults_);
  row("faults, kernel", kernel_faults_);
  for (std::size_t i = 0; i < verdicts; ++i)
    if (faults_[i] != 0) row(fmt::format("  {}", verdict_name(static_cast<kernel::Verdict>(i))), faults_[i]);
  row("PTE writes", pte_writes_);
  row("table writes", table_writes_);
  row("TLBIMVA", tlb_pages_);
  row("TLBIASID", tlb_asids_);
  row("clear_refs 4", clears_);
  row("system calls", syscalls_);
  for (const auto& [name, value] : engine_rows(totals.engine)) row(fmt::format("engine {}", name), value);
  row("pages in use", totals.pages_used);
  row("pages of RAM", totals.pages_total);
  out += fmt::format("  {:<26} {:>12.3f} ms\n", "guest time", milliseconds(totals.guest_time));
  out += fmt::format("  {:<26} {:>12.3f} ms\n", "host time", milliseconds(totals.host_time));
  return out;
}

std::string Statistics::json(const Totals& totals) const {
  nlohmann::ordered_json out;
  auto& faults = out["faults"];
  faults["user"] = user_faults_;
  faults["kernel"] = kernel_faults_;
  faults["by_kind"] = nlohmann::ordered_json::object();
  for (std::size_t i = 0; i < verdicts; ++i)
    if (faults_[i] != 0) faults["by_kind"][std::string{verdict_name(static_cast<kernel::Verdict>(i))}] = faults_[i];
  out["pte_writes"] = pte_writes_;
  out["table_writes"] = table_writes_;
  out["tlbi"] = {{"mva", tlb_pages_}, {"asid", tlb_asids_}};
  out["clear_refs"] = clears_;
  out["syscalls"] = syscalls_;
  for (const auto& [name, value] : engine_rows(totals.engine)) out["engine"][name] = value;
  out["pages"] = {{"used", totals.pages_used}, {"total", totals.pages_total}};
  out["guest_time_ms"] = milliseconds(totals.guest_time);
  out["host_time_ms"] = milliseconds(totals.host_time);
  return out.dump(2) + "\n";
}

}  // namespace lpaemu::emu
