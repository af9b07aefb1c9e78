// Unicorn in plain types: the CPU, its registers and its soft TLB, with the traps of the library dealt with.
// unicorn_cpu.cpp is the only file that includes the library's header. Each trap is named there.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "lpaemu/emu/engine/guest_ram.h"
#include "lpaemu/emu/engine/remedies.h"
#include "lpaemu/emu/engine/soft_tlb.h"
#include "lpaemu/emu/engine/syndrome.h"
#include "lpaemu/kernel_model/cpu.h"
#include "lpaemu/mmu/access.h"

struct uc_struct;

namespace lpaemu::emu {

/// What happens inside start(). Called by C code: nothing may be thrown.
class CpuEvents {
 public:
  /// A soft-TLB miss. `for_guest` is false when the library looks an address up for a purpose of its own.
  virtual FillResult on_fill(mmu::VirtAddr va, mmu::Access access, bool for_guest) noexcept = 0;
  /// An exception by the library's number. CPU::stop() is allowed.
  virtual void on_interrupt(unsigned number) noexcept = 0;
  /// An undefined instruction, YIELD or WFE. True to go on.
  virtual bool on_invalid_instruction() noexcept = 0;
  /// The start of a block, if the block hook is on. CPU::stop() is allowed.
  virtual void on_block() noexcept = 0;
  /// A block was translated, if watch_translation() was called. It has not been executed. CPU::stop() is allowed.
  virtual void on_translation(mmu::VirtAddr, std::uint32_t /*bytes*/) noexcept {}
  /// Before an instruction of watch_instructions(). True: it must not be made twice.
  virtual bool on_instruction(mmu::VirtAddr) noexcept { return false; }
  /// An access to a physical address without memory, or with memory of add_table_memory() only. It ends start().
  virtual void on_refused(mmu::PhysAddr) noexcept {}

 protected:
  ~CpuEvents() = default;
};

class UnicornCpu {
 public:
  /// The library's number of SVC in on_interrupt().
  static constexpr unsigned svc_number = 2;
  /// What syndrome() is between exceptions.
  static constexpr Syndrome no_syndrome = HSR::EC.with(Syndrome{}, ExceptionClass::none);

  UnicornCpu(CpuEvents& events, const Remedies& remedies) : events_{events}, remedies_{remedies} {}
  ~UnicornCpu();
  UnicornCpu(const UnicornCpu&) = delete;
  UnicornCpu& operator=(const UnicornCpu&) = delete;

  /// A CPU in user mode with this memory and with the events hooked. Once, before all else.
  [[nodiscard]] Expected<void, Error> open(GuestRam& ram);

  /// Adds memory: pages that no walk of the guest's leads to. Requires: outside.
  [[nodiscard]] Expected<void, Error> map(GuestRam& memory);

  enum class Ended : std::uint8_t { as_asked, quiet, exception, error };  // quiet: a WFI, or nudge()
  /// Runs until something ends it. `stopped` of the answer is as_asked when stop() or on_invalid_instruction() did it;
  /// exception when a fill failed.
  [[nodiscard]] Ended start(mmu::VirtAddr pc);
  /// Makes start() return. In on_interrupt(), on_block() and on_translation() only.
  void stop();
  /// Makes start() return `quiet` with the PC at an instruction that can be made again (restart_hazards.h), or does
  /// nothing: to be called again and again until it has returned. From a signal handler on the thread of start(): it
  /// must come all at once. It does nothing until a fetch has missed the soft TLB since start().
  void nudge() noexcept;
  /// Makes start() return soon, wherever the guest is, and from then on at once. The instruction under way may have
  /// been made twice or in part: the guest is lost. From any thread or signal handler.
  void abandon() noexcept;
  [[nodiscard]] bool abandoned() const { return abandoned_; }
  /// What ended the last start(), for an error message.
  [[nodiscard]] std::string error_text() const;

  /// Where the thread is.
  enum class Where : std::uint8_t { outside, guest, fill, interrupt, invalid, block, translation, call };
  [[nodiscard]] Where where() const { return where_; }

  // Registers. There is no way to write the PC: start() takes it.
  [[nodiscard]] mmu::VirtAddr pc() const;
  [[nodiscard]] mmu::Psr cpsr() const;
  void set_cpsr(mmu::Psr value);
  void set_r0(std::uint32_t value);
  void read_first(std::span<std::uint32_t> registers) const;  // r0 and on, at most to r14
  [[nodiscard]] kernel::UserRegisters user_registers() const;
  void set_user_registers_but_pc(const kernel::UserRegisters& registers);
  [[nodiscard]] kernel::VfpRegisters vfp_registers() const;
  void set_vfp_registers(const kernel::VfpRegisters& registers);
  [[nodiscard]] Syndrome syndrome() const;
  void set_syndrome(Syndrome value);

  /// MRC and MCR p15, opc1, Rt, crn, crm, opc2; MRRC and MCRR p15, opc1, Rt, Rt2, crm.
  struct Cp15Register {
    std::uint32_t crn, crm, opc1, opc2;
    bool is_64 = false;
  };
  [[nodiscard]] std::uint64_t read_cp15(Cp15Register reg) const;
  void write_cp15(Cp15Register reg, std::uint64_t value);

  // Soft TLB and translated code.
  void drop_entry(mmu::VirtAddr va);
  void drop_all_entries();
  /// Fills this many entries of the soft TLB with nonsense. To be followed by drop_all_entries().
  void use_entries(std::uint32_t count);
  void drop_code(mmu::Pfn pfn);
  /// Calls on_translation() from when some block has come to its end on: that of clear_exclusive_monitor(), say.
  void watch_translation();
  /// Calls on_instruction() from now on before each instruction in `bytes` from `first` up. Requires: outside.
  void watch_instructions(mmu::VirtAddr first, std::uint32_t bytes);
  /// Requires: outside.
  void set_block_hook(bool on);
  [[nodiscard]] bool block_hook() const { return block_hook_ != 0; }

  /// Executes CLREX. Requires: outside.
  void clear_exclusive_monitor();

  // The library's own table walker, for tests (engine_walker.h).
  enum class Walker : std::uint8_t { ours, library };
  /// Who answers the misses of the soft TLB from now on: on_fill(), as at first, or the library.
  void set_walker(Walker walker);
  /// Memory for the library's walker. No instruction can access it: on_refused().
  [[nodiscard]] Expected<void, Error> add_table_memory(GuestRam& memory);
  /// SCR.NS: from Secure state, where a CPU starts, to Non-secure.
  void leave_secure_state();

  [[nodiscard]] static std::string version();

 private:
  struct Hooks;

  void skip_dirty_scans(const GuestRam& ram);
  void fix_it_state();

  CpuEvents& events_;
  const Remedies& remedies_;
  uc_struct* uc_ = nullptr;
  Where where_ = Where::outside;
  unsigned error_ = 0;
  bool stopped_ = false;  // start() is to end because it was asked to
  std::atomic<bool> abandoned_ = false;
  std::atomic<bool> may_leave_ = false;  // the guest is executed, and nothing of it that must not be made twice
  std::size_t block_hook_ = 0;
  std::size_t refused_hook_ = 0;
  std::optional<mmu::PhysAddr> alias_;  // what the reserved address, and each that is read, maps just now
  bool in_stub_ = false;                // clear_exclusive_monitor() is at work
  std::unique_ptr<GuestRam> stub_;
};

}  // namespace lpaemu::emu
