// What an access wants, and what a translation grants.
#pragma once

#include <cstdint>
#include <initializer_list>

namespace lpaemu::mmu {

enum class Access : std::uint8_t { read, write, execute };
enum class Privilege : std::uint8_t { pl0, pl1 };

/// The six rights a translation may grant: read, write, execute at PL0 and at PL1.
class Permissions {
 public:
  constexpr Permissions() = default;

  [[nodiscard]] static constexpr Permissions all() { return Permissions{}.grant_all(); }
  [[nodiscard]] constexpr bool allows(Access access, Privilege privilege) const {
    return (bits_ & bit(access, privilege)) != 0;
  }
  constexpr void grant(Access access, Privilege privilege, bool yes = true) {
    bits_ = static_cast<std::uint8_t>(yes ? bits_ | bit(access, privilege) : bits_ & ~bit(access, privilege));
  }
  friend constexpr bool operator==(Permissions, Permissions) = default;

 private:
  static constexpr unsigned accesses = 3;
  static constexpr unsigned bit(Access access, Privilege privilege) {
    return 1U << (static_cast<unsigned>(privilege) * accesses + static_cast<unsigned>(access));
  }
  constexpr Permissions grant_all() {
    for (const Privilege privilege : {Privilege::pl0, Privilege::pl1})
      for (const Access access : {Access::read, Access::write, Access::execute}) grant(access, privilege);
    return *this;
  }

  std::uint8_t bits_ = 0;
};

}  // namespace lpaemu::mmu
