// The CPU: Unicorn with its soft TLB filled from our page tables. Knows nothing of Linux.
//
// The library's traps are dealt with in unicorn_cpu.cpp and tlb_bridge.cpp, each where its name is.
#pragma once

#include <atomic>
#include <memory>
#include <span>
#include <unordered_set>
#include <vector>

#include "lpaemu/emu/engine/engine_client.h"
#include "lpaemu/emu/engine/guest_ram.h"
#include "lpaemu/emu/engine/remedies.h"
#include "lpaemu/emu/engine/statistics.h"
#include "lpaemu/emu/engine/stop.h"
#include "lpaemu/emu/engine/tlb_bridge.h"
#include "lpaemu/emu/instruction.h"
#include "lpaemu/kernel_model/cpu.h"

namespace lpaemu::emu {

class UnicornCpu;

/// for_steps: on from a step until the guest has gone on for a while.
enum class BlockHook : std::uint8_t { off, on, for_steps };

class Engine final : private SoftTlb {
 public:
  /// Opens a CPU in user mode, ARM state, PC 0, all registers 0, the MMU off. `ram` must outlive it.
  [[nodiscard]] static Expected<std::unique_ptr<Engine>, Error> create(GuestRam& ram, const Remedies& remedies = {});
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  /// Runs guest code from the PC until something ends it. Not reentrant.
  [[nodiscard]] Stop run(EngineClient& client);

  // Registers. Outside run() and in on_svc() they can be read and written, in on_fault() only read.
  [[nodiscard]] kernel::UserRegisters user_registers() const;
  void set_user_registers(const kernel::UserRegisters& registers);
  /// r0 to r7: all that a system call needs, cheaper than the whole set.
  [[nodiscard]] std::array<std::uint32_t, 8> system_call_registers() const;
  [[nodiscard]] mmu::VirtAddr pc() const;
  [[nodiscard]] mmu::Psr cpsr() const;
  void set_r0(std::uint32_t value);
  [[nodiscard]] kernel::VfpRegisters vfp_registers() const;
  void set_vfp_registers(const kernel::VfpRegisters& registers);
  /// TPIDRURO, which user mode reads, and TPIDRURW, which it may write: both belong to the thread.
  void set_tls(std::uint32_t value);
  [[nodiscard]] std::uint32_t tpidrurw() const;
  void set_tpidrurw(std::uint32_t value);

  // Translation.
  /// The registers that walks use from now on; flushes the soft TLB (it has no ASIDs).
  void set_regime(const mmu::Regime& regime);
  /// Whose rights walks check. The engine does not tell: set it when the CPU's mode changes. PL0 at first.
  void set_privilege(mmu::Privilege privilege);
  /// Drops the soft-TLB entry of one page. Not needed when an entry only gets more rights. About 150 ns; nothing for a
  /// page without an entry, and in on_fault() for the page that faulted.
  void tlbimva(mmu::VirtAddr va);
  /// Drops all: for sweeps and address-space switches.
  void flush_tlb();
  /// What the soft TLB may hold.
  [[nodiscard]] const Grants& grants() const { return bridge_.grants(); }
  /// The host stored into this physical page. Cheap unless code was run from it.
  void page_modified(mmu::Pfn pfn);
  /// A STREX after this fails. Outside run() and in on_svc(); takes effect before the next guest instruction.
  void clear_exclusive_monitor();

  // Debugging. Outside run().
  /// Gets ready for the calls below, and for nudge(); the block hook is on for steps. Fails where the guest's RAM
  /// leaves no room.
  [[nodiscard]] Expected<void, Error> enable_debugging();
  /// Stops and watched pages. Requires: enable_debugging().
  [[nodiscard]] DebugPages& debug_pages() { return *debug_pages_; }
  /// While on, run() returns `stepped` before it enters a second block, whose beginning is exact as always. With a stop
  /// behind the instruction at the PC that is one instruction, whatever it is. Requires: the block hook is not off.
  void set_stepping(bool on);

