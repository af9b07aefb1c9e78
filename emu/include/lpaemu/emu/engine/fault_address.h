// The exact fault address. The engine tells the page that faulted; which byte of it the instruction wanted is worked
// out here, from the instruction's bits and the registers it found. [lpae-mmu 7.2]
//
// It reads the encodings themselves, not a disassembler's operands: those differ between versions, and leave out what
// matters here (condition, element order, the alignment of a literal's base).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "lpaemu/emu/instruction.h"
#include "lpaemu/mmu/access.h"

namespace lpaemu::emu {

/// One access of an instruction: `size` bytes from `va` up, wrapping at 4 GiB.
struct DataAccess {
  VirtAddr va;
  unsigned size = 0;
  mmu::Access access = mmu::Access::read;

  friend constexpr bool operator==(const DataAccess&, const DataAccess&) = default;
};

/// The accesses of one instruction, in the order in which the architecture makes them.
class DataAccesses {
 public:
  static constexpr std::size_t capacity = 32;  // VLDM of 32 words, VLD4.8 of 32 bytes

  void push_back(const DataAccess& access) { items_[size_++] = access; }
  [[nodiscard]] const DataAccess* begin() const { return items_.data(); }
  [[nodiscard]] const DataAccess* end() const { return items_.data() + size_; }
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] bool empty() const { return size_ == 0; }
  [[nodiscard]] const DataAccess& operator[](std::size_t i) const { return items_[i]; }

 private:
  std::array<DataAccess, capacity> items_{};
  std::size_t size_ = 0;
};

/// Every access to data that the instruction makes: none when its condition fails, for preloads and hints, for anything
/// that is not a load or store of user mode, and for encodings that are undefined.
/// LDM and STM, doublewords and VFP registers go word by word, VLDn and VSTn element by element, SWP reads then writes.
/// Requires: `registers` is the state before the instruction, PC at it. An aborted instruction leaves its base register
/// as it was (M-41), so the state at the abort will do (but see lost_base()).
[[nodiscard]] DataAccesses data_accesses(const Encoding& encoding, const kernel::UserRegisters& registers);

/// DFAR: the first byte, in the order of the accesses, that an access of this kind touches in the page of `page`. An
/// access that begins in the page before gives the page's first byte (M-38). Nothing if there is no such access.
[[nodiscard]] std::optional<VirtAddr> find_fault_address(const Encoding& encoding,
                                                         const kernel::UserRegisters& registers, VirtAddr page,
                                                         mmu::Access access);

/// The same, with the page's first byte where no such access is found.
[[nodiscard]] VirtAddr fault_address(const Encoding& encoding, const kernel::UserRegisters& registers, VirtAddr page,
                                     mmu::Access access);

/// DFAR of an alignment fault, for which the engine names no page: the first access that is not aligned to its size,
/// else the first one; nothing when the instruction accesses nothing. A doubleword counts as two words.
[[nodiscard]] std::optional<DataAccess> misaligned_access(const Encoding& encoding,
                                                          const kernel::UserRegisters& registers);

/// A register and the value that it should have.
struct LostBase {
  unsigned reg = 0;
  std::uint32_t value = 0;

  friend constexpr bool operator==(const LostBase&, const LostBase&) = default;
};

/// Whether this is LDRD without a write-back whose first register is its base.
[[nodiscard]] bool loads_over_base(const Encoding& encoding);

/// The engine stores LDRD's first word before it reads the second. `ldrd r0, r1, [r0]` across two pages, the second of
/// which faults, therefore loses its base, which the architecture keeps (M-41): a restart would read elsewhere. This
/// gives the base back; nothing for every other instruction, and when `at` shows that the base is still there.
/// Requires: a read of `page` faulted.
[[nodiscard]] std::optional<LostBase> lost_base(const Encoding& encoding, const kernel::UserRegisters& at,
                                                VirtAddr page);

/// IFAR: the PC if it lies in the page that faulted; else the page's first byte, which is the second halfword of a
/// 32-bit Thumb instruction across two pages (M-39).
[[nodiscard]] VirtAddr instruction_fault_address(VirtAddr pc, VirtAddr page);

}  // namespace lpaemu::emu
