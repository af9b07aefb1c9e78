#include "lpaemu/emu/engine/engine.h"

#include <fmt/format.h>

#include <utility>

#include "lpaemu/emu/engine/restart_hazards.h"
#include "lpaemu/mmu/assert.h"
#include "unicorn_cpu.h"

namespace lpaemu::emu {

using mmu::Access;
using mmu::Psr;
using mmu::VirtAddr;
using Where = UnicornCpu::Where;

namespace {

constexpr UnicornCpu::Cp15Register reg_tpidrurw{13, 0, 0, 2};
constexpr UnicornCpu::Cp15Register reg_tpidruro{13, 0, 0, 3};

/// Whether an undefined instruction left this syndrome. YIELD and WFE leave what was there before: that of another
/// exception, or the stem of a load or store that missed the soft TLB, which is of no class and has no IL.
bool is_undefined(Syndrome syndrome) {
  switch (HSR::EC.get(syndrome)) {
    case ExceptionClass::unknown: return HSR::IL.get(syndrome);
    case ExceptionClass::none:
    case ExceptionClass::svc:
    case ExceptionClass::hvc:
    case ExceptionClass::smc:
    case ExceptionClass::prefetch_abort:
    case ExceptionClass::prefetch_abort_same:
    case ExceptionClass::data_abort:
    case ExceptionClass::data_abort_same:
    case ExceptionClass::bkpt: return false;
    default: return true;  // a coprocessor's, say
  }
}

constexpr std::uint32_t thumb_bit(InstructionSet set) { return set == InstructionSet::thumb ? 1 : 0; }

}  // namespace

class Engine::Events final : public CpuEvents {
 public:
  explicit Events(Engine& engine) : engine_{engine} {}

  FillResult on_fill(VirtAddr va, Access access, bool for_guest) noexcept override {
    // TRAP, probes and nested calls: only a fill for guest code may run the fault handler.
    const bool ask = for_guest || !engine_.remedies_.tables_only;
    const FillResult filled = engine_.bridge_.fill(va, access, ask ? engine_.client_ : nullptr);
    if (!filled.filled()) [[unlikely]]
      engine_.block_counted_ = access != Access::execute;
    return filled;
  }

  void on_interrupt(unsigned number) noexcept override {
    if (engine_.at_stop_address(number)) {
      engine_.stop_ = Stop{StopReason::stop_address};
      return engine_.cpu_->stop();
    }
    if (number != UnicornCpu::svc_number) {
      engine_.stop_ = Stop{StopReason::exception};
      engine_.stop_->exception = Exception{number};
      engine_.stop_->syndrome = engine_.cpu_->syndrome();
      return engine_.cpu_->stop();
    }
    ++engine_.statistics_.svcs;
    if (engine_.client_->on_svc() == SvcAnswer::stop) {
      engine_.stop_ = Stop{StopReason::svc};
    } else if (engine_.take_request()) {
      // TRAP, exception storm: an SVC that is repeated for ever need not come by the block hook.
      engine_.stop_ = Stop{StopReason::requested};
    } else {
      engine_.restart_ = engine_.clear_monitor_ || engine_.pc_written_;
    }
    if (engine_.stop_ || engine_.restart_) engine_.cpu_->stop();
  }

  void on_translation(VirtAddr va, std::uint32_t bytes) noexcept override { engine_.look_through_block(va, bytes); }
  bool on_instruction(VirtAddr va) noexcept override { return engine_.is_hazard(va); }

  bool on_invalid_instruction() noexcept override {
    const Syndrome syndrome = engine_.cpu_->syndrome();
    if (!is_undefined(syndrome)) {
      if (!engine_.stop_at_hints_) return true;
      engine_.stop_ = Stop{StopReason::hint};
      return false;
    }
    engine_.cpu_->set_syndrome(UnicornCpu::no_syndrome);
    engine_.stop_ = Stop{StopReason::undefined};
    engine_.stop_->syndrome = syndrome;
    return false;
  }

  void on_block() noexcept override {
    if (engine_.stepping_ && std::exchange(engine_.step_begun_, true)) [[unlikely]] {
      engine_.stop_ = Stop{StopReason::stepped};
      return engine_.cpu_->stop();
    }
    const bool limit = engine_.block_limit_ != 0 && engine_.statistics_.blocks >= engine_.block_limit_;
    if (limit || engine_.take_request()) [[unlikely]] {
      engine_.stop_ = Stop{StopReason::requested};
      return engine_.cpu_->stop();
    }
    if (!std::exchange(engine_.block_counted_, false)) ++engine_.statistics_.blocks;
    if (engine_.block_hook_ == BlockHook::for_steps && ++engine_.blocks_since_step_ > patience) [[unlikely]] {
      engine_.drop_block_hook_ = engine_.restart_ = true;
      return engine_.cpu_->stop();
    }
  }