  // Stopping.
  /// The block hook makes short blocks nearly twice as slow. Drops all translated code when it changes. Outside run().
  void set_block_hook(BlockHook hook);
  /// Makes run() return `requested`: at the start of the next block if the block hook is on, at the next SVC, or before
  /// the guest of a debugger is run at all. From any thread or signal handler. One request ends one run.
  void request_stop();
  /// The same for a debugged guest that reaches neither: run() returns between two instructions. It may do nothing at
  /// the moment, so call it again, a millisecond later, while it answers true: while the request stands. From a
  /// signal handler on the thread of run(). Requires: enable_debugging().
  bool nudge() noexcept;
  /// Nobody wants that stop any more. Answers whether somebody did. Outside run().
  bool forget_stop_request() { return stop_requested_.exchange(false); }
  /// Makes run() return `requested` soon, whatever the guest does, and at once from then on: the guest cannot be
  /// continued, since the stop is not exact. From any thread or signal handler.
  void abandon();
  /// Makes run() return `requested` before block number `blocks` (of statistics().blocks) is entered. 0 = no limit.
  void set_block_limit(std::uint64_t blocks) { block_limit_ = blocks; }
  /// Whether YIELD, WFE and WFI end run(); else they do nothing.
  void set_stop_at_hints(bool stop) { stop_at_hints_ = stop; }

  [[nodiscard]] const EngineStatistics& statistics() const { return statistics_; }
  [[nodiscard]] static std::string version();

 private:
  class Events;

  Engine(GuestRam& ram, const Remedies& remedies);
  [[nodiscard]] Stop explain(bool quiet, bool fault);
  [[nodiscard]] bool take_request();
  [[nodiscard]] bool at_stop_address(unsigned exception) const;
  [[nodiscard]] bool outside() const;
  void look_through_block(mmu::VirtAddr va, std::uint32_t bytes);
  void look_for_hazards(mmu::VirtAddr va, std::span<const std::byte> code, InstructionSet set);
  [[nodiscard]] InstructionSet instruction_set() const;
  [[nodiscard]] bool is_hazard(mmu::VirtAddr va);
  void watch_new_hazards();
  void assert_writable() const;

  void drop_entry(mmu::VirtAddr va) override;
  void drop_all_entries() override;
  void flush_as_if_used(std::uint32_t entries) override;
  void drop_code(mmu::Pfn pfn) override;

  const Remedies remedies_;
  EngineStatistics statistics_;
  GuestRam& ram_;
  TlbBridge bridge_;
  std::unique_ptr<Events> events_;
  std::unique_ptr<GuestRam> shadow_ram_;
  std::unique_ptr<DebugPages> debug_pages_;
  std::unique_ptr<UnicornCpu> cpu_;
  EngineClient* client_ = nullptr;

  mmu::VirtAddr pc_;          // outside run(): where it goes on
  bool pc_written_ = false;   // in on_svc(): it goes on at pc_
  bool restart_ = false;      // the CPU was stopped only to be started again
  std::optional<Stop> stop_;  // what run() is to return

  std::atomic<bool> stop_requested_ = false;
  bool stop_at_hints_ = false;
  bool clear_monitor_ = false;
  std::uint64_t block_limit_ = 0;
  BlockHook block_hook_ = BlockHook::off;
  std::uint64_t blocks_since_step_ = 0;
  bool drop_block_hook_ = false;               // before the CPU is started again
  std::unordered_set<std::uint32_t> hazards_;  // instructions that must not be made twice: address, bit 0 for Thumb
  std::unordered_set<std::uint32_t> watched_;  // where there are any, or were
  std::vector<mmu::VirtAddr> new_hazards_;     // to be watched before the CPU is started again
  bool stepping_ = false;
  bool step_begun_ = false;     // the first block of a step was entered
  bool block_counted_ = false;  // the next block continues one that was counted already
};

}  // namespace lpaemu::emu
