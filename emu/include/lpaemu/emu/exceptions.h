// What the architecture leaves behind when it takes an exception: fault registers, banked registers, the new PC and
// CPSR. [lpae-mmu 10] [armv7 B1.8, B1.9]
#pragma once

#include <cstdint>
#include <optional>

#include "lpaemu/emu/cp15.h"
#include "lpaemu/emu/instruction.h"
#include "lpaemu/mmu/fault.h"

namespace lpaemu::emu {

enum class ExceptionKind : std::uint8_t { undefined, svc, prefetch_abort, data_abort, irq, fiq };

/// The state after an exception was taken: the handler's first instruction and CPSR, and the two registers of its mode.
struct ExceptionEntry {
  VirtAddr vector;
  mmu::Psr cpsr;
  mmu::Psr spsr;
  std::uint32_t lr = 0;  // not an address: an offset is in it

  friend constexpr bool operator==(const ExceptionEntry&, const ExceptionEntry&) = default;
};

/// Exception entry as a function, for any mode that the exception comes from.
/// Requires: `pc` is the instruction that aborted or is undefined; for SVC, IRQ and FIQ the next one to execute, and
/// `cpsr` is the state for that instruction (for SVC: IT advanced past the SVC). [lpae-mmu M-60 to M-62]
[[nodiscard]] ExceptionEntry exception_entry(ExceptionKind kind, VirtAddr pc, mmu::Psr cpsr, mmu::Sctlr sctlr,
                                             VirtAddr vbar);

/// Port: the CPU that stands at the instruction that aborted. Asked only if somebody wants to know.
class AbortSource {
 public:
  [[nodiscard]] virtual kernel::UserRegisters registers() const = 0;
  /// The instruction at `pc`; nothing where it cannot be read.
  [[nodiscard]] virtual std::optional<Encoding> instruction_at(VirtAddr pc, InstructionSet set) const = 0;

 protected:
  ~AbortSource() = default;
};

/// Two registers of an exception mode.
struct BankedRegisters {
  mmu::Psr SPSR;
  std::uint32_t LR = 0;

  friend constexpr bool operator==(const BankedRegisters&, const BankedRegisters&) = default;
};

/// The user machine's own fault registers and banks: what an exception would have left in the CPU if the engine took
/// exceptions. Nobody reads them after most faults (a soft-dirty fault takes 100 ns in all), so taking an abort only
/// notes the fault and where to ask. The first reader pays for registers and decoding.
///
/// The window: an abort's exact values can be had from take_*_abort until left(), while the engine still stands at the
/// instruction. The fill hook calls left() before it returns with a filled entry; a failed fill leaves the window open
/// until the outer loop starts the guest again. What nobody read by then is gone: DFAR and IFAR are then what the fault
/// said, the page's first byte (and dfar_is_exact() is false), and the abort bank is empty. Whoever needs the values
/// later reads one of DFAR, IFAR, abt() or last_entry() within the window; all of them are kept then.
class ExceptionState {
 public:
  /// Requires: `cp15` outlives this; its SCTLR and VBAR are those at the time of each exception.
  explicit ExceptionState(const Cp15& cp15) : cp15_{cp15} {}

  /// Notes a data abort. Of `fault.va` the page counts; for an alignment fault nothing does. Requires: access is read
  /// or write; `source` is valid until left().
  void take_data_abort(const mmu::Fault& fault, const AbortSource& source) {
    note(data_, ExceptionKind::data_abort, fault);
    source_ = &source;
  }
  /// Notes a prefetch abort. Requires: access is execute.
  void take_prefetch_abort(const mmu::Fault& fault, const AbortSource& source) {
    note(prefetch_, ExceptionKind::prefetch_abort, fault);
    source_ = &source;
  }
  /// The same with the registers at hand. Without `encoding` DFAR is `fault.va`.
  void take_data_abort(const mmu::Fault& fault, const kernel::UserRegisters& at, std::optional<Encoding> encoding);
  void take_prefetch_abort(const mmu::Fault& fault, const kernel::UserRegisters& at);
  /// Requires: PC and CPSR.IT are those of the instruction after the SVC, as the engine reports them.
  void take_svc(const kernel::UserRegisters& after);
  /// Requires: PC is at the undefined instruction.
  void take_undefined(const kernel::UserRegisters& at);
  /// The engine goes on: the abort's source can no longer be asked.
  void left() { source_ = nullptr; }

  // The fault registers. They keep their values until the next abort of their kind; 0 before the first.
  [[nodiscard]] mmu::Dfsr DFSR() const;
  [[nodiscard]] VirtAddr DFAR() const;
  [[nodiscard]] mmu::Ifsr IFSR() const;
  [[nodiscard]] VirtAddr IFAR() const;
  /// Whether DFAR was worked out, rather than standing for its page.
  [[nodiscard]] bool dfar_is_exact() const;

  // SPSR and LR of the exception modes: nothing before the mode's first exception, or when an abort was left unread.
  [[nodiscard]] std::optional<BankedRegisters> abt() const;
  [[nodiscard]] const std::optional<BankedRegisters>& svc() const { return svc_; }
  [[nodiscard]] const std::optional<BankedRegisters>& und() const { return und_; }

  /// The whole entry of the exception taken last; nothing like abt().
  [[nodiscard]] std::optional<ExceptionEntry> last_entry() const;

 private:
  /// One pair of fault status and fault address registers.
  struct Report {
    std::optional<mmu::Fault> fault;
    VirtAddr address;    // exact, or what the fault said
    bool exact = false;  // the address was worked out
  };

  void note(Report& report, ExceptionKind kind, const mmu::Fault& fault) {
    report.fault = fault;
    report.address = fault.va;
    report.exact = false;
    last_ = kind;
    abt_.reset();
    entry_.reset();
  }
  /// Asks the source, if that was not done and can still be done.
  void capture() const;
  void record(const kernel::UserRegisters& at, const std::optional<Encoding>& encoding) const;
  /// The entry of the last exception, with these registers.
  [[nodiscard]] BankedRegisters enter(const kernel::UserRegisters& at) const;

  const Cp15& cp15_;
  // The window: not null while the last abort may be asked about and was not.
  mutable const AbortSource* source_ = nullptr;
  mutable Report data_;
  mutable Report prefetch_;
  mutable std::optional<BankedRegisters> abt_;
  std::optional<BankedRegisters> svc_;
  std::optional<BankedRegisters> und_;
  mutable std::optional<ExceptionEntry> entry_;
  ExceptionKind last_ = ExceptionKind::svc;
};

}  // namespace lpaemu::emu
