#include "lpaemu/emu/machine/user.h"

#include <fmt/format.h>

#include "lpaemu/emu/engine/fault_address.h"
#include "lpaemu/emu/loader/elf.h"
#include "lpaemu/emu/machine/load_program.h"
#include "lpaemu/kernel_model/mm/fault.h"
#include "lpaemu/kernel_model/task/exec.h"

namespace lpaemu::emu {

using kernel::Next;
using kernel::SyscallPlace;

namespace {

/// How far exec moved the program: from the entry that the file names to the one that the program was told.
std::uint32_t load_bias(const std::vector<std::uint32_t>& auxv, const kernel::Program& program) {
  for (std::size_t i = 0; i + 1 < auxv.size(); i += 2)
    if (auxv[i] == kernel::AT_ENTRY) return auxv[i + 1] - program.entry.raw();
  return 0;
}

}  // namespace

Expected<std::unique_ptr<UserMachine>, Error> UserMachine::create(const UserMachineConfig& config, kernel::Host& host) {
  LPAEMU_TRY(ram, GuestRam::reserve(config.ram_base, config.ram_bytes));
  LPAEMU_TRY(engine, Engine::create(*ram));
  if (config.debugged) LPAEMU_TRY_VOID(engine->enable_debugging());
  return std::unique_ptr<UserMachine>{new UserMachine{config, host, std::move(ram), std::move(engine)}};
}

UserMachine::UserMachine(const UserMachineConfig& config, kernel::Host& host, std::unique_ptr<GuestRam> ram,
                         std::unique_ptr<Engine> engine)
    : debugged_{config.debugged},
      ram_{std::move(ram)},
      engine_{std::move(engine)},
      cp15_{Cp15::linux_smp(mmu::Ttbr{})},
      exceptions_{cp15_},
      cpu_{*engine_, cp15_},
      kernel_{kernel::KernelConfig{.ram_base = config.ram_base,
                                   .ram_bytes = config.ram_bytes,
                                   .soft_dirty_mode = config.soft_dirty_mode,
                                   .uid = config.uid,
                                   .verify_after_faults = false},
              *ram_, cpu_, host},
      code_{*ram_} {}

Expected<void, Error> UserMachine::load(const std::string& path, const std::vector<std::string>& argv,
                                        const std::vector<std::string>& envp, const std::string& cwd) {
  LPAEMU_TRY(loaded, load_program(kernel_, path));
  const auto started = kernel_.start(loaded.program, argv, envp, cwd);
  if (!started) return unexpected(start_error(path, started.error()));
  code_.set_mm(kernel_.current().mm.get());
  code_.add_symbols(Symbols{std::move(loaded.read_file), load_bias(kernel_.current().auxv, loaded.program)});
  return {};
}

Cp15 UserMachine::cp15() const {
  Cp15 cp15 = cp15_;
  cp15.TPIDRURW = engine_->tpidrurw();
  return cp15;
}

std::optional<Encoding> UserMachine::instruction_at(VirtAddr pc, InstructionSet set) const {
  return code_.instruction_at(pc, set);
}

void UserMachine::take_abort(const mmu::Fault& fault) {
  if (fault.access == mmu::Access::execute)
    exceptions_.take_prefetch_abort(fault, *this);
  else
    exceptions_.take_data_abort(fault, *this);
}

mmu::Fault UserMachine::with_exact_address(mmu::Fault fault) {
  fault.va = fault.access == mmu::Access::execute ? exceptions_.IFAR() : exceptions_.DFAR();
  return fault;
}

FaultAnswer UserMachine::on_fault(const mmu::Fault& fault) {
  take_abort(fault);
  const bool watched = kernel_.events().active();
  const Next next = kernel_.abort(watched ? with_exact_address(fault) : fault, SyscallPlace::hook);
  if (next != Next::resume) return FaultAnswer::fail;
  exceptions_.left();
  return FaultAnswer::retry;
}

SvcAnswer UserMachine::on_svc() {
  if (kernel_.events().active()) exceptions_.take_svc(engine_->user_registers());
  return kernel_.syscall(SyscallPlace::hook) == Next::resume ? SvcAnswer::resume : SvcAnswer::stop;
}

// TRAP, LDRD: when its second word lies in a page that faults, the engine has already loaded the first one over the
// base. Nobody may see that: not the retried instruction, not a report. [lpae-mmu M-41]
void UserMachine::restore_lost_base(const mmu::Fault& fault) {
  if (fault.access != mmu::Access::read) return;
  kernel::UserRegisters registers = engine_->user_registers();
  const auto encoding = instruction_at(registers.pc(), instruction_set(registers));
  const auto lost = encoding ? lost_base(*encoding, registers, fault.va.page()) : std::nullopt;
  if (!lost) return;
  registers.r[lost->reg] = lost->value;
  engine_->set_user_registers(registers);
}

Next UserMachine::dispatch(const Stop& stop) {
  switch (stop.reason) {
    case StopReason::fault:
      take_abort(stop.fault);
      return kernel_.abort(with_exact_address(stop.fault), SyscallPlace::outer_loop);
    case StopReason::svc: return kernel_.syscall(SyscallPlace::outer_loop);
    case StopReason::exception: return handle_exception(stop);
    case StopReason::undefined:
      exceptions_.take_undefined(engine_->user_registers());
      return kernel_.undefined_instruction(engine_->user_registers());
    case StopReason::requested: return Next::interrupted;
    case StopReason::hint:
    case StopReason::stop_address:
    case StopReason::stepped:
    case StopReason::watched:
    case StopReason::error: break;
  }
  return Next::resume;
}

Next UserMachine::handle_exception(const Stop& stop) {
  const kernel::UserRegisters at = engine_->user_registers();
  switch (stop.exception) {
    case Exception::data_abort: {  // alignment: the engine names no page
      const auto encoding = instruction_at(at.pc(), instruction_set(at));
      const auto access = encoding ? misaligned_access(*encoding, at) : std::nullopt;
      const mmu::Fault fault{mmu::FaultKind::alignment, 0, access ? access->va : at.pc(),
                             access ? access->access : mmu::Access::read, mmu::Privilege::pl0};
      exceptions_.take_data_abort(fault, at, encoding);
      return kernel_.abort(fault, SyscallPlace::outer_loop);
    }
    case Exception::bkpt: return kernel_.breakpoint(at);
    case Exception::prefetch_abort:
    case Exception::hvc:
    case Exception::smc: break;
  }
  exceptions_.take_undefined(at);  // HVC and SMC are undefined at PL0 [armv7 B1.6]
  return kernel_.undefined_instruction(at);
}

Stop UserMachine::enter() {
  exceptions_.left();
  const auto begin = std::chrono::steady_clock::now();
  Stop stop = engine_->run(*this);
  guest_time_ += std::chrono::steady_clock::now() - begin;
  if (stop.reason == StopReason::fault || stop.reason == StopReason::watched) restore_lost_base(stop.fault);
  return stop;
}

Expected<Next, Error> UserMachine::handle(const Stop& stop) {
  if (stop.reason == StopReason::error)
    return unexpected(Error{fmt::format("the CPU engine failed at pc {:#010x}: {}", engine_->pc().raw(), stop.error)});
  const Next next = dispatch(stop);
  if (next == Next::outer_loop) return unexpected(Error{"the kernel model asked for the outer loop from within it"});
  return next;
}

void UserMachine::inject(const mmu::Fault& fault) {
  const kernel::UserRegisters at = engine_->user_registers();
  if (fault.access == mmu::Access::execute)
    exceptions_.take_prefetch_abort(fault, at);
  else
    exceptions_.take_data_abort(fault, at, std::nullopt);
  kernel::mm_struct& mm = *kernel_.current().mm;
  kernel::do_abort_stepped(mm, fault, kernel::classify(mm, fault));
}

Expected<RunEnd, Error> UserMachine::run() {
  for (;;) {
    LPAEMU_TRY(next, handle(enter()));
    if (next == Next::exited) return RunEnd::exited;
    if (next == Next::interrupted) return RunEnd::interrupted;
  }
}

}  // namespace lpaemu::emu
