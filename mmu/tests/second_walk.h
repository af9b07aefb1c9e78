// A second table walker, the judge of the first: written from the rules of the architecture alone, step by step, on
// plain integers. It shares no code with lpaemu::mmu and must stay so: an error made in one is not made in the other.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>

namespace second_walk {

/// The little-endian 64-bit word at a physical address; nothing where there is no memory.
using ReadMemory = std::function<std::optional<std::uint64_t>(std::uint64_t pa)>;

struct Registers {
  std::uint32_t ttbcr;
  std::uint64_t ttbr0;
  std::uint64_t ttbr1;
  std::uint32_t mair0;
  std::uint32_t mair1;
  std::uint32_t sctlr;
};

struct Request {
  std::uint32_t va;
  char access;  // 'r', 'w', 'x'
  unsigned privilege;
};

/// Why the walk ended; finer than the status code.
enum Reason { mapped, mmu_off, gap, walks_disabled, no_memory, bit0_clear, reserved_type, access_flag, permission };
inline constexpr unsigned reasons = permission + 1;

struct Result {
  Reason reason;
  unsigned level;        // 0 with the MMU off
  std::uint32_t fsr;     // DFSR, or IFSR for a fetch; 0 if there is no fault
  std::uint64_t pa;      // these four only if there is none
  std::uint64_t entry;   // address of the leaf
  unsigned rights;       // bits 0 to 5: PL0 r, w, x, PL1 r, w, x
  unsigned memory_attr;  // the MAIR byte; 0, Strongly-ordered, with the MMU off
};

Result translate(const ReadMemory& read, const Registers& registers, const Request& request);

}  // namespace second_walk
