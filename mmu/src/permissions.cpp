#include "lpaemu/mmu/permissions.h"

namespace lpaemu::mmu {
namespace {

constexpr PermissionTable plain_table{Sctlr{}};
constexpr PermissionTable uwxn_table{SCTLR::UWXN.with(Sctlr{}, true)};
constexpr PermissionTable wxn_table{SCTLR::WXN.with(Sctlr{}, true)};  // UWXN forbids nothing that WXN allows

}  // namespace

const PermissionTable& permission_table(Sctlr sctlr) {
  if (SCTLR::WXN.get(sctlr)) return wxn_table;
  return SCTLR::UWXN.get(sctlr) ? uwxn_table : plain_table;
}

}  // namespace lpaemu::mmu
