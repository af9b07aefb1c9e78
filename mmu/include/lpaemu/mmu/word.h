// A raw machine word with a type of its own, so that a PTE, a descriptor and a pagemap entry are never mixed up.
#pragma once

#include <compare>

namespace lpaemu::mmu {

/// `struct Ttbcr : Word<std::uint32_t, Ttbcr> { using Word::Word; };`
template <class Raw, class Tag>
class Word {
 public:
  constexpr Word() = default;
  explicit constexpr Word(Raw raw) : raw_{raw} {}
  [[nodiscard]] constexpr Raw raw() const { return raw_; }
  friend constexpr auto operator<=>(const Word&, const Word&) = default;

 private:
  Raw raw_ = 0;
};

}  // namespace lpaemu::mmu
