// Addresses and the numbers derived from them. No integer that is an address crosses a header of this project.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>

namespace lpaemu::mmu {

inline constexpr unsigned PAGE_SHIFT = 12;
inline constexpr std::uint32_t PAGE_SIZE = std::uint32_t{1} << PAGE_SHIFT;
inline constexpr unsigned physical_address_bits = 40;  // [armv7 B3.6]

/// A 32-bit virtual address. Arithmetic wraps at 4 GiB, as the architecture's does.
class VirtAddr {
 public:
  constexpr VirtAddr() = default;
  explicit constexpr VirtAddr(std::uint32_t raw) : raw_{raw} {}

  [[nodiscard]] constexpr std::uint32_t raw() const { return raw_; }
  [[nodiscard]] constexpr std::uint32_t page_offset() const { return raw_ % PAGE_SIZE; }
  [[nodiscard]] constexpr bool is_page_aligned() const { return page_offset() == 0; }
  [[nodiscard]] constexpr VirtAddr page() const { return VirtAddr{raw_ - page_offset()}; }
  /// The number of the page: raw / 4096.
  [[nodiscard]] constexpr std::uint32_t page_number() const { return raw_ / PAGE_SIZE; }

  friend constexpr auto operator<=>(VirtAddr, VirtAddr) = default;
  friend constexpr VirtAddr operator+(VirtAddr a, std::uint32_t bytes) { return VirtAddr{a.raw_ + bytes}; }
  friend constexpr VirtAddr operator-(VirtAddr a, std::uint32_t bytes) { return VirtAddr{a.raw_ - bytes}; }
  /// Bytes from `b` up to `a`.
  friend constexpr std::uint32_t operator-(VirtAddr a, VirtAddr b) { return a.raw_ - b.raw_; }
  constexpr VirtAddr& operator+=(std::uint32_t bytes) { return *this = *this + bytes; }

 private:
  std::uint32_t raw_ = 0;
};

/// A physical page frame number: PA[39:12].
class Pfn {
 public:
  constexpr Pfn() = default;
  explicit constexpr Pfn(std::uint64_t raw) : raw_{static_cast<std::uint32_t>(raw)} {}

  [[nodiscard]] constexpr std::uint32_t raw() const { return raw_; }
  friend constexpr auto operator<=>(Pfn, Pfn) = default;
  friend constexpr Pfn operator+(Pfn pfn, std::uint32_t pages) { return Pfn{pfn.raw_ + pages}; }
  friend constexpr std::uint32_t operator-(Pfn a, Pfn b) { return a.raw_ - b.raw_; }

 private:
  std::uint32_t raw_ = 0;
};

/// A 40-bit physical address; higher bits are dropped at construction.
class PhysAddr {
 public:
  static constexpr std::uint64_t mask = ~std::uint64_t{0} >> (64 - physical_address_bits);

  constexpr PhysAddr() = default;
  explicit constexpr PhysAddr(std::uint64_t raw) : raw_{raw & mask} {}
  explicit constexpr PhysAddr(Pfn pfn) : raw_{std::uint64_t{pfn.raw()} * PAGE_SIZE} {}

  [[nodiscard]] constexpr std::uint64_t raw() const { return raw_; }
  [[nodiscard]] constexpr std::uint32_t page_offset() const { return static_cast<std::uint32_t>(raw_ % PAGE_SIZE); }
  [[nodiscard]] constexpr bool is_page_aligned() const { return page_offset() == 0; }
  [[nodiscard]] constexpr PhysAddr page() const { return PhysAddr{raw_ - page_offset()}; }
  [[nodiscard]] constexpr Pfn pfn() const { return Pfn{raw_ / PAGE_SIZE}; }

  friend constexpr auto operator<=>(PhysAddr, PhysAddr) = default;
  friend constexpr PhysAddr operator+(PhysAddr a, std::uint64_t bytes) { return PhysAddr{a.raw_ + bytes}; }
  friend constexpr std::uint64_t operator-(PhysAddr a, PhysAddr b) { return a.raw_ - b.raw_; }

 private:
  std::uint64_t raw_ = 0;
};

/// An 8-bit address space identifier. [armv7 B3.9.1]
class Asid {
 public:
  constexpr Asid() = default;
  explicit constexpr Asid(std::uint8_t raw) : raw_{raw} {}

  [[nodiscard]] constexpr std::uint8_t raw() const { return raw_; }
  friend constexpr auto operator<=>(Asid, Asid) = default;

 private:
  std::uint8_t raw_ = 0;
};

}  // namespace lpaemu::mmu

template <>
struct std::hash<lpaemu::mmu::VirtAddr> {
  std::size_t operator()(lpaemu::mmu::VirtAddr a) const noexcept { return std::hash<std::uint32_t>{}(a.raw()); }
};

template <>
struct std::hash<lpaemu::mmu::Pfn> {
  std::size_t operator()(lpaemu::mmu::Pfn pfn) const noexcept { return std::hash<std::uint32_t>{}(pfn.raw()); }
};