 private:
  /// Blocks without a step after which the block hook goes: some milliseconds, about what it costs to translate a
  /// program's code anew.
  static constexpr std::uint64_t patience = 1'000'000;

  Engine& engine_;
};

Engine::Engine(GuestRam& ram, const Remedies& remedies)
    : remedies_{remedies},
      ram_{ram},
      bridge_{ram, *this, statistics_, remedies_},
      events_{std::make_unique<Events>(*this)},
      cpu_{std::make_unique<UnicornCpu>(*events_, remedies_)} {}

Engine::~Engine() = default;

Expected<std::unique_ptr<Engine>, Error> Engine::create(GuestRam& ram, const Remedies& remedies) {
  std::unique_ptr<Engine> engine{new Engine{ram, remedies}};
  LPAEMU_TRY_VOID(engine->cpu_->open(ram));
  return engine;
}

Stop Engine::run(EngineClient& client) {
  LPAEMU_ASSERT(outside(), "run() inside run()");
  client_ = &client;
  step_begun_ = false;
  for (;;) {
    if (cpu_->abandoned()) return Stop{StopReason::requested};
    if (debug_pages_ != nullptr && take_request()) return Stop{StopReason::requested};
    if (std::exchange(drop_block_hook_, false)) cpu_->set_block_hook(false);
    if (!new_hazards_.empty()) watch_new_hazards();
    if (debug_pages_ != nullptr) debug_pages_->replant();
    if (std::exchange(clear_monitor_, false)) {
      ++statistics_.monitor_clears;
      cpu_->clear_exclusive_monitor();
    }
    restart_ = false;
    stop_.reset();
    ++statistics_.starts;
    if (debug_pages_ != nullptr) drop_entry(pc_);  // for nudge(): the first fetch is to miss
    const auto ended = cpu_->start(pc_);
    if (!std::exchange(pc_written_, false)) pc_ = cpu_->pc();

    if (!stop_) {
      using Ended = UnicornCpu::Ended;
      if (restart_) continue;
      if (ended == Ended::quiet && !stop_at_hints_ && !stop_requested_) continue;
      stop_ = explain(ended == Ended::quiet, ended == Ended::exception);
    }
    if (remedies_.tables_only) client_ = nullptr;
    return *std::exchange(stop_, std::nullopt);
  }
}

Stop Engine::explain(bool quiet, bool fault) {
  if (cpu_->abandoned()) return Stop{StopReason::requested};
  if (quiet) return Stop{take_request() ? StopReason::requested : StopReason::hint};
  if (fault) return Stop{bridge_.refused() ? StopReason::watched : StopReason::fault, bridge_.fault()};
  Stop stop{StopReason::error};
  stop.error = fmt::format("Unicorn {}: {} at pc {:#x}", version(), cpu_->error_text(), pc_.raw());
  return stop;
}

Expected<void, Error> Engine::enable_debugging() {
  if (debug_pages_) return {};
  LPAEMU_TRY(shadow, DebugPages::reserve_shadows(ram_));
  LPAEMU_TRY_VOID(cpu_->map(*shadow));
  shadow_ram_ = std::move(shadow);
  debug_pages_ = std::make_unique<DebugPages>(ram_, *shadow_ram_, static_cast<SoftTlb&>(*this));
  bridge_.set_debug_pages(debug_pages_.get());
  cpu_->watch_translation();
  clear_monitor_ = true;  // a block before the first one of the guest's: watching begins with the second one
  block_hook_ = BlockHook::for_steps;
  cpu_->set_block_hook(true);
  return {};
}

bool Engine::at_stop_address(unsigned exception) const {
  return exception == static_cast<unsigned>(Exception::bkpt) && debug_pages_ && debug_pages_->stops_at(cpu_->pc());
}

void Engine::request_stop() {
  if (!remedies_.stop_at_blocks) return cpu_->stop();
  stop_requested_.store(true, std::memory_order_relaxed);
}

bool Engine::nudge() noexcept {
  if (!stop_requested_) return false;
  if (!cpu_->block_hook()) cpu_->nudge();
  return true;
}

void Engine::abandon() { cpu_->abandon(); }

bool Engine::take_request() {
  return stop_requested_.load(std::memory_order_relaxed) && stop_requested_.exchange(false);
}

bool Engine::outside() const { return cpu_->where() == Where::outside; }

void Engine::assert_writable() const {
  LPAEMU_ASSERT(outside() || cpu_->where() == Where::interrupt,
                "the CPU's state cannot be changed while an instruction is under way ({})",
                static_cast<int>(cpu_->where()));
}

kernel::UserRegisters Engine::user_registers() const {
  kernel::UserRegisters registers = cpu_->user_registers();
  if (outside() || pc_written_) registers.r.back() = pc_.raw();
  return registers;
}

void Engine::set_user_registers(const kernel::UserRegisters& registers) {
  assert_writable();
  cpu_->set_user_registers_but_pc(registers);
  pc_ = registers.pc();
  pc_written_ = !outside();
}

std::array<std::uint32_t, 8> Engine::system_call_registers() const {
  std::array<std::uint32_t, 8> registers;
  cpu_->read_first(registers);
  return registers;
}

VirtAddr Engine::pc() const { return outside() || pc_written_ ? pc_ : cpu_->pc(); }
Psr Engine::cpsr() const { return cpu_->cpsr(); }

void Engine::set_r0(std::uint32_t value) {
  assert_writable();
  cpu_->set_r0(value);
}

kernel::VfpRegisters Engine::vfp_registers() const { return cpu_->vfp_registers(); }

void Engine::set_vfp_registers(const kernel::VfpRegisters& registers) {
  assert_writable();
  cpu_->set_vfp_registers(registers);
}

void Engine::set_tls(std::uint32_t value) { cpu_->write_cp15(reg_tpidruro, value); }
std::uint32_t Engine::tpidrurw() const { return static_cast<std::uint32_t>(cpu_->read_cp15(reg_tpidrurw)); }
void Engine::set_tpidrurw(std::uint32_t value) { cpu_->write_cp15(reg_tpidrurw, value); }

void Engine::set_regime(const mmu::Regime& regime) {
  bridge_.set_regime(regime);
  flush_tlb();
}

void Engine::set_privilege(mmu::Privilege privilege) { bridge_.set_privilege(privilege); }

void Engine::tlbimva(VirtAddr va) {
  if (bridge_.must_drop(va)) {
    drop_entry(va);
  } else {
    ++statistics_.page_flushes_elided;
  }
}

void Engine::flush_tlb() {
  if (bridge_.must_flush()) drop_all_entries();
}

void Engine::page_modified(mmu::Pfn pfn) { bridge_.page_modified(pfn); }

void Engine::clear_exclusive_monitor() {
  assert_writable();
  clear_monitor_ = true;
}

void Engine::set_block_hook(BlockHook hook) {
  block_hook_ = hook;
  cpu_->set_block_hook(hook == BlockHook::on);
}

void Engine::set_stepping(bool on) {
  stepping_ = on;
  blocks_since_step_ = 0;
  if (on && block_hook_ == BlockHook::for_steps) cpu_->set_block_hook(true);
}

void Engine::drop_entry(VirtAddr va) {
  ++statistics_.page_flushes;
  cpu_->drop_entry(va);
  bridge_.note_drop(va);
}

void Engine::drop_all_entries() {
  ++statistics_.tlb_flushes;
  cpu_->drop_all_entries();
  bridge_.note_flush();
}

void Engine::flush_as_if_used(std::uint32_t entries) {
  cpu_->use_entries(entries);
  drop_all_entries();
}

void Engine::drop_code(mmu::Pfn pfn) {
  ++statistics_.code_drops;
  cpu_->drop_code(pfn);
}

// ---- Blocks: looked through when they are translated, before they are executed.

void Engine::look_through_block(VirtAddr va, std::uint32_t bytes) {
  const InstructionSet set = instruction_set();
  const std::vector<std::byte> code = bridge_.code(va, bytes);
  look_for_hazards(va, code, set);
  const bool stops_changed = debug_pages_->settle_stops(va, code, set);
  if (new_hazards_.empty() && !stops_changed) return;
  restart_ = true;
  cpu_->stop();
}

InstructionSet Engine::instruction_set() const {
  return mmu::PSR::T.get(cpsr()) ? InstructionSet::thumb : InstructionSet::arm;
}

// Hazards: instructions at which nudge() must not leave.

void Engine::look_for_hazards(VirtAddr va, std::span<const std::byte> code, InstructionSet set) {
  if (!remedies_.watch_hazards || block_hook_ == BlockHook::on) return;
  const std::uint32_t bit = thumb_bit(set);
  for (std::uint32_t offset = 0; offset < code.size(); offset += 2)  // the code may have changed
    hazards_.erase((va + offset).raw() | bit);
  for (const std::uint32_t offset : find_restart_hazards(code, set)) {
    const VirtAddr hazard = va + offset;
    hazards_.insert(hazard.raw() | bit);
    if (watched_.insert(hazard.raw()).second) new_hazards_.push_back(hazard);
  }
}

void Engine::watch_new_hazards() {
  // With the instruction behind it.
  for (const VirtAddr hazard : std::exchange(new_hazards_, {})) cpu_->watch_instructions(hazard, 2 * hazard_bytes);
  // The library looks through a list of all that is watched; a guest with endless hazards pays for the block hook.
  constexpr std::size_t most = 4096;
  if (watched_.size() > most) set_block_hook(BlockHook::on);
}

bool Engine::is_hazard(VirtAddr va) {
  // Asked before each one is executed: no look at the code here.
  return hazards_.contains(va.raw() | thumb_bit(instruction_set()));
}

std::string Engine::version() { return UnicornCpu::version(); }

}  // namespace lpaemu::emu
