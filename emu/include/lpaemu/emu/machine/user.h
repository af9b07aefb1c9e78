// The user machine: one engine, one kernel model, one guest program.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "lpaemu/emu/engine/engine.h"
#include "lpaemu/emu/exceptions.h"
#include "lpaemu/emu/machine/code_reader.h"
#include "lpaemu/emu/machine/user_cpu.h"
#include "lpaemu/kernel_model/kernel.h"

namespace lpaemu::emu {

struct UserMachineConfig {
  mmu::PhysAddr ram_base = GuestRam::default_base;
  std::uint64_t ram_bytes = 0;
  kernel::SoftDirtyMode soft_dirty_mode = kernel::SoftDirtyMode::documented;
  std::uint32_t uid = 0;
  /// Whether interrupt() leaves a guest that can go on.
  bool debugged = false;
};

enum class RunEnd : std::uint8_t { exited, interrupted };

class UserMachine final : private EngineClient, private AbortSource {
 public:
  [[nodiscard]] static Expected<std::unique_ptr<UserMachine>, Error> create(const UserMachineConfig& config,
                                                                            kernel::Host& host);

  [[nodiscard]] kernel::Kernel& kernel() { return kernel_; }
  [[nodiscard]] kernel::Cpu& cpu() { return cpu_; }
  [[nodiscard]] CodeReader& code() { return code_; }
  [[nodiscard]] const Engine& engine() const { return *engine_; }
  [[nodiscard]] Engine& engine() { return *engine_; }
  /// With what the guest itself writes: TPIDRURW.
  [[nodiscard]] Cp15 cp15() const;
  [[nodiscard]] const ExceptionState& exceptions() const { return exceptions_; }
  /// Host time spent inside the engine, its hooks included.
  [[nodiscard]] std::chrono::nanoseconds guest_time() const { return guest_time_; }

  /// Loads the program `path` of the guest's file system and makes it ready to run.
  [[nodiscard]] Expected<void, Error> load(const std::string& path, const std::vector<std::string>& argv,
                                           const std::vector<std::string>& envp, const std::string& cwd);

  /// Runs until the guest has ended (see kernel().exit_report()) or interrupt() was heard.
  [[nodiscard]] Expected<RunEnd, Error> run();

  // The two halves of a turn of run(), for a debugger's own loop.
  /// Runs guest code until the engine stops. The registers are those of the instruction under way, made whole.
  [[nodiscard]] Stop enter();
  /// What the kernel does about it. Requires: `stop` is the last enter()'s. Fails when the engine itself has failed.
  [[nodiscard]] Expected<kernel::Next, Error> handle(const Stop& stop);

  /// Takes the abort of an access that no instruction makes, and handles it as from the outer loop, where a stopper may
  /// step it. No signal comes of it. Requires: the guest stands between two instructions.
  void inject(const mmu::Fault& fault);

  /// Ends run() soon: between two instructions of a debugged guest, if nudge() is called as well. Any other one is
  /// stopped wherever it is, and cannot be continued. Async-signal-safe.
  void interrupt() {
    engine_->request_stop();
    if (!debugged_) engine_->abandon();
  }
  /// What a debugged guest needs after interrupt(): call it again, a millisecond later, while it answers true. From a
  /// signal handler on the thread of run().
  [[nodiscard]] bool nudge() noexcept { return debugged_ && engine_->nudge(); }

 private:
  UserMachine(const UserMachineConfig& config, kernel::Host& host, std::unique_ptr<GuestRam> ram,
              std::unique_ptr<Engine> engine);

  // EngineClient
  FaultAnswer on_fault(const mmu::Fault& fault) override;
  SvcAnswer on_svc() override;
  // AbortSource
  kernel::UserRegisters registers() const override { return engine_->user_registers(); }
  std::optional<Encoding> instruction_at(VirtAddr pc, InstructionSet set) const override;

  void take_abort(const mmu::Fault& fault);
  void restore_lost_base(const mmu::Fault& fault);
  [[nodiscard]] mmu::Fault with_exact_address(mmu::Fault fault);
  [[nodiscard]] kernel::Next dispatch(const Stop& stop);
  [[nodiscard]] kernel::Next handle_exception(const Stop& stop);

  bool debugged_;
  std::unique_ptr<GuestRam> ram_;
  std::unique_ptr<Engine> engine_;
  Cp15 cp15_;  // TPIDRURW is the engine's
  ExceptionState exceptions_;
  UserCpu cpu_;
  kernel::Kernel kernel_;
  mutable CodeReader code_;
  std::chrono::nanoseconds guest_time_{0};
};

}  // namespace lpaemu::emu
